"""Bugs in gossip: membership, suspicion, the comparing of views, events.

A patch is in force inside ``with planted(bug):`` and nowhere else (see ``patch``).
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swarm.patch import Patch
from lictor_actors.swim import handoff
from lictor_actors.swim.asking import Asking
from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.handoff import Handoff
from lictor_actors.swim.intents import RecentIntents
from lictor_actors.swim.lamport import LamportClock, News, RecentIds
from lictor_actors.swim.marks import mark
from lictor_actors.swim.member_table import Peer
from lictor_actors.swim.membership import Membership
from lictor_actors.swim.pool_view import PoolView
from lictor_actors.swim.processed import ProcessedUpdates
from lictor_actors.swim.suspicion import Suspicion
from lictor_actors.swim.updates import Hearing
from lictor_messages.codec import pack_body
from lictor_messages.pool import QueryAnswer
from lictor_messages.swim import Alive, Dead, LeaveIntent, SuspicionDue


def believes_old_news(patch: Patch) -> None:
    """A dead member is alive again as soon as anyone still says so."""

    def gullible(self: Membership, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        peer = self._members.get(claim.node)
        if peer is not None and not peer.present:
            peer.incarnation = min(peer.incarnation, claim.incarnation - 1)
        return bool(alive(self, claim, data, hearing, turn))

    alive = Membership.alive
    patch.set(Membership, "alive", gullible)


def forgets_to_cancel_suspicions(patch: Patch) -> None:
    """The timer of a suspicion that was refuted goes on, and kills."""

    def cancel_timer(self: Turn, name: str) -> None:
        if not name.startswith("suspicion:"):
            cancel(self, name)

    def suspicion_due(self: Membership, due: SuspicionDue, turn: Turn) -> None:
        peer = self._members.others.get(due.node)
        if peer is not None and peer.present:
            claim = Dead(node=peer.node, incarnation=peer.incarnation, accuser=self._members.me.node)
            self._transitions.bury(peer, claim, pack_body(claim), turn)

    cancel = Turn.cancel_timer
    patch.set(Turn, "cancel_timer", cancel_timer)
    patch.set(Membership, "suspicion_due", suspicion_due)


def waits_for_ever(patch: Patch) -> None:
    """A suspicion ends by a refutation only: nobody is ever declared dead."""
    patch.set(Membership, "suspicion_due", lambda self, due, turn: None)


def suspects_too_briefly(patch: Patch) -> None:
    """Who is suspected has a tenth of the time to refute it: the multiplier was forgotten."""
    deadline = Suspicion.__dict__["deadline"].fget
    patch.set(Suspicion, "deadline", property(lambda self: self._start + (deadline(self) - self._start) // 10))
    patch.set(Suspicion, "soonest", property(lambda self: self._start + self._least // 10))


def ignores_its_own_lag(patch: Patch) -> None:
    """A prober whose host was late goes on as if its mail had been read in time."""
    patch.set(Prober, "_loop_lagged", lambda self, lagged, turn: None)


def sums_up_names_alone(patch: Patch) -> None:
    """Two members compare which others they know and in what state, and leave out the incarnations."""
    patch.set(Peer, "held", lambda self: mark(f"{self.node} {self.present} {self.verdict != b''}".encode()))


def drops_a_bucket(patch: Patch) -> None:
    """Some of the buckets in which two views differ are never named."""
    every = PoolView.differing
    patch.set(PoolView, "differing", lambda self, sums: tuple(n for n in every(self, sums) if n % 2))


def repeats_events(patch: Patch) -> None:
    """Every copy of a user event that gossip brings is delivered."""
    patch.set(UserEvents, "_slot", lambda self, ltime: ())


def answers_every_copy(patch: Patch) -> None:
    """A query is answered again with every copy of it that gossip brings."""
    patch.set(ProcessedUpdates, "unseen", lambda self, updates: list(updates))
    patch.set(ProcessedUpdates, "__contains__", lambda self, data: False)
    patch.set(RecentIds, "take", lambda self, ltime, id_: News.NEW)


def counts_every_copy(patch: Patch) -> None:
    """An answer that came through a relay as well counts once more."""

    def counted(self: Asking, answer: QueryAnswer, turn: Turn) -> None:
        one = self._open.get((answer.ltime, answer.id))
        if one is not None and not answer.ack and answer.node in one.answers:
            one.answers[f"{answer.node} "] = answer.payload
        answered(self, answer, turn)

    answered = Asking.answered
    patch.set(Asking, "answered", counted)


def obeys_old_leaves(patch: Patch) -> None:
    """A leave holds for the member as it is now, of whichever incarnation it was said."""

    def obedient(self: Membership, claim: LeaveIntent, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        peer = self._members.others.get(claim.node)
        if peer is not None and peer.incarnation > claim.incarnation:
            claim = claim.model_copy(update={"incarnation": peer.incarnation})
        leave_intent(self, claim, data, hearing, turn)
        return False

    leave_intent = Membership.leave_intent
    patch.set(Membership, "leave_intent", obedient)


def keeps_every_intent(patch: Patch) -> None:
    """What is said of members that are not known is kept, however many they are."""

    def init(self: RecentIntents, most: int) -> None:
        began(self, 2**32)

    began = RecentIntents.__init__
    patch.set(RecentIntents, "__init__", init)


def queues_without_end(patch: Patch) -> None:
    """A flood of gossip waits, all of it."""
    patch.set(handoff, "DEPTH", 2**32)


def drops_without_a_word(patch: Patch) -> None:
    """What does not fit into a receive queue is dropped, and not counted."""

    def queue(self: Handoff, data: bytes, source: str, turn: Turn) -> None:
        if self.longest < handoff.DEPTH:
            put(self, data, source, turn)

    put = Handoff._queue
    patch.set(Handoff, "_queue", queue)


def ignores_others_clocks(patch: Patch) -> None:
    """A Lamport clock counts what its own node does, and does not move with what it hears."""
    patch.set(LamportClock, "witness", lambda self, time: None)
