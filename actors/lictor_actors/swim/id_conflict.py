"""Two nodes of one id, as of a copied disk: the one that most members met first keeps it.

A copy is refused at the door (``border.id_taken``). Two that came in by different doors at once meet each other, and
both ask. Consul leaves both in the pool, and its catalog takes the first.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.asking import Asking
from lictor_actors.swim.border import has_id_of
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberTable
from lictor_actors.swim.pool_verdict import Dispute, PoolVerdict
from lictor_actors.swim.queries import ID_CONFLICT, PoolQueries
from lictor_messages.pool import PoolQuery
from lictor_messages.swim import Alive


class IdConflict:
    """Defends this node's id, and answers which of others it met first."""

    def __init__(
        self, members: MemberTable, queries: PoolQueries, asking: Asking, listeners: Listeners, *, decides: bool
    ) -> None:
        """``decides``: see ``PoolVerdict``."""
        self._members = members
        self._verdict = PoolVerdict(ID_CONFLICT, members, asking, listeners, decides=decides)
        queries.on(ID_CONFLICT, self._answer)

    def noticed(self, other: Alive, turn: Turn) -> None:
        """A member that was not known before has this node's id."""
        me = self._members.me
        words = has_id_of(other, me.alive)
        dispute = Dispute(
            payload=me.alive.id.encode(),
            parties=frozenset((me.node, f"{other.name}.{other.dc}")),
            mine=me.node.encode(),
            wins_ties=(me.alive.address, me.alive.port) < (other.address, other.port),
            over=f"the id {me.alive.id}",
            begins=words,
            rival=words,
            counted="members met it first",
            remedy="Was its data directory copied? Remove the file 'node-id' from it, or set another 'node_id', and "
            "start it again",
        )
        self._verdict.ask(dispute, turn)

    def _answer(self, query: PoolQuery, _: Turn) -> bytes | None:
        """The first by this id that is still there; of its own id only the others can say."""
        wanted = query.payload.decode(errors="replace")
        if wanted == self._members.me.alive.id:
            return None
        met = (peer for peer in self._members.others.values() if peer.alive.id == wanted and peer.present)
        first = next(met, None) if wanted else None
        return first.node.encode() if first is not None else None
