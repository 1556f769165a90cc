"""The nodes of one start meet all at once: those of one process begin with one view of all, which they share."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.claims import claim_of
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberTable
from lictor_actors.swim.peer import Peer
from lictor_actors.swim.processed import ProcessedUpdates
from lictor_actors.swim.roster import SharedView
from lictor_actors.swim.updates import Hearing, Updates
from lictor_messages.host import AllLocated
from lictor_messages.members import Members
from lictor_messages.swim import Alive


class Met(NamedTuple):
    """Members that are introduced to each other, and what each says of the others on its node."""

    view: SharedView
    listed: Members
    located: AllLocated


@lru_cache(1)
def met_by(records: tuple[bytes, ...], role: str) -> Met:
    """Made once in a process. A record that no honest node has made is left out."""
    claims = map(claim_of, records)
    alive = [(claim.update, claim.data) for claim in claims if isinstance(claim.update, Alive) and not claim.fault]
    view = SharedView(Peer(update, data, 0, role) for update, data in alive)
    lanes = {peer.node: (peer.alive.gossip, peer.alive.rest) for peer in view.peers.values()}
    listed = Members.model_construct(members=view.members(), alive=len(view.peers))
    return Met(view, listed, AllLocated.model_construct(lanes=lanes))


class Acquaintance:
    """How one node meets the others of its start."""

    def __init__(
        self, members: MemberTable, processed: ProcessedUpdates, updates: Updates, listeners: Listeners
    ) -> None:
        self._members = members
        self._processed = processed
        self._updates = updates
        self._listeners = listeners

    def introduced(self, records: tuple[bytes, ...], turn: Turn) -> None:
        """No other has to be told of these. A node that knows others already, or has said something else of itself
        since, weighs each record."""
        me = self._members.me
        met = met_by(records, self._members.role)
        mine = met.view.peers.get(me.node)
        if self._members.others or mine is None or mine.record != me.record:
            self._updates.take_in(records, Hearing(me.address, merging=True, quiet=True), turn)
            return
        self._members.begin_with(met.view)
        self._processed.skip(met.view.processed)
        self._listeners.met(met.listed, met.located, turn)
