"""The state of the cluster itself: leader, peers, Raft configuration, datacenters."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Query
from lictor_messages.base import WIRE, Record
from lictor_messages.json_names import Json


class GetLeader(Query, kind="status.get_leader", on=WIRE):
    """/v1/status/leader; answered by Leader."""


class Leader(Answer, kind="status.leader", on=WIRE):
    """Name and ``ip:port`` of the leader's server, "" if there is none."""

    node: str
    address: str


class ListPeers(Query, kind="status.list_peers", on=WIRE):
    """/v1/status/peers; answered by Peers."""


class Peers(Answer, kind="status.peers", on=WIRE):
    """``ip:port`` of every server of the Raft configuration."""

    addresses: tuple[str, ...]


class ListDatacenters(Query, kind="status.list_datacenters", on=WIRE):
    """/v1/catalog/datacenters; answered by Datacenters."""


class Datacenters(Answer, kind="status.datacenters", on=WIRE):
    """Names of the datacenters known."""

    names: tuple[str, ...]


class GetRaftConfiguration(Query, kind="status.get_raft_configuration", on=WIRE):
    """/v1/operator/raft/configuration; answered by RaftConfiguration."""


class RaftServer(Record):
    """One server of the Raft configuration, with what the answering server knows of it."""

    id: Annotated[str, Json("ID")]
    node: Annotated[str, Json("Node")]
    address: Annotated[str, Json("Address")]
    leader: Annotated[bool, Json("Leader")]
    voter: Annotated[bool, Json("Voter")] = True
    last_index: Annotated[int, Json("LastIndex", "index")] = 0
    """Where its log ends, as far as it is known: a leader knows that of all, others only their own. 0: not known."""
    commit_index: Annotated[int, Json("CommitIndex", "index")] = 0


class RaftConfiguration(Answer, kind="status.raft_configuration", on=WIRE):
    """The servers of the Raft configuration."""

    servers: tuple[RaftServer, ...]
    term: int = 0
    """The latest that the answering server has seen."""
    last_term: int = 0
    """Of the last entry of its log."""
    snapshot_index: int = 0
    """Of the last entry in its newest snapshot, 0 without one."""
    snapshot_term: int = 0
    """Of that entry."""
    configuration_index: int = 0
    """Of the entry that made this configuration."""
