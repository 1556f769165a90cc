"""What a login is worth, told again without expressions, templates or a store: what the rules say, no more.

The rules are told as they are meant, not as text: so the judge shares nothing with what reads selectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Condition(NamedTuple):
    """One thing that a selector asks."""

    claim: str
    """Of the JWT."""
    wanted: str
    within: bool
    """Whether it is one of several values, or the value itself."""
    negated: bool

    def holds(self, claims: Mapping[str, Any]) -> bool:
        """Whether these claims are so."""
        found = claims.get(self.claim)
        so = self.wanted in (found or ()) if self.within else (found or "") == self.wanted
        return so != self.negated


class RuleMeant(NamedTuple):
    """What a binding rule is to do."""

    conditions: tuple[Condition, ...]
    """All must hold."""
    prefix: str
    """Of the name of a service; the claim ``sub`` follows."""


class LoginsJudge:
    """Told of every rule and every login; ``faults`` says what may not be."""

    def __init__(self, issuer: str, audience: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self.rules: dict[str, RuleMeant] = {}
        """By id: those that are in force."""
        self.faults: list[str] = []
        self._alive: set[str] = set()
        self._over: set[str] = set()

    def logged_in(self, claims: Mapping[str, Any], now_s: float, secret: str, bound: Iterable[str]) -> None:
        """A login had this outcome: the names of services, none and no secret for a refusal."""
        wanted = self._worth(claims, now_s)
        if set(bound) != wanted:
            self.faults.append(f"{dict(claims)} is worth {sorted(wanted)} and became {sorted(bound)}")
        if secret:
            self._alive.add(secret)

    def _worth(self, claims: Mapping[str, Any], now_s: float) -> set[str]:
        good = claims["iss"] == self._issuer and claims["aud"] == self._audience
        if not good or not claims["nbf"] - 60 <= now_s <= claims["exp"] + 60:
            return set()
        fitting = (rule for rule in self.rules.values() if all(c.holds(claims) for c in rule.conditions))
        return {f"{rule.prefix}{claims['sub']}" for rule in fitting}

    def method_deleted(self) -> None:
        """The method is no more, nor are its rules."""
        self.rules.clear()
        self._over |= self._alive
        self._alive.clear()

    def logged_out(self, secret: str) -> None:
        """One token is over."""
        self._alive.discard(secret)
        self._over.add(secret)

    def secrets(self) -> list[str]:
        """All that there ever were, to be asked about."""
        return sorted(self._alive | self._over)

    def answered(self, secret: str, known: bool) -> None:
        """Whether a token is taken."""
        if known and secret in self._over:
            self.faults.append("a token is taken after its logout, or after the end of its method")
        if not known and secret in self._alive:
            self.faults.append("a token of a login is not taken")
