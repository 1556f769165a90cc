"""Fault rules: small impairments on messages. A drop beats everything, delays add, the rules' order is irrelevant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from random import Random
from typing import NamedTuple

from lictor_messages.codec import pack
from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.faults import FaultRule

QUEUE_MAX_NS = 5_000_000_000
"""A link of limited bandwidth drops what would wait for longer, as any full buffer does."""


class Impairment(NamedTuple):
    """How many copies arrive (0: dropped), how much later in nanoseconds, held by which rules, in which shape."""

    copies: int
    delay_ns: int
    held: tuple[str, ...] = ()
    """Ids of the rules that hold the message: it goes on when none of them is in force any more."""
    corrupt: bool = False
    """The frame that carries it has a byte changed."""


PASS = Impairment(1, 0)
DROP = Impairment(0, 0)
_Matches = Callable[[Envelope], bool]


class Rules:
    """The rules in force, compiled once when they change. What ``before`` knew of a link goes on if its rule does."""

    def __init__(self, rules: Iterable[FaultRule] = (), before: Rules | None = None) -> None:
        self.rules = tuple(rules)
        self._compiled: list[_Compiled]
        known = {one.rule: one for one in before._compiled} if before is not None else {}
        compiled = [known.get(rule) or _Compiled(rule) for rule in self.rules]
        # Drops first: what is dropped neither uses up bandwidth nor needs any other draw.
        self._compiled = sorted(compiled, key=lambda one: one.rule.effect != "drop")

    def __bool__(self) -> bool:
        return bool(self.rules)

    def holds(self, ids: Iterable[str]) -> bool:
        """True if any of these rules is still in force and holds messages."""
        return any(rule.effect == "hold" and rule.id in ids for rule in self.rules)

    def hits(self) -> dict[str, int]:
        """Rule's id → how many messages it has hit since it came in force; those without hits are left out."""
        found: dict[str, int] = {}
        for one in self._compiled:
            if one.hits:
                found[one.rule.id] = found.get(one.rule.id, 0) + one.hits
        return found

    def judge(self, envelope: Envelope, rng: Random, now: int) -> Impairment:
        """What becomes of this message. ``now`` is the caller's time in nanoseconds."""
        copies, delay, corrupt = 1, 0, False
        held: tuple[str, ...] = ()
        for one in self._compiled:
            if not one.matches(envelope) or not one.hit(envelope, rng):
                continue
            one.hits += 1
            match one.rule.effect:
                case "drop":
                    return DROP
                case "delay":
                    delay += one.delay(envelope, rng)
                case "bandwidth":
                    wait = one.queue(envelope, now)
                    if wait > QUEUE_MAX_NS:
                        return DROP
                    delay += wait
                case "duplicate":
                    copies = 2
                case "hold":
                    held = (*held, one.rule.id)
                case "corrupt":
                    corrupt = True
        return PASS if copies == 1 and not (delay or held or corrupt) else Impairment(copies, delay, held, corrupt)


class _Link:
    """What a rule remembers of the messages from one node to another."""

    __slots__ = ("bad", "free_at", "jitter")

    def __init__(self) -> None:
        self.bad = False
        self.jitter = -1.0
        self.free_at = 0


class _Compiled:
    __slots__ = ("_links", "hits", "matches", "rule")

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.hits = 0
        self.matches = _matcher(rule)
        self._links: dict[tuple[str, str], _Link] = {}

    def hit(self, e: Envelope, rng: Random) -> bool:
        """Without correlation a fair draw; with it the two states of Gilbert and Elliott, whose mean share is the same.

        Gilbert, "Capacity of a burst-noise channel", 1960: bad follows bad with p + r(1 - p), follows good with
        p(1 - r), so that bursts last 1 / ((1 - p)(1 - r)) messages.
        """
        share, correlation = self.rule.probability, self.rule.correlation
        if share >= 1.0:
            return True
        if not correlation or self.rule.effect == "delay":
            return rng.random() < share
        link = self._link(e)
        link.bad = rng.random() < (share + correlation * (1 - share) if link.bad else share * (1 - correlation))
        return link.bad

    def delay(self, e: Envelope, rng: Random) -> int:
        """The fixed part and a draw of jitter, drawn towards the last one on this link by the correlation."""
        rule = self.rule
        if not rule.jitter_ns:
            return rule.delay_ns
        draw = rng.random()
        if rule.correlation:
            link = self._link(e)
            draw = draw if link.jitter < 0 else rule.correlation * link.jitter + (1 - rule.correlation) * draw
            link.jitter = draw
        return rule.delay_ns + round(draw * rule.jitter_ns)

    def queue(self, e: Envelope, now: int) -> int:
        """How long until the link has sent this message, behind everything before it."""
        link = self._link(e)
        done = max(now, link.free_at) + len(pack(e)) * 1_000_000_000 // self.rule.bytes_per_s
        if done - now <= QUEUE_MAX_NS:
            link.free_at = done
        return done - now

    def _link(self, e: Envelope) -> _Link:
        return self._links.setdefault((node_of(e.source), node_of(e.target)), _Link())


def _matcher(rule: FaultRule) -> _Matches:
    link = _between_groups(rule) if rule.groups else _from_to(rule)
    if not rule.kinds:
        return link
    known: dict[str, bool] = {}

    def matches(e: Envelope) -> bool:
        kind = e.body.kind
        wanted = known.get(kind)
        if wanted is None:
            wanted = known[kind] = any(fnmatchcase(kind, pattern) for pattern in rule.kinds)
        return wanted and link(e)

    return matches


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
    to, from_ = rule.direction in ("to", "both"), rule.direction in ("from", "both")

    def matches(e: Envelope) -> bool:
        ours, theirs = group.get(node_of(e.source)), group.get(node_of(e.target))
        if ours is None or theirs is None or ours == theirs:
            return False
        return to if ours < theirs else from_

    return matches
