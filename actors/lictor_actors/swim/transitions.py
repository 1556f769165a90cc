"""How the other members change: met, revived, suspected, buried, left. What follows from each is told and spread."""

from __future__ import annotations

from functools import lru_cache

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.border import other_family
from lictor_actors.swim.claims import KEPT
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.id_conflict import IdConflict
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.processed import ProcessedUpdates
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.suspicion import Suspicion
from lictor_actors.swim.suspicion_log import SuspicionLog
from lictor_actors.swim.updates import Hearing
from lictor_messages.codec import pack_body
from lictor_messages.members import MemberFailed, MemberLeft, MemberUpdated
from lictor_messages.swim import Alive, Dead, SuspicionDue

FLAP_NS = 60_000_000_000
"""Serf's word for what is back so soon."""


@lru_cache(KEPT)
def suspicion_timer(node: str) -> tuple[str, SuspicionDue]:
    """The timer of a suspicion and what it says: made once in a process, where all nodes suspect a dead member."""
    return f"suspicion:{node}", SuspicionDue(node=node)


class Transitions:
    """Carries out what the rules of ``membership`` have decided."""

    def __init__(
        self,
        profile: Profile,
        members: MemberTable,
        gossiper: Gossiper,
        listeners: Listeners,
        processed: ProcessedUpdates,
        id_conflict: IdConflict,
    ) -> None:
        self._profile = profile
        self._members = members
        self._gossiper = gossiper
        self._listeners = listeners
        self._processed = processed
        self._id_conflict = id_conflict
        self.suspicions = SuspicionLog()
        self.flaps = 0
        """Members that were back within ``FLAP_NS`` of being declared dead, in this life."""

    def meet(self, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> None:
        """A member that was unknown."""
        peer, me = self._members.meet(claim, data, turn.now), self._members.me.alive
        if mixed := other_family(me, claim):
            turn.note(f"mixed families: {mixed}")
        self._members.add(peer)
        if claim.id and claim.id == me.id:  # both joined in the same moment, through different members
            self._id_conflict.noticed(claim, turn)
        self._listeners.located(data, turn)
        self._listeners.joined(data, self._members.alive_count, turn)
        self._spread_unless(hearing.quiet, peer, turn)

    def revive(self, peer: Peer, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> None:
        """A newer record: moved, changed, refuted, or back from the dead."""
        before, came_back = peer.alive, not peer.present
        self.flaps += peer.state is MemberState.DEAD and turn.now - peer.since < FLAP_NS
        turn.cancel_timer(suspicion_timer(peer.node)[0])
        self.suspicions.end(peer, "refuted", peer.node, turn)
        self._hold(peer, verdict=b"", accuser="")
        peer.alive, peer.record, peer.incarnation = claim, data, claim.incarnation
        was_leaving, peer.leaving = peer.leaving, False
        self._members.turn_into(peer, MemberState.ALIVE, turn.now)
        if came_back or (before.gossip, before.rest) != (claim.gossip, claim.rest):
            self._listeners.located(data, turn)
        if came_back:
            self._listeners.joined(data, self._members.alive_count, turn)
        elif was_leaving or before.model_copy(update={"incarnation": claim.incarnation}) != claim:
            self._listeners.tell(MemberUpdated(member=peer.member(), alive=self._members.alive_count), turn)
        self._spread_unless(hearing.quiet, peer, turn)

    def suspect(self, peer: Peer, accuser: str, data: bytes, turn: Turn) -> None:
        """The first accusation: from now on it has to refute."""
        self._hold(peer, verdict=data, accuser=accuser)
        peer.suspicion = Suspicion(accuser, self._profile, self._members.alive_count, turn.now)
        self._members.turn_into(peer, MemberState.SUSPECT, turn.now)
        self._gossiper.spread(peer.node, data, turn)
        self.await_refutation(peer, peer.suspicion, turn)

    def await_refutation(self, peer: Peer, suspicion: Suspicion, turn: Turn) -> None:
        """Look again when the suspicion may be over at the soonest, and after that when it runs out as it is now.

        So most confirmations move no timer: they come in the first seconds, to each node for each member that failed.
        """
        name, due = suspicion_timer(peer.node)
        when = suspicion.soonest if turn.now < suspicion.soonest else suspicion.deadline
        turn.set_timer(name, when - turn.now, due)

    def bury(self, peer: Peer, claim: Dead, data: bytes, turn: Turn) -> None:
        """It is dead, or has left; spread if that is news."""
        left = claim.accuser == claim.node or peer.leaving
        stronger = claim.incarnation > peer.incarnation
        peer.incarnation = claim.incarnation
        if peer.present:
            turn.cancel_timer(suspicion_timer(peer.node)[0])
            self.suspicions.end(peer, "left" if left else "failed", claim.accuser, turn)
            self._hold(peer, verdict=data, accuser=claim.accuser)
            self._become(peer, MemberState.LEFT if left else MemberState.DEAD, turn)
        elif peer.state is MemberState.DEAD and left:
            self._hold(peer, verdict=data, accuser=claim.accuser)
            self._become(peer, MemberState.LEFT, turn)
        elif stronger:
            # Dead at a higher incarnation: remembered, or an alive in between would raise the dead.
            self._hold(peer, verdict=data, accuser=claim.accuser)
            self._members.sum_up(peer)
        else:
            return
        self._gossiper.spread(peer.node, data, turn)

    def become_left(self, peer: Peer, turn: Turn) -> None:
        """A failed member counts as one that left."""
        claim = Dead(node=peer.node, incarnation=peer.incarnation, accuser=peer.node)
        self._hold(peer, verdict=pack_body(claim), accuser=peer.node)
        self._become(peer, MemberState.LEFT, turn)

    def may_be_reclaimed(self, peer: Peer, claim: Alive, turn: Turn) -> bool:
        """True if what is claimed elsewhere may take this one's name: at once if that was given up, or if this one has
        failed and the claim is of a later life of it (Consul has these wait, as others do that want a failed name)."""
        if peer.state is MemberState.DEAD:
            return peer.lives_on(claim) or turn.now - peer.since >= self._profile.dead_node_reclaim
        return peer.state is MemberState.LEFT

    def _become(self, peer: Peer, state: MemberState, turn: Turn) -> None:
        self._members.turn_into(peer, state, turn.now)
        member, alive = peer.member(), self._members.alive_count
        if state is MemberState.LEFT:
            self._listeners.tell(MemberLeft(member=member, alive=alive), turn)
        else:
            self._listeners.tell(MemberFailed(member=member, alive=alive, accuser=peer.accuser), turn)

    def _hold(self, peer: Peer, verdict: bytes, accuser: str) -> None:
        """Exchange the accusation in force. The record held so far must be weighed, not skipped, if it comes again."""
        self._processed.forget(peer.record)
        peer.verdict, peer.accuser = verdict, accuser
        peer.suspicion = None

    def _spread_unless(self, quiet: bool, peer: Peer, turn: Turn) -> None:
        if not quiet:
            self._gossiper.spread(peer.node, peer.record, turn)
