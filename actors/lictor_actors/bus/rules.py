"""Fault rules: small verdicts on messages. The first drop or duplicate wins, delays add."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.faults import FaultRule


class Verdict(NamedTuple):
    """How many copies arrive (0: dropped) and how much later, in nanoseconds."""

    copies: int
    delay_ns: int


PASS = Verdict(1, 0)
_Matches = Callable[[Envelope], bool]


class Rules:
    """The rules in force, compiled once when they change."""

    def __init__(self, rules: Iterable[FaultRule] = ()) -> None:
        self.rules = tuple(rules)
        self._compiled = [(rule, _matcher(rule)) for rule in self.rules]

    def __bool__(self) -> bool:
        return bool(self.rules)

    def judge(self, envelope: Envelope, rng: Random) -> Verdict:
        """What becomes of this message."""
        copies, delay = 1, 0
        for rule, matches in self._compiled:
            if not matches(envelope) or not _hit(rule, rng):
                continue
            if rule.effect == "delay":
                delay += rule.delay_ns + (rng.randrange(rule.jitter_ns + 1) if rule.jitter_ns else 0)
            elif copies == 1:
                copies = 0 if rule.effect == "drop" else 2
        return PASS if copies == 1 and not delay else Verdict(copies, delay)


def _hit(rule: FaultRule, rng: Random) -> bool:
    return rule.probability >= 1.0 or rng.random() < rule.probability


def _matcher(rule: FaultRule) -> _Matches:
    kinds = frozenset(rule.kinds)
    link = _between_groups(rule) if rule.groups else _from_to(rule)
    if not kinds:
        return link
    return lambda e: e.body.kind in kinds and link(e)


def _from_to(rule: FaultRule) -> _Matches:
    sources, targets = frozenset(rule.sources), frozenset(rule.targets)

    def matches(e: Envelope) -> bool:
        if not _named(e.source, sources) or not _named(e.target, targets):
            return False
        return node_of(e.source) != node_of(e.target) or _means_it(e, sources, targets)

    return matches


def _means_it(e: Envelope, sources: frozenset[str], targets: frozenset[str]) -> bool:
    """What stays on one node is hit only by a rule that names the actor, and what the host is told never is."""
    if role_of(e.target) == "host":
        return False
    return e.source in sources or e.target in targets


def _named(address: str, names: frozenset[str]) -> bool:
    return not names or address in names or node_of(address) in names


def _between_groups(rule: FaultRule) -> _Matches:
    group = {name: number for number, names in enumerate(rule.groups) for name in names}

    def matches(e: Envelope) -> bool:
        ours, theirs = group.get(node_of(e.source)), group.get(node_of(e.target))
        return ours is not None and theirs is not None and ours != theirs

    return matches
