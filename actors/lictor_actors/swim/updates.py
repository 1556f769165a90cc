"""Taking in updates: skip what was processed, decode the rest, apply the rule for each kind, answer what is stale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.claims import Claim, claim_of
from lictor_actors.swim.doubts import Doubts
from lictor_actors.swim.member_table import MemberTable
from lictor_actors.swim.processed import ProcessedUpdates
from lictor_messages.base import Message
from lictor_messages.members import UserEvent
from lictor_messages.pool import PoolQuery
from lictor_messages.swim import Gossip, LeaveIntent

GENERATION = 1024
SERFS = frozenset((LeaveIntent, PoolQuery, UserEvent))
"""What gossip brings that is Serf's own and not memberlist's."""


@dataclass(slots=True)
class Hearing:
    """How an update reached this node."""

    source: str
    merging: bool = False
    """True in a push/pull: a view, in which ``Dead`` is a rumour about which its subject is to be heard."""
    quiet: bool = False
    """True if what is learned need not be spread: this node knew no member that would learn from it."""
    answers: list[bytes] = field(default_factory=list)
    """Stronger records for the one who told us weaker ones."""


Rule = Callable[[Message, bytes, Hearing, Turn], bool]
"""Applies an update; True if its bytes may be skipped from now on."""


class Updates:
    """The door through which every piece of gossip comes."""

    def __init__(self, members: MemberTable, processed: ProcessedUpdates, doubts: Doubts, network: str) -> None:
        """``network``: Serf's word for the pool, in its metrics."""
        self._received = f"serf.msgs.received;network={network}"
        self.malformed = 0
        """Updates that could not be decoded: junk, or kinds of a newer version."""
        self.heard: Counter[type[Message]] = Counter()
        """Claims that were weighed, by kind, in this life."""
        self._members = members
        self._processed = processed
        self._doubts = doubts
        self._rules: dict[str, Rule] = {}

    def on(self, kind: type[Message], rule: Rule) -> None:
        """Have ``rule`` applied to updates of this kind."""
        self._rules[kind.kind] = rule

    def unseen(self, updates: tuple[bytes, ...]) -> list[bytes]:
        """Those that were not processed yet."""
        return self._processed.unseen(updates)

    def take_in(self, updates: Iterable[bytes], hearing: Hearing, turn: Turn) -> None:
        """Apply what is new, in order; then answer weaker claims with the stronger records, in one message."""
        bound = max(GENERATION, 4 * self._members.alive_count)
        for data in updates:
            if data in self._processed:  # also by what an earlier one of them has changed
                continue
            claim = claim_of(data)
            if self._apply(claim, hearing, turn):
                self._processed.add(claim.mark, bound)
        if hearing.answers:
            turn.send(hearing.source, Gossip(updates=tuple(dict.fromkeys(hearing.answers))), early=True)

    def _apply(self, claim: Claim, hearing: Hearing, turn: Turn) -> bool:
        update = claim.update
        rule = self._rules.get(update.kind) if update is not None else None
        if update is None or rule is None:
            self.malformed += 1
            return True
        if self._doubts.too_far(update, turn):
            return False
        self.heard[type(update)] += 1
        if type(update) in SERFS:
            turn.sample(self._received, float(len(claim.data)))
        if claim.fault:
            turn.count(f"gossip_refused_{claim.fault}")
            return True
        return rule(update, claim.data, hearing, turn)
