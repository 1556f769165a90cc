"""Raft's leader and peers as clients see them: Consul's /v1/status and /v1/operator/raft, and the pool's members."""

from __future__ import annotations

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.questions import ask
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


def ask_for_members() -> Ask[tuple[Member, ...]]:
    """The gossip pool as this node sees it."""
    return ask(ListMembers(), Members, lambda a: Listed(a.members))
