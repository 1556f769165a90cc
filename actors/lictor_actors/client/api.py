"""Everything a client can ask, group by group, as Consul's HTTP API groups it. Written once for both clients."""

from __future__ import annotations

from typing import Any

from lictor_actors.client.agent import EventApi, LocalAgent
from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.catalog import Catalog, Health
from lictor_actors.client.kv import KeyValues
from lictor_actors.client.questions import ask
from lictor_actors.client.sessions import SessionApi
from lictor_messages.members import ListMembers, Member, Members
from lictor_messages.status import GetLeader, Leader, ListPeers, Peers


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


class Everything(Api[M]):
    """All groups, and what stands alone: the base of both clients."""

    def __init__(self, run: Any) -> None:
        super().__init__(run)
        self.catalog: Catalog[M] = Catalog(run)
        self.health: Health[M] = Health(run)
        self.kv: KeyValues[M] = KeyValues(run)
        self.agent: LocalAgent[M] = LocalAgent(run)
        self.event: EventApi[M] = EventApi(run)
        self.session: SessionApi[M] = SessionApi(run)
        self.status: Status[M] = Status(run)

    @both
    def members(self) -> Ask[tuple[Member, ...]]:
        """The gossip pool as this node sees it, in the order of names."""
        return ask(ListMembers(), Members, lambda a: a.members)
