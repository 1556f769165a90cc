"""Queries about the cluster itself: leader, peers, Raft configuration, datacenters, its gossip. Any server answers."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.consul.status_json import as_asked
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import LEADER, Raft
from lictor_actors.store.user_events import event_refused
from lictor_messages import status as s
from lictor_messages.addresses import join_host_port
from lictor_messages.answers import Answer, Query
from lictor_messages.datacenters import (
    DatacenterCoordinates,
    DatacenterMap,
    FireEventElsewhere,
    ListDatacenterCoordinates,
)
from lictor_messages.envelope import Envelope
from lictor_messages.keyring import KeyringReport, RunKeyring
from lictor_messages.members import Member
from lictor_messages.server import ServerOptions

STATUS_QUERIES: tuple[type[Query], ...] = (
    s.GetLeader,
    s.ListPeers,
    s.ListDatacenters,
    ListDatacenterCoordinates,
    RunKeyring,
    FireEventElsewhere,
    s.GetRaftConfiguration,
)
OF_DATACENTERS = frozenset((s.ListDatacenters, ListDatacenterCoordinates))
"""What the prober of all datacenters knows, where the node has one."""


class ClusterStatus:
    """What this server knows of the servers."""

    def __init__(self, options: ServerOptions, raft: Raft) -> None:
        self._options = options
        self._raft = raft

    def answers(self, query: Query) -> bool:
        """True for the queries that are answered here: only a leader knows how far its peers are."""
        if isinstance(query, s.GetRaftConfiguration) and query.consistency != "stale":
            return self._raft.role is LEADER
        return isinstance(query, STATUS_QUERIES)

    def reply(self, query: Query, members: Mapping[str, Member], applied: int, turn: Turn) -> None:
        """Answer typed, or as Consul's JSON."""
        # Early: nothing here says more than what gossip and Raft have already let out.
        if isinstance(query, RunKeyring):
            self._run_keyring(query, turn)
        elif isinstance(query, FireEventElsewhere):
            self._fire(query, turn)
        elif type(query) in OF_DATACENTERS and self._options.wan_prober:
            turn.forward(self._options.wan_prober, early=True)
        else:
            turn.reply(as_asked(query, self._answer(query, members, applied, turn.now)), early=True)

    def _run_keyring(self, query: RunKeyring, turn: Turn) -> None:
        prober = self._options.wan_prober if query.wan else self._options.prober
        if prober:
            turn.forward(prober, early=True)
        else:
            turn.reply(KeyringReport(dc=self._options.dc, nodes=0, wan=True), early=True)

    def _fire(self, query: FireEventElsewhere, turn: Turn) -> None:
        """What was fired elsewhere is spread here; the prober answers past this server."""
        refused = event_refused(query.event)
        if refused is not None:
            turn.reply(refused, early=True)
            return
        request, reply_to, source, cause, origin = turn.ticket()
        held = Envelope(source, turn.me, query.event, request=request, reply_to=reply_to, cause=cause, origin=origin)
        turn.forward(self._options.prober, held, early=True)

    def _answer(self, query: Query, members: Mapping[str, Member], applied: int, now: int) -> Answer:
        index = max(applied, 1)
        match query:
            case s.GetLeader():
                leader = self._raft.leader
                return s.Leader(index=index, node=leader, address=self._address(leader, members))
            case s.ListPeers():
                servers = self._raft.members.names
                return s.Peers(index=index, addresses=tuple(self._address(node, members) for node in servers))
            case s.ListDatacenters():
                return s.Datacenters(index=index, names=(self._options.dc,))
            case ListDatacenterCoordinates():
                return DatacenterCoordinates(index=index, maps=(DatacenterMap(datacenter=self._options.dc),))
            case _:
                return self._configuration(index, members, now)

    def _configuration(self, index: int, members: Mapping[str, Member], now: int) -> s.RaftConfiguration:
        raft = self._raft
        known = {**raft.matches(), raft.me: raft.last_index}
        servers = tuple(
            s.RaftServer(
                id=_id(row.name, members),
                node=row.name.rpartition(".")[0],
                address=self._address(row.name, members),
                leader=row.name == raft.leader,
                voter=row.voter,
                last_index=known.get(row.name, 0),
                commit_index=min(known.get(row.name, 0), raft.commit_index),
            )
            for row in raft.members.rows
        )
        snapshot = raft.snapshot
        return s.RaftConfiguration(
            index=index,
            last_contact_ms=raft.last_contact(now) // 1_000_000,
            servers=servers,
            term=raft.term,
            last_term=raft.last_term,
            snapshot_index=snapshot.index if snapshot else 0,
            snapshot_term=snapshot.term if snapshot else 0,
            configuration_index=raft.members_at(raft.last_index).index,
        )

    def _address(self, node: str, members: Mapping[str, Member]) -> str:
        if not node:
            return ""
        member = members.get(node)
        address = member.address if member else "unknown"
        port = member.tags.get("port", str(self._options.port)) if member else str(self._options.port)
        return join_host_port(address, port)


def _id(node: str, members: Mapping[str, Member]) -> str:
    member = members.get(node)
    return (member.tags.get("id", "") if member else "") or node
