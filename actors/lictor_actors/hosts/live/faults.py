"""What fault rules make of the messages, disks and clocks of the nodes of one process, and a tap that sees them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Protocol

from lictor_actors.bus.held import HeldMail
from lictor_actors.bus.rules import PASS, Impairment, Rules
from lictor_actors.hosts.live.clocks import LiveClocks
from lictor_actors.hosts.live.log_lines import TRACE, about, log_of
from lictor_messages.envelope import Envelope, role_of
from lictor_messages.faults import DiskRule, SetRules

Later = Callable[[float, Callable[[], None]], object]
Hit = tuple[Envelope, Impairment]


class Tap(Protocol):
    """An observer of every message, for a timeline."""

    def sent(self, envelope: Envelope, impairment: Impairment) -> None:
        """Posted here, and what becomes of it."""
        ...

    def arrived(self, envelope: Envelope) -> None:
        """Came over the wire."""
        ...

    def refused(self, envelope: Envelope) -> None:
        """Could not be sent."""
        ...

    def note(self, who: str, event: str) -> None:
        """An actor said this."""
        ...


class LiveRules:
    """The rules in force. ``on`` is False as long as no message needs to be looked at."""

    def __init__(
        self,
        rng: Random,
        post: Callable[[Envelope, bool], None],
        later: Later,
        count: Callable[[str], None],
    ) -> None:
        """``post`` sends a message on, in a spoilt frame if told so; ``later`` calls after so many seconds."""
        self.on = False
        self.tap: Tap | None = None
        self._traces = False
        """Whether each message stands in the log."""
        self.rng = rng
        self.clocks = LiveClocks()
        self._post = post
        self._later = later
        self._count = count
        self._rules = Rules()
        self._held: HeldMail[Hit] = HeldMail()
        self._disks: tuple[DiskRule, ...] = ()

    def set_rules(self, rules: SetRules) -> None:
        """These and no others are in force; what was held by one that is gone goes on."""
        self._rules = Rules(rules.rules, self._rules)
        self._look_at_messages()
        self._disks = rules.disks
        self.clocks.set_rules(rules.clocks)
        self._held.release(self._rules, self._hit)

    def hits(self) -> dict[str, int]:
        """Rule's id → how many messages it has hit."""
        return self._rules.hits()

    def show(self, tap: Tap | None) -> None:
        """From now on this observer sees every message; None: no observer does."""
        self.tap = tap
        self._look_at_messages()

    def trace(self, wanted: bool) -> None:
        """Whether each message is to stand in the log."""
        if wanted is not self._traces:
            self._traces = wanted
            self._look_at_messages()

    def _look_at_messages(self) -> None:
        self.on = bool(self._rules) or self.tap is not None or self._traces

    def asked(self, envelope: Envelope) -> None:
        """A client has come in by a door."""
        if self.on:
            self._watch(envelope, PASS)

    def disks_of(self, node: str) -> Iterator[DiskRule]:
        """The rules on this node's disk."""
        return (rule for rule in self._disks if rule.node == node)

    def post(self, envelope: Envelope) -> None:
        """Judge a message and do with it what the rules say."""
        impairment = self._rules.judge(envelope, self.rng, time.monotonic_ns())
        self._watch(envelope, impairment)
        if impairment is PASS:
            self._post(envelope, False)
            return
        self._count(_hit_by(impairment))
        for _ in range(impairment.copies):
            if impairment.held:
                self._held.put(impairment.held, (envelope, impairment))
            else:
                self._hit((envelope, impairment))

    def _watch(self, envelope: Envelope, impairment: Impairment) -> None:
        if self.tap is not None:
            self.tap.sent(envelope, impairment)
        if self._traces:
            _trace(envelope)

    def _hit(self, hit: Hit) -> None:
        envelope, impairment = hit
        if impairment.delay_ns:
            self._later(impairment.delay_ns / 1e9, lambda: self._post(envelope, impairment.corrupt))
        else:
            self._post(envelope, impairment.corrupt)


def _trace(envelope: Envelope) -> None:
    """One step of a request's way: names alone, no contents."""
    source, target = envelope.source, envelope.target
    line = "%s > %s %s", source, target, envelope.body.kind
    log_of(role_of(source)).log(TRACE, *line, extra=about(envelope.cause or envelope.request))


def _hit_by(impairment: Impairment) -> str:
    """The name under which a message that a fault touched is counted."""
    if not impairment.copies:
        return "fault_dropped"
    if impairment.held:
        return "fault_held"
    if impairment.corrupt:
        return "fault_corrupted"
    return "fault_delayed" if impairment.delay_ns else "fault_duplicated"
