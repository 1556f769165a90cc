"""Dissemination: the broadcast queue, its ticks and its rides on other messages (SWIM section 4.1)."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.broadcasts import Broadcasts, Rank
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.profile import Profile
from lictor_messages.swim import Gossip, GossipDue

PER_LATE = 4
"""A tick that came late puts off the next one by so many times as much. Late ticks are a sign of too much mail, most of
it gossip while a large cluster starts, and what is told more rarely goes with more in each message."""
LATE_MOST = 200_000_000


class Gossiper:
    """Ticks only while there is something to tell: a quiet cluster gossips nothing."""

    def __init__(self, profile: Profile, members: MemberTable, network: str) -> None:
        """``network``: Serf's word for the pool, in its metrics."""
        self._ticks = f"memberlist.gossip;network={network}"
        self._sent = f"serf.msgs.sent;network={network}"
        self.queue = Broadcasts(profile.broadcasts_max)
        self._profile = profile
        self._members = members
        self._ticking = False
        self._due = 0
        self._told: set[str] = set()
        """Those that the last tick told."""

    def spread(self, key: str, data: bytes, turn: Turn, rank: Rank = Rank.MEMBER) -> None:
        """Queue an update about ``key`` for everyone."""
        if not self.queue.put(key, data, rank):
            turn.count("gossip_broadcasts_dropped")
        if rank is not Rank.MEMBER:
            turn.sample(self._sent, float(len(data)))
        if not self._ticking:
            self._tick_after(int(turn.rng.random() * self._profile.gossip_interval / 2), turn)

    def piggyback(self) -> tuple[bytes, ...]:
        """What may ride on a ping or an ack; each ride counts as a transmit."""
        if not self.queue:
            return ()
        return self.queue.take(self._profile.retransmit_limit(self._members.alive_count), self._profile.packet_bytes)

    def tick(self, turn: Turn) -> None:
        """Tell a few random members, among them the recently dead, who may be alive and should hear of it."""
        self._ticking = False
        turn.sample(self._ticks, 0.0)
        late = max(0, turn.now - self._due)
        targets = self._targets(turn)
        if not targets:
            self.queue.clear()  # no one to tell: a node that joins gets it all by push/pull
        for peer in targets:
            updates = self.piggyback()
            if updates:
                turn.send(peer.address, Gossip(updates=updates), early=True)  # gossip never waits for a journal
        if self.queue:
            self._tick_after(self._profile.gossip_interval + min(late, LATE_MOST) * PER_LATE, turn)

    def _tick_after(self, delay: int, turn: Turn) -> None:
        self._ticking, self._due = True, turn.now + delay
        turn.set_timer("gossip", delay, GossipDue())

    def _targets(self, turn: Turn) -> list[Peer]:
        """Those first that the last tick did not tell: so a few ticks reach every member of a small pool, where
        members that are drawn anew each time (as memberlist does) pass over one of five now and then."""
        recently = turn.now - self._profile.gossip_to_the_dead

        def hears(peer: Peer) -> bool:
            return peer.present or (peer.state is MemberState.DEAD and peer.since >= recently)

        def is_next(peer: Peer) -> bool:
            return peer.node not in self._told and hears(peer)

        most = self._profile.gossip_nodes
        chosen = self._members.pick(most, is_next, turn.rng)
        if len(chosen) < most and self._told:
            again = self._told
            chosen += self._members.pick(most - len(chosen), lambda p: p.node in again and hears(p), turn.rng)
        self._told = {peer.node for peer in chosen}
        return chosen
