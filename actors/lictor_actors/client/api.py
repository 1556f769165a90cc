"""Everything a client can ask, group by group, as Consul's HTTP API groups it. Written once for both clients."""

from __future__ import annotations

from functools import cached_property
from typing import NoReturn

from lictor_actors.client.agent import EventApi, LocalAgent
from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.catalog import Catalog, Health
from lictor_actors.client.kv import KeyValues
from lictor_actors.client.questions import ask
from lictor_actors.client.sessions import SessionApi
from lictor_messages.html import Listed
from lictor_messages.members import ListMembers, Member, Members
from lictor_messages.status import (
    GetLeader,
    GetRaftConfiguration,
    Leader,
    ListPeers,
    Peers,
    RaftConfiguration,
    RaftServer,
)


class Status(Api[M]):
    """Raft's leader and peers."""

    @both
    def leader(self) -> Ask[Leader]:
        """Name and ``ip:port`` of the leader, "" if there is none."""
        return ask(GetLeader(), Leader, lambda a: a)

    @both
    def peers(self) -> Ask[tuple[str, ...]]:
        """``ip:port`` of every server of the Raft configuration."""
        return ask(ListPeers(), Peers, lambda a: a.addresses)

    @both
    def servers(self) -> Ask[tuple[RaftServer, ...]]:
        """Every server of the Raft configuration: which one leads, which ones vote, how far each log reaches."""
        return ask(GetRaftConfiguration(), RaftConfiguration, lambda a: Listed(a.servers))


class Everything(Api[M]):
    """All groups, and what stands alone: the base of both clients."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client belongs to its process and is not pickled: make one in each process")

    @cached_property
    def catalog(self) -> Catalog[M]:
        """What the cluster knows: nodes, services and where they are."""
        return Catalog(self._run, self.new_id)

    @cached_property
    def health(self) -> Health[M]:
        """Checks, and services with their checks."""
        return Health(self._run, self.new_id)

    @cached_property
    def kv(self) -> KeyValues[M]:
        """Keys and values."""
        return KeyValues(self._run, self.new_id)

    @cached_property
    def agent(self) -> LocalAgent[M]:
        """The agent behind the door: its services, its checks, joining and leaving."""
        return LocalAgent(self._run, self.new_id)

    @cached_property
    def event(self) -> EventApi[M]:
        """User events."""
        return EventApi(self._run, self.new_id)

    @cached_property
    def session(self) -> SessionApi[M]:
        """Sessions, which locks are tied to."""
        return SessionApi(self._run, self.new_id)

    @cached_property
    def status(self) -> Status[M]:
        """Raft's leader and peers."""
        return Status(self._run, self.new_id)

    @both
    def members(self) -> Ask[tuple[Member, ...]]:
        """The gossip pool as this node sees it, in the order of names."""
        return ask(ListMembers(), Members, lambda a: Listed(a.members))
