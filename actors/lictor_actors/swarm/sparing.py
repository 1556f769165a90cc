"""Whom a careful operator may take away, or whose disk may go: those who stay must be able to decide without.

No consensus outlives the loss of a majority's disks. So one goes only while a leader hears, of a configuration that
is committed, a majority of servers that still have the disk with which they were let in.
"""

from __future__ import annotations

from lictor_actors.hosts.world import World
from lictor_actors.raft import Raft
from lictor_actors.raft.configuration import ServerRow
from lictor_actors.raft.quorum import majority
from lictor_actors.swarm.bench import Bench

SETTLES_NS = 10_000_000_000
"""A removal that was asked for has happened by then, or will not."""


class Sparing:
    """What the operator knows."""

    def __init__(self, world: World, bench: Bench) -> None:
        self._world = world
        self._bench = bench
        self._uncertain_until = 0

    def member_goes(self) -> None:
        """A removal was asked for: until it is certain whether it happened no disk may go."""
        self._uncertain_until = self._world.time + SETTLES_NS

    def disk(self, victim: str) -> bool:
        """May this server lose its disk, and stay?"""
        return self._world.time >= self._uncertain_until and self._enough_without(victim, stays=True)

    def member(self, victim: str) -> bool:
        """May this server go?"""
        return self._enough_without(victim, stays=False)

    def _enough_without(self, victim: str, *, stays: bool) -> bool:
        leader = self._bench.leader()
        raft = self._bench.servers()[leader].raft if leader else None
        settled = raft.settled_members if raft is not None else None
        if raft is None or settled is None:
            return False
        voters = [row for row in settled.configuration.rows if row.voter]
        left = [row for row in voters if row.name != victim and self._answers(row, raft) and self._remembers(row)]
        return len(left) >= majority(len(voters) if stays else sum(row.name != victim for row in voters))

    def _answers(self, row: ServerRow, leader: Raft) -> bool:
        limit = leader.options.election_ns
        return row.name == leader.me or leader.contacts(self._world.ground.now(leader.me)).get(row.name, limit) < limit

    def _remembers(self, row: ServerRow) -> bool:
        server = self._bench.servers().get(row.name)
        return server is not None and server.raft.last_index > 0 and server.raft.identity == row.identity
