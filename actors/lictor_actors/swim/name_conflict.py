"""Two nodes of one name: the pool is asked which of them it knows, and the other one gives way (Serf).

A node that learns that its name is claimed from elsewhere asks all members where they know that name. If most of those
that answer name this node's own place, it stays. If not, it stops, without a leave: that would take the other one out
of the pool. Its namesake hears the question and asks as well, so that each decides for itself. In a tie, in which Serf
has both stop, the lower address stays; and where no member answers nothing is decided.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.asking import Asking
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberTable, Peer
from lictor_actors.swim.queries import CONFLICT, PoolQueries
from lictor_messages.addresses import join_host_port
from lictor_messages.pool import AskPool, PoolAnswered, PoolQuery

QUIET_NS = 30_000_000_000
"""After one question so long no other: claims of the same conflict go on to arrive."""


class NameConflict:
    """Defends this node's name, and answers what it knows of others'."""

    def __init__(
        self, members: MemberTable, queries: PoolQueries, asking: Asking, listeners: Listeners, *, decides: bool
    ) -> None:
        """``decides``: False where a conflict is said and no more. In the pool of all datacenters two that are called
        the same, and joined by mistake, would take down each other's servers."""
        self._members = members
        self._asking = asking
        self._listeners = listeners
        self._decides = decides
        self._not_before = 0
        queries.on(CONFLICT, self._answer)

    def noticed(self, where: str, turn: Turn) -> None:
        """Another node, at this place, claims this node's name."""
        if self._members.alone or self._members.me.leaving or turn.now < self._not_before:
            return
        self._not_before = turn.now + QUIET_NS
        name = self._members.me.node
        asked = ": the pool is asked who keeps it" if self._decides else ""
        turn.note(f"conflict: {name} is this node's name, and also claimed by {where}{asked}")
        if not self._decides:
            return
        ask = AskPool(name=CONFLICT, payload=name.encode())
        refused = self._asking.ask(ask, lambda answered, turn: self._decide(answered, where, turn), turn)
        if refused is not None:
            turn.note(f"conflict: the pool could not be asked: {refused.words}")

    def _answer(self, query: PoolQuery, turn: Turn) -> bytes | None:
        """Where this node knows the name; of its own name only the others can say."""
        me, name = self._members.me, query.payload.decode(errors="replace")
        if name == me.node:
            if query.gossip != me.alive.gossip:
                self.noticed(query.gossip, turn)
            return None
        peer = self._members.get(name)
        return place(peer).encode() if peer is not None else None

    def _decide(self, answered: PoolAnswered, where: str, turn: Turn) -> None:
        me = self._members.me
        here, votes = place(me), len(answered.answers)
        mine = sum(answer.payload == here.encode() for answer in answered.answers)
        if not votes:
            turn.note(f"conflict: no member has said where it knows {me.node}: both go on")
        elif 2 * mine > votes or (2 * mine == votes and here < where):
            turn.note(f"conflict: this node keeps the name {me.node}: {mine} of {votes} members know it at {here}")
        else:
            self._give_way(f"{mine} of {votes} members know it at {here}", where, turn)

    def _give_way(self, count: str, where: str, turn: Turn) -> None:
        name = self._members.me.alive.name
        why = (
            f"another node is called '{name}' too, at {where}, and only {count}: this node stops. Give it another "
            "'node_name' and start it again"
        )
        turn.note(f"conflict: {why}")
        self._listeners.stop_node(why, turn)


def place(peer: Peer) -> str:
    """Where a member says that it is."""
    return join_host_port(peer.alive.address, peer.alive.port)
