"""Leadership is an object: made when a server begins to lead, dropped when it ceases, and never taken up again."""

from __future__ import annotations

import pytest
from servers_in_world import Servers

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_actors.roles.server.server import Server
from lictor_messages.answers import Written
from lictor_messages.autopilot import TransferLeadership
from lictor_messages.refusals import Refused
from lictor_messages.sessions import CreateSession, RenewSession, SessionRecord, Sessions

ID = "5e551011-0000-0000-0000-000000000001"
TTL_S = 10


class Leads:
    """Three servers, and one session that is renewed wherever the leader is."""

    def __init__(self) -> None:
        self.servers = Servers(agents=0)
        session = SessionRecord(id=ID, node="server-1", ttl=f"{TTL_S}s", node_checks=("serfHealth",))
        assert not isinstance(self.servers.ask(self.leader, CreateSession(session=session)), Refused)

    @property
    def leader(self) -> str:
        return self.servers.leader()

    def leading(self, node: str) -> Leadership | None:
        return self.servers.server(node).leading

    def hand_over(self, target: str) -> None:
        answer = self.servers.ask(self.leader, TransferLeadership(id=target))
        assert isinstance(answer, Written)
        self.servers.until(lambda: self.leader == target and self.leading(target) is not None, 5)
        self.servers.until(lambda: self.servers.server(target).raft.ready, 5)

    def renewed(self) -> bool:
        answer = self.servers.ask(self.leader, RenewSession(id=ID))
        return isinstance(answer, Sessions) and bool(answer.sessions)


def leads_loses_and_leads_again() -> tuple[Leads, Leadership, Leadership]:
    """Cut off, a leader proposes the end of a session, and nothing comes of it: the next leader knows it to live.

    Returns what the same server did as leader at first, and in the end.
    """
    leads = Leads()
    first, servers = leads.leader, leads.servers
    before = leads.leading(first)
    assert before is not None
    servers.world.run(2 * TTL_S - 0.5)
    servers.isolate(first)
    servers.until(lambda: before.sessions._expiring, 1)
    servers.until(lambda: leads.leading(first) is None, 5)
    servers.until(lambda: leads.leader and servers.server(leads.leader).raft.ready, 10)
    servers.heal()
    servers.until(servers.same, 10)
    assert leads.renewed(), "the next leader starts every TTL in full"
    leads.hand_over(first)
    assert leads.renewed(), "the session ended although its owner renewed it"
    after = leads.leading(first)
    assert after is not None
    return leads, before, after


def test_a_server_that_leads_again_begins_anew() -> None:
    leads, before, after = leads_loses_and_leads_again()
    assert after is not before
    assert leads.servers.world.crashes == []
    assert [node for node in leads.servers.nodes if leads.leading(node)] == [leads.leader]


def test_what_an_earlier_leadership_knew_would_do_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bug that the test above is for, planted: a server keeps the object and takes it up again."""
    kept: dict[str, Leadership] = {}

    def take_lead(self: Server, turn: Turn) -> None:
        real(self, turn)
        assert self.leading is not None
        before = kept.setdefault(turn.me, self.leading)
        if before is not self.leading:
            before.begin(turn)
            self.leading = before

    real = Server._take_lead
    monkeypatch.setattr(Server, "_take_lead", take_lead)
    with pytest.raises(AssertionError, match="the session ended"):
        leads_loses_and_leads_again()
