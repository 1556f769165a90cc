"""The member table's slow twin: a plain dict with a copy of each peer, and nothing that is shared."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lictor_actors.swim.marks import bucket
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.probe_order import ProbeOrder
from lictor_actors.swim.roster import NO_ONE, SharedView
from lictor_messages.members import Member


class PlainTable(MemberTable):
    """As large as it is simple."""

    def __init__(self, me: Peer, view: SharedView = NO_ONE) -> None:
        super().__init__(me)
        self.others: dict[str, Peer] = {}
        for peer in view.peers.values():
            if peer.node != me.node:
                mine = self.others[peer.node] = peer.own()
                mine.mark = 0
                self._count(mine)
                self.sum_up(mine)
        self._order = ProbeOrder(view.names)

    def own(self, peer: Peer) -> Peer:
        return peer

    def add(self, peer: Peer) -> None:
        self.others[peer.node] = peer
        self._count(peer)
        self._order.add(peer.node)
        self.sum_up(peer)

    def remove(self, peer: Peer) -> None:
        del self.others[peer.node]
        self._replace(peer, 0)

    def in_bucket(self, number: int) -> list[Peer]:
        return [peer for peer in (self.me, *self.others.values()) if bucket(peer.fingerprint) == number]

    def listed(self) -> tuple[Member, ...]:
        return tuple(peer.member() for peer in self.sorted())

    def accused(self, state: MemberState) -> list[Peer]:
        return [peer for peer in self.others.values() if peer.state is state]

    def servers(self) -> list[Peer]:
        return [peer for peer in self.others.values() if peer.is_server]

    def gone(self) -> list[Peer]:
        return [peer for peer in self.others.values() if not peer.present]

    def pick(self, k: int, wanted: Callable[[Peer], bool], rng: Random) -> list[Peer]:
        pool = list(self.others.values())
        if len(pool) < 3 * k:
            return [peer for peer in rng.sample(pool, len(pool)) if wanted(peer)][:k]
        picked: list[Peer] = []
        for _ in range(3 * len(pool)):
            peer = pool[int(rng.random() * len(pool))]
            if len(picked) < k and wanted(peer) and peer not in picked:
                picked.append(peer)
            if len(picked) == k:
                break
        return picked

    def _names_since(self, gone_before: int) -> list[str]:
        return [p.node for p in self.others.values() if p.present or p.since > gone_before]
