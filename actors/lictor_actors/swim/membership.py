"""Alive, suspect, dead: the rules by which claims about members overrule each other (SWIM section 4.2, memberlist).

A claim carries the incarnation of its subject, and only the subject raises it. At equal incarnations dead beats
suspect beats alive; a higher incarnation beats everything. Where memberlist is known to lose the truth, this
differs: every state keeps the highest incarnation that was named; a weaker claim is not just dropped but answered
with the stronger record, so that a restarted node hears what it has to refute; and no member is buried on the word
of others before it had time to refute here, or the smaller side of a healed cut would bury the larger one.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.border import Border
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.intents import RecentIntents
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.own_record import OwnRecord
from lictor_actors.swim.transitions import Transitions
from lictor_actors.swim.updates import Hearing
from lictor_messages.addresses import join_host_port
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.members import MemberReaped
from lictor_messages.swim import Alive, Dead, Gossip, LeaveIntent, Suspect, SuspicionDue

TELL_NS = 30_000_000_000
"""How often two members of one name are told of each other."""


class Membership:
    """Weighs each claim against what is held of its subject, and decides what changes."""

    def __init__(
        self,
        members: MemberTable,
        own: OwnRecord,
        transitions: Transitions,
        gossiper: Gossiper,
        listeners: Listeners,
        border: Border,
        intents: RecentIntents,
    ) -> None:
        self._members = members
        self._own = own
        self._transitions = transitions
        self._gossiper = gossiper
        self._listeners = listeners
        self._border = border
        self.unconfirmed = 0
        """Members declared dead here that fewer had confirmed than were wanted, in this life."""
        self._intents = intents
        self._rivals: dict[str, tuple[str, int]] = {}
        """Member → the place by which another last claimed its name, and when the two were told."""

    # -- what others say -------------------------------------------------------

    def alive(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """A member lives: true if it is unknown, newer than what is held, or may take over an abandoned name."""
        assert isinstance(claim, Alive)
        why = self._border.turns_away(claim, self._members.me.alive)
        if why is not None:
            turn.count("gossip_refused_stranger")
            turn.note(f"ignored: {why.words}")
            return True
        peer = self._members.get(claim.node)
        if peer is None:
            return self._meet(claim, data, hearing, turn)
        if peer is self._members.me:
            return self._own.claimed(claim, data, hearing, turn)
        moved = peer.moves_to(claim)
        reclaims = moved and self._transitions.may_be_reclaimed(peer, claim, turn)
        if moved and not reclaims:
            self.contested(peer, claim, data, turn)
            if claim.incarnation < peer.incarnation:  # of equal ones two would send each other theirs for ever
                hearing.answers.append(peer.stronger)
            return False  # the name may be free when this claim comes again
        if claim.incarnation <= peer.incarnation and not reclaims:
            if data != peer.stronger:
                hearing.answers.append(peer.stronger)
            return True
        self._transitions.revive(self._members.own(peer), claim, data, hearing, turn)
        return True

    def namesake(self, asker: Alive, turn: Turn) -> Peer | None:
        """The other node that has the asker's name and has not given it up, None if there is none."""
        peer = self._members.get(asker.node)
        if peer is None or not peer.moves_to(asker) or self._transitions.may_be_reclaimed(peer, asker, turn):
            return None
        return peer

    def _meet(self, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        intent = self._intents.about(claim.node, claim.incarnation, turn)
        if intent is not None and intent.final:
            turn.count("gossip_records_of_those_who_left")
            hearing.answers.append(intent.data)
            return False
        self._transitions.meet(claim, data, hearing, turn)
        if intent is not None:
            self.leave_intent(intent.claim, intent.data, hearing, turn)
        return True

    def contested(self, peer: Peer, claim: Alive, data: bytes, turn: Turn) -> None:
        """A member's name is claimed from elsewhere. Each of the two is told of the other, now and then: gossip does
        not tell them, because those who know the one do not know the other. An old record of a member that has moved
        is told to a place where no node lives any more."""
        place = join_host_port(claim.address, claim.port)
        turn.count("gossip_name_conflicts")
        known, since = self._rivals.get(claim.node, ("", turn.now - TELL_NS))
        if turn.now - since < TELL_NS:
            return
        self._rivals[claim.node] = place, turn.now
        turn.send(self._members.address(claim.gossip), Gossip(updates=(peer.record,)), early=True)
        if peer is not self._members.me:
            turn.send(peer.address, Gossip(updates=(data,)), early=True)
        if known != place and claim.incarnation >= peer.incarnation:
            turn.note(f"conflict: {claim.node} is also claimed by {place}")

    def suspect(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """A member got no answer from another: start a suspicion, or confirm the one that runs."""
        assert isinstance(claim, Suspect)
        peer = self._members.get(claim.node)
        if peer is None:
            return False
        if peer is self._members.me:
            return self._own.accused(claim.incarnation, hearing, turn)
        if claim.incarnation < peer.incarnation or not peer.present:
            return True
        peer = self._members.own(peer)
        outbids, peer.incarnation = claim.incarnation > peer.incarnation, claim.incarnation
        peer.leaving = peer.leaving and not outbids  # the intent was of an older one
        if peer.suspicion is None:
            self._transitions.suspect(peer, claim.accuser, data, turn)
            return True
        if outbids:
            peer.verdict = data  # it is told what it has to refute, which the older accusation is not any more
            self._members.sum_up(peer)
        if peer.suspicion.confirm(claim.accuser):
            self._gossiper.spread(peer.node, data, turn)
            if turn.now >= peer.suspicion.soonest:
                self._transitions.await_refutation(peer, peer.suspicion, turn)
        return True

    def dead(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """A suspicion ran out at another node, or a member left (it accuses itself)."""
        assert isinstance(claim, Dead)
        peer = self._members.get(claim.node)
        if peer is None:
            if claim.accuser == claim.node:
                self._intents.put(claim, data, turn)
            return False
        if peer is self._members.me:
            return self._own.accused(claim.incarnation, hearing, turn)
        if claim.incarnation < peer.incarnation:
            return True
        peer = self._members.own(peer)
        peer.leaving = peer.leaving and claim.incarnation == peer.incarnation
        if peer.present and claim.accuser != claim.node:
            self._convict(peer, claim, data, hearing, turn)
        else:
            self._transitions.bury(peer, claim, data, turn)
        return True

    def leave_intent(self, claim: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """An operator wants a failed member to count as left. Incarnations order intents: no clock of their own."""
        assert isinstance(claim, LeaveIntent)
        peer = self._members.get(claim.node)
        if peer is None:
            self._intents.put(claim, data, turn)
            return False
        if peer is self._members.me:
            return self._own.accused(claim.incarnation, hearing, turn)
        if claim.incarnation < peer.incarnation:
            return True
        peer = self._members.own(peer)
        peer.incarnation = claim.incarnation
        if peer.present:
            peer.leaving = True  # refuted by it if it lives; left instead of failed if it does not
        elif peer.state is MemberState.DEAD:
            self._transitions.become_left(peer, turn)
        if claim.prune and peer.state is MemberState.LEFT:
            self.forget(peer, turn)
            self._intents.put(claim, data, turn)  # others' older records of it are on their way
        self._gossiper.spread(peer.node, data, turn)
        return True

    # -- what this node finds out ----------------------------------------------

    def accuse(self, peer: Peer, turn: Turn) -> None:
        """A whole probe round brought no answer from this member. It is told at once, so that it may refute at once;
        this node's own record goes along, in case the member was restarted and knows no other yet."""
        me, peer = self._members.me, self._members.own(peer)
        turn.note(f"suspects: {peer.node}, no answer to a whole probe round")
        claim = Suspect(node=peer.node, incarnation=peer.incarnation, accuser=me.node)
        self.suspect(claim, pack_body(claim), Hearing(me.address), turn)
        turn.send(peer.address, Gossip(updates=(peer.stronger, me.record)), early=True)

    def suspicion_due(self, due: SuspicionDue, turn: Turn) -> None:
        """The time to refute is over, unless too few have confirmed the suspicion or a lag has moved its end."""
        peer = self._members.others.get(due.node)
        if peer is None or peer.suspicion is None:
            return
        if turn.now < peer.suspicion.deadline:
            self._transitions.await_refutation(peer, peer.suspicion, turn)
            return
        claim = peer.suspicion.verdict
        if claim is None or claim.incarnation < peer.incarnation:
            self.unconfirmed += peer.suspicion.confirmed < peer.suspicion.wanted
            claim = Dead(node=peer.node, incarnation=peer.incarnation, accuser=self._members.me.node)
        self._transitions.bury(peer, claim, pack_body(claim), turn)

    def postpone(self, lag: int, turn: Turn) -> None:
        """This node stood still: every suspect gets that time back."""
        for peer in self._members.accused(MemberState.SUSPECT):
            if peer.suspicion is not None:
                peer.suspicion.postpone(lag)
                self._transitions.await_refutation(peer, peer.suspicion, turn)

    def forget(self, peer: Peer, turn: Turn) -> None:
        """Drop a failed or left member from the table and the directory."""
        self._members.remove(peer)
        self._rivals.pop(peer.node, None)
        self._listeners.tell(MemberReaped(member=peer.member(), alive=self._members.alive_count), turn)
        self._listeners.forgotten(peer.node, turn)

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
            self._transitions.bury(peer, claim, data, turn)
