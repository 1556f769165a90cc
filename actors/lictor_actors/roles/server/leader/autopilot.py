"""The leader's eye on the servers: who is healthy, which may vote by now, which are gone for good.

A server is healthy if gossip has it alive, it answers heartbeats, its log ends in the leader's term and not far behind.
All of that the leader knows from replication: it polls no server. Contact counts from the heartbeat that should have
been answered, so that a threshold below the heartbeat interval means what it says.

- **Promotion**: a non-voter that has been healthy for ``server_stabilization_time``. While a leader has not led for
  much longer than that itself, it takes what it sees for stable, as Consul does.
- **Cleanup**: a server that has been gone for the same time. At most a minority of the voters, never below
  ``min_quorum``, and only from Raft's configuration: its node, with sessions and locks, stays in the catalog as it is
  (consul 6793). A server that restarts is back before its time is up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Raft
from lictor_actors.raft.quorum import majority
from lictor_messages.addresses import join_host_port
from lictor_messages.autopilot import AutopilotConfiguration, AutopilotHealth, ServerHealth
from lictor_messages.members import Member, Status

GRACE = 1.1
"""A leader that has led for less than so many stabilisation times has not seen enough to demand one."""


@dataclass(slots=True)
class _Since:
    """How a server has been, and since when."""

    healthy: bool
    gone: bool
    healthy_since: int
    gone_since: int
    wall: int


class Autopilot:
    """What it knows is lost with leadership: the next leader looks for itself."""

    def __init__(self, raft: Raft, port: int) -> None:
        self._raft = raft
        self._port = port
        self._since: dict[str, _Since] = {}
        self._leads_since = 0
        self.servers: tuple[ServerHealth, ...] = ()
        """As they were when last looked at."""

    def begin(self, turn: Turn) -> None:
        """This server leads from now on."""
        self._leads_since = turn.now

    def look(self, members: Mapping[str, Member], wanted: AutopilotConfiguration, turn: Turn) -> None:
        """See how each server is."""
        rows = self._raft.members.rows
        self.servers = tuple(self._server(row.name, row.voter, members, wanted, turn) for row in rows)
        self._since = {server.node: self._since[server.node] for server in self.servers}

    def health(self, index: int) -> AutopilotHealth:
        """What the operator's endpoints show."""
        healthy_voters = sum(server.healthy and server.voter for server in self.servers)
        voters = sum(server.voter for server in self.servers)
        return AutopilotHealth(
            index=index,
            healthy=bool(self.servers) and all(server.healthy for server in self.servers),
            failure_tolerance=max(0, healthy_voters - majority(voters)),
            servers=self.servers,
        )

    def promotable(self, wanted: AutopilotConfiguration, now: int) -> str:
        """A non-voter that may vote, "" if there is none."""
        strangers = self._raft.newcomers()
        for server in self.servers:
            seen = self._since[server.node]
            if server.voter or not server.healthy or server.node in strangers:
                continue
            if now - seen.healthy_since >= self._stabilization(wanted, now):
                return server.node
        return ""

    def removable(self, wanted: AutopilotConfiguration, now: int) -> str:
        """A server that is gone for good, as far as can be told, "" if there is none or it has to stay."""
        if not wanted.cleanup_dead_servers:
            return ""
        gone = [server for server in self.servers if self._since[server.node].gone and not server.leader]
        old = [s for s in gone if now - self._since[s.node].gone_since >= wanted.server_stabilization_time_ns]
        voters = sum(server.voter for server in self.servers)
        dead = sum(server.voter for server in gone)
        allowed = dead <= (voters - 1) // 2 and voters - dead >= wanted.min_quorum
        return next((server.node for server in old if not server.voter or allowed), "")

    # -- one server -------------------------------------------------------------------------------------------------

    def _server(
        self, node: str, voter: bool, members: Mapping[str, Member], wanted: AutopilotConfiguration, turn: Turn
    ) -> ServerHealth:
        raft, member = self._raft, members.get(node)
        leader = node == raft.me
        last_index = raft.last_index if leader else raft.matches().get(node, 0)
        contact = 0 if leader else max(0, raft.contacts(turn.now).get(node, 0) - raft.options.heartbeat_ns)
        last_term = raft.term_at(last_index) or 0
        status: Status = member.status if member else "failed"
        healthy = (
            status == "alive"
            and contact <= wanted.last_contact_threshold_ns
            and last_term == raft.last_term
            and raft.last_index - last_index <= wanted.max_trailing_logs
        )
        since = self._note(node, healthy, status not in ("alive", "leaving"), turn)
        port = member.tags.get("port", str(self._port)) if member else str(self._port)
        return ServerHealth(
            node=node,
            id=(member.tags.get("id", "") if member else "") or node,
            name=node.rpartition(".")[0],
            address=join_host_port(member.address, port) if member else "",
            version=member.tags.get("build", "") if member else "",
            status=status,
            leader=leader,
            voter=voter,
            healthy=healthy,
            last_contact_ns=contact,
            last_term=last_term,
            last_index=last_index,
            stable_since_ns=since.wall,
            commit_index=min(last_index, raft.commit_index),
        )

    def _note(self, node: str, healthy: bool, gone: bool, turn: Turn) -> _Since:
        since = self._since.get(node)
        if since is None:
            since = self._since[node] = _Since(healthy, gone, turn.now, turn.now, turn.wall)
        if since.healthy != healthy:
            since.healthy, since.healthy_since, since.wall = healthy, turn.now, turn.wall
        if since.gone != gone:
            since.gone, since.gone_since = gone, turn.now
        return since

    def _stabilization(self, wanted: AutopilotConfiguration, now: int) -> int:
        time = wanted.server_stabilization_time_ns
        return time if now - self._leads_since > GRACE * time else 0
