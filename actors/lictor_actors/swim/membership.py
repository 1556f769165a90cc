"""Alive, suspect, dead: the rules by which claims about members overrule each other (SWIM section 4.2, memberlist).

A claim carries the incarnation of its subject, and only the subject raises it. At equal incarnations dead beats
suspect beats alive; a higher incarnation beats everything. Where memberlist is known to lose the truth, this
differs: every state keeps the highest incarnation that was named; a weaker claim is not just dropped but answered
with the stronger record, so that a restarted node hears what it has to refute; and nobody is buried on the word of
others before it had time to refute here, or the smaller side of a healed cut would bury the larger one.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.awareness import Awareness
from lictor_actors.swim.border import id_taken
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.members import Members, Peer, State
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.seen import Seen
from lictor_actors.swim.suspicion import Suspicion
from lictor_actors.swim.updates import Hearing
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.members import MemberFailed, MemberJoined, MemberLeft, MemberReaped, MemberUpdated
from lictor_messages.swim import Alive, Dead, Gossip, LeaveIntent, Suspect, SuspicionDue


class Membership:
    """The state machine of every member, this node's own included."""

    def __init__(
        self,
        profile: Profile,
        members: Members,
        gossiper: Gossiper,
        listeners: Listeners,
        awareness: Awareness,
        seen: Seen,
    ) -> None:
        self._profile = profile
        self._members = members
        self._gossiper = gossiper
        self._listeners = listeners
        self._awareness = awareness
        self._seen = seen

    # What others say.

    def alive(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """Somebody lives: true if it is unknown, newer than what is held, or may take over an abandoned name."""
        assert isinstance(claim, Alive)
        if claim.dc != self._members.me.alive.dc:
            turn.note(f"ignored: {claim.node}, which belongs to another datacenter")
            return True
        peer = self._members.get(claim.node)
        if peer is None:
            self._meet(claim, data, hearing, turn)
            return True
        if peer is self._members.me:
            return self._alive_me(claim, data, hearing, turn)
        moved = peer.moves_to(claim)
        reclaims = moved and self._may_be_reclaimed(peer, turn)
        if claim.incarnation <= peer.incarnation and not reclaims:
            if data != peer.stronger:
                hearing.answers.append(peer.stronger)
            return not moved  # the name may be free when this claim comes again
        if moved and not reclaims:
            turn.note(f"conflict: {claim.node} is also claimed by {claim.address}:{claim.port}")
            return False
        self._revive(peer, claim, data, hearing, turn)
        return True

    def namesake(self, asker: Alive, turn: Turn) -> Alive | None:
        """Who has the name of whoever asks for this node's view, if that is another node and has not given it up."""
        peer = self._members.get(asker.node)
        if peer is None or not peer.moves_to(asker) or self._may_be_reclaimed(peer, turn):
            return None
        return peer.alive

    def suspect(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """Somebody got no answer: start a suspicion, or confirm the one that runs."""
        assert isinstance(claim, Suspect)
        peer = self._members.get(claim.node)
        if peer is None:
            return False
        if peer is self._members.me:
            return self._accused(claim.incarnation, hearing, turn)
        if claim.incarnation < peer.incarnation or not peer.present:
            return True
        outbids, peer.incarnation = claim.incarnation > peer.incarnation, claim.incarnation
        if peer.suspicion is None:
            self._begin_suspicion(peer, claim.accuser, data, turn)
            return True
        if outbids:
            peer.verdict = data  # it is told what it has to refute, which the older accusation is not any more
        if peer.suspicion.confirm(claim.accuser):
            self._gossiper.spread(peer.node, data, turn)
            self._await_refutation(peer, peer.suspicion, turn)
        return True

    def dead(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """Somebody's suspicion ran out, or somebody left (it accuses itself)."""
        assert isinstance(claim, Dead)
        peer = self._members.get(claim.node)
        if peer is None:
            return False
        if peer is self._members.me:
            return self._accused(claim.incarnation, hearing, turn)
        if claim.incarnation < peer.incarnation:
            return True
        if peer.present and claim.accuser != claim.node:
            self._convict(peer, claim, data, hearing, turn)
        else:
            self._bury(peer, claim, data, turn)
        return True

    def leave_intent(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """Somebody wants a failed member to count as left. Incarnations order intents: no clock of their own."""
        assert isinstance(claim, LeaveIntent)
        peer = self._members.get(claim.node)
        if peer is None:
            return False
        if peer is self._members.me:
            return self._accused(claim.incarnation, hearing, turn)
        if claim.incarnation < peer.incarnation:
            return True
        peer.incarnation = claim.incarnation
        if peer.present:
            peer.leaving = True  # refuted by it if it lives; left instead of failed if it does not
        elif peer.state is State.DEAD:
            self._become_left(peer, turn)
        if claim.prune and peer.state is State.LEFT:
            self.forget(peer, turn)
        self._gossiper.spread(peer.node, data, turn)
        return True

    # What this node finds out.

    def accuse(self, peer: Peer, turn: Turn) -> None:
        """A whole probe round brought no answer from this member. It is told at once, so that it may refute at once;
        this node's own record goes along, in case the member was restarted and knows nobody who could answer."""
        me = self._members.me
        turn.note(f"suspects: {peer.node}, no answer to a whole probe round")
        claim = Suspect(node=peer.node, incarnation=peer.incarnation, accuser=me.node)
        self.suspect(claim, pack_body(claim), Hearing(me.address), turn)
        turn.send(peer.address, Gossip(updates=(peer.stronger, me.record)), early=True)

    def suspicion_due(self, due: SuspicionDue, turn: Turn) -> None:
        """The time to refute is over, unless a confirmation or a lag has moved it since."""
        peer = self._members.others.get(due.node)
        if peer is None or peer.suspicion is None or turn.now < peer.suspicion.deadline:
            return
        claim = peer.suspicion.verdict
        if claim is None or claim.incarnation < peer.incarnation:
            claim = Dead(node=peer.node, incarnation=peer.incarnation, accuser=self._members.me.node)
        self._bury(peer, claim, pack_body(claim), turn)

    def postpone(self, lag: int, turn: Turn) -> None:
        """This node stood still: every suspect gets that time back."""
        for peer in self._members.in_state(State.SUSPECT):
            if peer.suspicion is not None:
                peer.suspicion.postpone(lag)
                self._await_refutation(peer, peer.suspicion, turn)

    def forget(self, peer: Peer, turn: Turn) -> None:
        """Drop a failed or left member from the table and the directory."""
        self._members.remove(peer)
        self._listeners.tell(MemberReaped(member=peer.member()), turn)
        self._listeners.forgotten(peer.node, turn)

    def announce(self, turn: Turn) -> None:
        """Spread this node's own record."""
        me = self._members.me
        self._gossiper.spread(me.node, me.record, turn)

    # This node's own record.

    def _alive_me(self, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        me = self._members.me
        if data == me.record:
            return True
        if me.leaving or claim.incarnation < me.incarnation:
            hearing.answers.append(me.stronger)
            return True
        if me.moves_to(claim):
            # Refuting would be a war of incarnations with a living namesake that neither can win.
            turn.note(f"conflict: this node's name is also claimed by {claim.address}:{claim.port}")
            return False
        self._refute(claim.incarnation, hearing, turn)
        return False

    def _accused(self, incarnation: int, hearing: Hearing, turn: Turn) -> bool:
        """Never skipped as seen: an accuser that has not heard the refutation gets it again."""
        me = self._members.me
        if me.leaving:
            hearing.answers.append(me.stronger)
        elif incarnation < me.incarnation:
            hearing.answers.append(me.record)
        else:
            self._refute(incarnation, hearing, turn)
        return False

    def _refute(self, incarnation: int, hearing: Hearing, turn: Turn) -> None:
        """Outbid the accusation; being accused at all is a sign of own slowness."""
        me = self._members.me
        me.incarnation = max(me.incarnation, incarnation) + 1
        me.alive = me.alive.model_copy(update={"incarnation": me.incarnation})
        me.record = pack_body(me.alive)
        self._awareness.add(1)
        turn.note(f"refutes: an accusation, with incarnation {me.incarnation}")
        self.announce(turn)
        hearing.answers.append(me.record)

    # Transitions of the others.

    def _meet(self, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> None:
        peer, me = self._members.meet(claim, data, turn.now), self._members.me.alive
        if claim.id and claim.id == me.id:  # they came in by different doors in the same moment
            turn.note(f"conflict: {id_taken(me, claim).words}")
        self._members.add(peer, turn.rng)
        self._listeners.located(claim, turn)
        self._listeners.tell(MemberJoined(member=peer.member()), turn)
        self._spread_unless(hearing.quiet, peer, turn)

    def _revive(self, peer: Peer, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> None:
        before, came_back = peer.alive, not peer.present
        turn.cancel_timer(f"suspicion:{peer.node}")
        self._hold(peer, verdict=b"", accuser="")
        peer.alive, peer.record, peer.incarnation = claim, data, claim.incarnation
        was_leaving, peer.leaving = peer.leaving, False
        self._members.turn_into(peer, State.ALIVE, turn.now)
        if came_back or (before.gossip, before.rest) != (claim.gossip, claim.rest):
            self._listeners.located(claim, turn)
        if came_back:
            self._listeners.tell(MemberJoined(member=peer.member()), turn)
        elif was_leaving or before.model_copy(update={"incarnation": claim.incarnation}) != claim:
            self._listeners.tell(MemberUpdated(member=peer.member()), turn)
        self._spread_unless(hearing.quiet, peer, turn)

    def _convict(self, peer: Peer, claim: Dead, data: bytes, hearing: Hearing, turn: Turn) -> None:
        """Others have waited long enough for this member to refute; whether they could have heard it, who knows. It is
        suspected first, and told so; their verdict makes that the shortest suspicion, but for hearsay in a push/pull.
        Its accuser is named, not this node: who passes an accusation on is no second, independent accuser."""
        if peer.suspicion is None or claim.incarnation > peer.incarnation:
            rumour = Suspect(node=claim.node, incarnation=claim.incarnation, accuser=claim.accuser)
            accusation = pack_body(rumour)
            self.suspect(rumour, accusation, hearing, turn)
            turn.send(peer.address, Gossip(updates=(accusation, self._members.me.record)), early=True)
        if hearing.merging or peer.suspicion is None:
            return
        peer.suspicion.convict(claim)
        if turn.now >= peer.suspicion.deadline:
            self._bury(peer, claim, data, turn)
        else:
            self._await_refutation(peer, peer.suspicion, turn)

    def _begin_suspicion(self, peer: Peer, accuser: str, data: bytes, turn: Turn) -> None:
        self._hold(peer, verdict=data, accuser=accuser)
        peer.suspicion = Suspicion(accuser, self._profile, self._members.alive_count, turn.now)
        self._members.turn_into(peer, State.SUSPECT, turn.now)
        self._gossiper.spread(peer.node, data, turn)
        self._await_refutation(peer, peer.suspicion, turn)

    def _await_refutation(self, peer: Peer, suspicion: Suspicion, turn: Turn) -> None:
        turn.set_timer(f"suspicion:{peer.node}", suspicion.deadline - turn.now, SuspicionDue(node=peer.node))

    def _bury(self, peer: Peer, claim: Dead, data: bytes, turn: Turn) -> None:
        left = claim.accuser == claim.node or peer.leaving
        stronger = claim.incarnation > peer.incarnation
        peer.incarnation = claim.incarnation
        if peer.present:
            turn.cancel_timer(f"suspicion:{peer.node}")
            self._hold(peer, verdict=data, accuser=claim.accuser)
            self._become(peer, State.LEFT if left else State.DEAD, turn)
        elif peer.state is State.DEAD and left:
            self._hold(peer, verdict=data, accuser=claim.accuser)
            self._become(peer, State.LEFT, turn)
        elif stronger:
            # Dead at a higher incarnation: remembered, or an alive in between would raise the dead.
            self._hold(peer, verdict=data, accuser=claim.accuser)
        else:
            return
        self._gossiper.spread(peer.node, data, turn)

    def _become_left(self, peer: Peer, turn: Turn) -> None:
        claim = Dead(node=peer.node, incarnation=peer.incarnation, accuser=peer.node)
        self._hold(peer, verdict=pack_body(claim), accuser=peer.node)
        self._become(peer, State.LEFT, turn)

    def _become(self, peer: Peer, state: State, turn: Turn) -> None:
        self._members.turn_into(peer, state, turn.now)
        if state is State.LEFT:
            self._listeners.tell(MemberLeft(member=peer.member()), turn)
        else:
            self._listeners.tell(MemberFailed(member=peer.member(), accuser=peer.accuser), turn)

    def _hold(self, peer: Peer, verdict: bytes, accuser: str) -> None:
        """Exchange the accusation in force. The record held so far must be weighed, not skipped, if it comes again."""
        self._seen.forget(peer.record)
        peer.verdict, peer.accuser = verdict, accuser
        peer.suspicion = None

    def _spread_unless(self, quiet: bool, peer: Peer, turn: Turn) -> None:
        if not quiet:
            self._gossiper.spread(peer.node, peer.record, turn)

    def _may_be_reclaimed(self, peer: Peer, turn: Turn) -> bool:
        if peer.state is State.LEFT:
            return True
        return peer.state is State.DEAD and turn.now - peer.since >= self._profile.dead_node_reclaim
