"""Who may ask what of an agent: every request has a guard, and servers that are not there decide nothing anew."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from lictor_actors.kernel.effects import Persist, Send
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.vocabulary import By
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.agent.guards import guards_of
from lictor_messages.acl import AclResolved, Grants, ResolveAclToken
from lictor_messages.agent import AgentOptions, CheckSpec, ListLocalServices, RegisterCheck, RegisterService
from lictor_messages.agent_acl import MayUseAgent, SetAgentToken
from lictor_messages.answers import Command, Query
from lictor_messages.base import KINDS, Message
from lictor_messages.catalog import ListNodes, Register, ServiceRecord
from lictor_messages.envelope import Envelope
from lictor_messages.host import Recovered, Undeliverable
from lictor_messages.members import Member, MemberJoined
from lictor_messages.refusals import Refused

ME, SERVER, GATEWAY = "agent@a.dc1", "server@s1.dc1", "gateway@a.dc1"
SECOND = 1_000_000_000
REGISTER = RegisterService(service=ServiceRecord(node="", id="web", service="web"))
MAY = AclResolved(accessor_id="x", grants=Grants(rules=('service "web" { policy = "write" }',)))


class Asked:
    """An agent with one server, which this test plays."""

    def __init__(self, **options: Any) -> None:
        given = {"acl": True, "acl_default_policy": "deny", **options}
        self.agent = Agent(AgentOptions(node="a.dc1", name="a", dc="dc1", address="10.0.0.1", **given))
        self.life = Life(self.agent, ME, Random(1), lambda size: b"x" * size)
        self.now = SECOND
        self.sent: list[Envelope] = []
        self.kept: list[Any] = []
        self.count = 0
        server = Member(name="s1", dc="dc1", address="10.0.0.2", port=8301, gossip="", rest="", tags={"role": "consul"})
        self.take(MemberJoined(member=server, alive=2))
        self.take(Recovered(records=(), done=True))
        self.sent.clear()

    def take(self, message: Message, envelope: Envelope | None = None) -> None:
        for effect in self.life.turn(message, envelope, self.now, self.now):
            if isinstance(effect, Send):
                self.sent.append(effect.envelope)
            elif isinstance(effect, Persist):
                self.kept.append(effect.record)
        while mine := next((e for e in self.sent if e.target == ME), None):
            self.sent.remove(mine)
            self.take(mine.body, mine)

    def ask(self, message: Message, token: str = "") -> str:
        self.count += 1
        request = f"r{self.count}"
        self.take(message, Envelope(GATEWAY, ME, message, request=request, reply_to=GATEWAY, token=token))
        return request

    def questions(self) -> list[Envelope]:
        return [e for e in self.sent if isinstance(e.body, ResolveAclToken)]

    def answer(self, message: Message) -> None:
        """To what the server was asked last about a token."""
        asked = self.questions()[-1]
        self.take(message, Envelope(asked.target, ME, message, request=asked.request))

    def told(self, request: str) -> Message | None:
        return next((e.body for e in self.sent if e.request == request and e.target == GATEWAY), None)


def test_every_request_of_clients_has_a_guard() -> None:
    clients = {kind for kind in KINDS.values() if kind.__module__.startswith("lictor_messages.")
               and Agent.hears.hears(kind, By.CLIENTS) and not issubclass(kind, Query | Command)}  # fmt: skip
    assert clients
    missing = {kind.__name__ for kind in clients - guards_of("a").keys()}
    assert not missing, f"say in roles/agent/guards.py what these need: {missing}"


def test_a_server_is_asked_once_and_all_wait_for_its_word() -> None:
    agent = Asked()
    first, second = agent.ask(ListLocalServices(), "t"), agent.ask(ListLocalServices(), "t")
    assert [e.token for e in agent.questions()] == ["t"]
    assert agent.told(first) is None
    agent.answer(MAY)
    assert agent.told(first) == agent.told(second) is not None
    agent.ask(ListLocalServices(), "t")
    assert len(agent.questions()) == 1


def test_what_a_token_may_not_do_is_refused_by_name() -> None:
    agent = Asked()
    request = agent.ask(REGISTER.model_copy(update={"service": ServiceRecord(node="", id="db", service="db")}), "t")
    agent.answer(MAY)
    refused = agent.told(request)
    assert isinstance(refused, Refused)
    assert refused.text == "Permission denied: token with AccessorID 'x' lacks permission 'service:write' on \"db\""
    assert "db" not in agent.agent.local.services


def test_a_refused_registration_starts_nothing_and_is_kept_nowhere() -> None:
    """hashicorp/consul#1263: the service was not registered, and its checks ran."""
    agent = Asked(enable_script_checks=True)
    check = CheckSpec(name="runs", args=("/bin/true",), interval_ns=SECOND)
    request = agent.ask(RegisterService(service=ServiceRecord(node="", id="db", service="db"), checks=(check,)), "t")
    alone = agent.ask(RegisterCheck(check=check), "t")
    agent.answer(MAY)
    assert all(isinstance(agent.told(each), Refused) for each in (request, alone))
    assert (agent.kept, agent.agent.local.checks, agent.agent.local.services) == ([], {}, {})
    assert {e.target for e in agent.sent} == {SERVER, GATEWAY}


def test_a_token_that_a_server_does_not_know_is_asked_of_the_leader() -> None:
    agent = Asked()
    request = agent.ask(ListLocalServices(), "t")
    agent.answer(Refused(code="AclNotFound"))
    assert [e.body.consistency for e in agent.questions()] == ["stale", "default"]  # type: ignore[attr-defined]
    agent.answer(Refused(code="AclNotFound"))
    assert agent.told(request) == Refused(code="AclNotFound")


@pytest.mark.parametrize(
    ("policy", "known", "allowed"),
    [("extend-cache", True, True), ("extend-cache", False, False), ("async-cache", True, True), ("deny", True, False),
     ("allow", False, True)],
)  # fmt: skip
def test_without_servers_the_down_policy_holds(policy: str, known: bool, allowed: bool) -> None:
    agent = Asked(acl_down_policy=policy)
    if known:
        agent.ask(ListLocalServices(), "t")
        agent.answer(MAY)
    agent.now += 60 * SECOND
    request = agent.ask(REGISTER, "t")
    asked = agent.questions()[-1]
    lost = Undeliverable(request=asked.request, target=asked.target, about=asked.body.kind, reason="no_such_node")
    agent.take(lost, Envelope("host@a.dc1", ME, lost, request=asked.request))
    assert ("web" in agent.agent.local.services) == allowed
    assert isinstance(agent.told(request), Refused) != allowed


@pytest.mark.parametrize("least", ["acl_token_ttl_ns", "acl_policy_ttl_ns", "acl_role_ttl_ns"])
def test_a_servers_word_is_believed_for_the_least_of_three_times(least: str) -> None:
    agent = Asked(**{least: 10 * SECOND})
    agent.ask(ListLocalServices(), "t")
    agent.answer(MAY)
    for passed, asked in ((9, 1), (2, 2)):
        agent.now += passed * SECOND
        agent.ask(ListLocalServices(), "t")
        assert len(agent.questions()) == asked


def lapsed() -> Asked:
    """With ``async-cache``; what is known of a token is older than it is believed."""
    agent = Asked(acl_down_policy="async-cache")
    agent.ask(ListLocalServices(), "t")
    agent.answer(MAY)
    agent.now += 60 * SECOND
    return agent


def test_with_async_cache_nothing_waits_while_a_server_is_asked_again() -> None:
    agent = lapsed()
    assert all(agent.told(agent.ask(ListLocalServices(), "t")) is not None for _ in range(3))
    assert len(agent.questions()) == 2, "the server is asked once for all of them"
    agent.answer(AclResolved(accessor_id="x", grants=Grants()))
    assert isinstance(agent.told(agent.ask(REGISTER, "t")), Refused), "its word holds from then on"
    assert len(agent.questions()) == 2


def test_with_async_cache_a_server_that_is_silent_is_not_waited_for_either() -> None:
    agent = lapsed()
    for asked in (2, 3):
        assert agent.told(agent.ask(ListLocalServices(), "t")) is not None
        assert len(agent.questions()) == asked
        agent.now += 3 * SECOND


def test_with_async_cache_a_token_that_was_revoked_ends_with_the_servers_word() -> None:
    agent = lapsed()
    assert not isinstance(agent.told(agent.ask(REGISTER, "t")), Refused)
    for _ in range(2):  # another server, then the leader
        agent.answer(Refused(code="AclNotFound"))
    assert agent.told(agent.ask(REGISTER, "t")) == Refused(code="AclNotFound")
    agent.now += 60 * SECOND
    assert agent.told(agent.ask(REGISTER, "t")) is None, "a refusal is not what is extended"


def test_the_recovery_token_needs_no_server() -> None:
    agent = Asked(acl_recovery_token="r")
    request = agent.ask(MayUseAgent(resource="agent", level="write"), "r")
    assert not isinstance(agent.told(request), Refused)
    assert not agent.questions()


def test_requests_without_a_token_get_the_default_one_and_dns_its_own() -> None:
    agent = Asked(acl_default_token="d", acl_dns_token="n")
    for source, token in ((GATEWAY, "d"), ("dns@a.dc1", "n")):
        agent.take(ListNodes(), Envelope(source, ME, ListNodes(), request="q", reply_to=source))
        assert agent.sent[-1].token == token
    agent.ask(ListNodes(), "own")
    assert agent.sent[-1].token == "own"


@pytest.mark.parametrize(
    ("source", "token"),
    [("server@a.dc1", "r"), ("server@b.dc1", "d"), ("server@a.dc2", "d"), ("server@a", "d"), ("door@a.dc1", "d")],
)
def test_the_nodes_own_server_alone_is_lent_the_replication_token(source: str, token: str) -> None:
    """The bus lets nothing in that claims to be it (tests/bus/test_intake.py, tests/hosts/test_door.py)."""
    agent = Asked(acl_default_token="d", acl_replication_token="r")
    agent.take(ListNodes(), Envelope(source, ME, ListNodes(), request="q", reply_to=source))
    assert agent.sent[-1].token == token


def test_tokens_are_set_kept_and_unknown_ones_refused() -> None:
    agent = Asked(acl_recovery_token="r", acl_keeps_tokens=True)
    agent.ask(SetAgentToken(name="default", token="d2"), "r")
    assert agent.agent.tokens.default == "d2"
    assert [record.name for record in agent.kept] == ["token:default"]
    refused = agent.told(agent.ask(SetAgentToken(name="x", token="y"), "r"))
    assert refused == Refused(code="NotFound", text='Token "x" is unknown')

    again = Asked(acl_keeps_tokens=True)
    again.take(Recovered(records=tuple(agent.kept), done=True))
    assert again.agent.tokens.default == "d2"


@pytest.mark.slow
def test_tokens_without_number_are_not_remembered_without_end() -> None:
    agent = Asked()
    for number in range(3000):
        agent.ask(ListLocalServices(), f"t{number}")
        agent.answer(MAY)
    assert len(agent.agent._access._beliefs) <= 1024
    assert not agent.agent._access._beliefs._asked


def test_the_first_write_of_a_registration_is_by_its_own_token() -> None:
    """The agent has none of its own, by which the service would stay out of the catalog until a full sync."""
    asked = Asked(acl_default_policy="allow")
    asked.ask(REGISTER, token="web-writer")
    asked.answer(MAY)
    (written,) = [e for e in asked.sent if isinstance(e.body, Register) and e.body.service is not None]
    assert written.token == "web-writer"
