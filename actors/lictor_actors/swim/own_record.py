"""What others say of this node itself: outdated records, accusations, a namesake. Only it raises its incarnation."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.awareness import Awareness
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.member_table import MemberTable
from lictor_actors.swim.name_conflict import NameConflict
from lictor_actors.swim.updates import Hearing
from lictor_messages.addresses import join_host_port
from lictor_messages.codec import pack_body
from lictor_messages.swim import Alive


class OwnRecord:
    """This node's record, and its refutations."""

    def __init__(self, members: MemberTable, gossiper: Gossiper, awareness: Awareness, conflict: NameConflict) -> None:
        self._members = members
        self._gossiper = gossiper
        self._awareness = awareness
        self._conflict = conflict

    def claimed(self, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """A record of this node's name: its own, an older life's or a namesake's. True if it may be skipped."""
        me = self._members.me
        if data == me.record:
            return True
        if me.leaving or (claim.incarnation < me.incarnation and not self._is_namesake(claim)):
            hearing.answers.append(me.stronger)
            return True
        if me.moves_to(claim):
            # Refuting would be a war of incarnations with a living namesake that neither can win.
            self._conflict.noticed(join_host_port(claim.address, claim.port), turn)
            return False
        self._refute(claim.incarnation, hearing, turn)
        return False

    def _is_namesake(self, claim: Alive) -> bool:
        """An older record of this node itself, from another address, has its id."""
        me = self._members.me
        return me.moves_to(claim) and claim.id != me.alive.id

    def accused(self, incarnation: int, hearing: Hearing, turn: Turn) -> bool:
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
        self._members.sum_up(me)
        self._awareness.add(1)
        turn.note(f"refutes: an accusation, with incarnation {me.incarnation}")
        self.announce(turn)
        hearing.answers.append(me.record)

    def announce(self, turn: Turn) -> None:
        """Spread this node's own record."""
        me = self._members.me
        self._gossiper.spread(me.node, me.record, turn)
