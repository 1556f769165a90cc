"""Two nodes of one name: the members are asked where they know it, and the one that fewer know gives way (Serf).

A node that learns that its name is claimed from elsewhere asks. Its namesake hears the question and asks as well.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.asking import Asking
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberTable, Peer
from lictor_actors.swim.pool_verdict import Dispute, PoolVerdict
from lictor_actors.swim.queries import CONFLICT, PoolQueries
from lictor_messages.addresses import join_host_port
from lictor_messages.pool import PoolQuery


class NameConflict:
    """Defends this node's name, and answers what it knows of others'."""

    def __init__(
        self, members: MemberTable, queries: PoolQueries, asking: Asking, listeners: Listeners, *, decides: bool
    ) -> None:
        """``decides``: see ``PoolVerdict``."""
        self._members = members
        self._verdict = PoolVerdict(CONFLICT, members, asking, listeners, decides=decides)
        queries.on(CONFLICT, self._answer)

    def noticed(self, where: str, turn: Turn) -> None:
        """Another node, at this place, claims this node's name."""
        me = self._members.me
        here = place(me)
        dispute = Dispute(
            payload=me.node.encode(),
            parties=frozenset((me.node,)),
            mine=here.encode(),
            wins_ties=here < where,
            over=f"the name {me.node}",
            begins=f"{me.node} is this node's name, and also claimed by {where}",
            rival=f"another node is called '{me.alive.name}' too, at {where}",
            counted=f"members know it at {here}",
            remedy="Give it another 'node_name' and start it again",
        )
        self._verdict.ask(dispute, turn)

    def _answer(self, query: PoolQuery, turn: Turn) -> bytes | None:
        """Where this node knows the name; of its own name only the others can say."""
        me, name = self._members.me, query.payload.decode(errors="replace")
        if name == me.node:
            if query.gossip != me.alive.gossip:
                self.noticed(query.gossip, turn)
            return None
        peer = self._members.get(name)
        return place(peer).encode() if peer is not None else None


def place(peer: Peer) -> str:
    """Where a member says that it is."""
    return join_host_port(peer.alive.address, peer.alive.port)
