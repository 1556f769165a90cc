"""Whatever comes in over HTTP ends with its answer: no actor of the cluster behind it raises, now or later."""

from __future__ import annotations

import json

import pytest
from hostile_http import ENDS_THE_NODE, LEGAL, OTHER_WRITES, UUID, Sent, anything_sent, asked_oddly, spoiled
from hypothesis import given
from servers_in_world import Servers

from lictor_actors.node.spec import NodeSpec
from lictor_actors.roles.api.api import ROUTER
from lictor_messages.acl import AclPolicy, AclRole, PutAclPolicy, PutAclRole
from lictor_messages.answers import Written
from lictor_messages.auth_methods import AuthMethod, BindingRule, MethodConfig, PutAuthMethod, PutBindingRule
from lictor_messages.envelope import at
from lictor_messages.queries import CreatePreparedQuery, PreparedQuery, ServiceQuery
from lictor_messages.refusals import REFUSALS
from lictor_messages.web import HttpAnswered, HttpAsked

ROOT = "11111111-2222-4333-8444-555555555555"
METHOD_OF_RULES = AuthMethod(name="known", type="jwt", config=MethodConfig(jwks_url="https://ci.example/keys"))
HEADERS = (("host", "localhost"), ("x-consul-token", ROOT))
AGENT, SERVER = "agent-1.dc1", "server-1.dc1"
CHECK = "/v1/agent/check/register", json.dumps(LEGAL["PUT", "/v1/agent/check/register"]).encode()
OUR_FAULT = [REFUSALS[code].text for code in ("ActorCrashed", "TimedOut", "UnknownRequest")]


class WithTokens(Servers):
    """All of it with ACLs, which allow by default but for what is about ACLs."""

    def _with_options(self, spec: NodeSpec) -> NodeSpec:
        on = {f"{role}.acl": True for role in ("server", "agent", "gateway")}
        return super()._with_options(spec).having({**on, "server.acl_initial_management": ROOT})


class Site:
    """A server and an agent, asked over HTTP at the agent, by one who may do everything."""

    def __init__(self) -> None:
        self.servers = WithTokens(servers=1, check_every=100)
        self.world = self.servers.world
        self.door = self.world.door(AGENT, "http")
        self.ask(Sent("PUT", *CHECK))
        query = PreparedQuery(id=UUID, name="q", service=ServiceQuery(service="web"))
        self.servers.ask(SERVER, CreatePreparedQuery(query=query))
        self.world.run(3)
        for known in (PutAclPolicy(policy=AclPolicy(id=UUID, name="known"), new=True),
                      PutAclRole(role=AclRole(id=UUID, name="known"), new=True),
                      PutAuthMethod(method=METHOD_OF_RULES),
                      PutBindingRule(rule=BindingRule(id=UUID, auth_method="known", bind_type="role", bind_name="r"),
                                     new=True)):  # fmt: skip
            assert isinstance(self.world.ask(AGENT, "agent", known, token=ROOT), Written)

    def ask(self, sent: Sent) -> HttpAnswered | None:
        """The answer; None for what blocks."""
        asked = HttpAsked(method=sent.method, target=sent.target, body=sent.body, headers=HEADERS)
        answers: list[object] = []
        self.door.ask(at("gateway", AGENT), asked, answers.append, 20)
        self.world.run_until(lambda: bool(answers), 2)
        return answers[0] if answers and isinstance(answers[0], HttpAnswered) else None

    def judge(self, answer: HttpAnswered | None) -> None:
        """Nothing raised, and what is refused says why."""
        assert self.world.crashes == []
        assert self.world.ended == {}
        if answer is not None and answer.status >= 400:
            assert answer.status < 500 or (answer.body and answer.body.decode() not in OUR_FAULT), answer

    def replay(self) -> None:
        """Time moves on, and both nodes start again with what they were told."""
        self.world.run(90)
        for node in (AGENT, SERVER):
            self.world.restart(node)
            assert self.world.run_until(self.servers.settled, 60)
        self.world.run(30)
        assert self.world.crashes == []
        assert self.world.ended == {}


@pytest.fixture(scope="module")
def site():
    here = Site()
    yield here
    here.replay()


def test_every_route_that_writes_is_in_the_tables():
    """A new one is not to be forgotten here: give it a legal body, or say that it reads none."""

    def route(method: str, target: str) -> tuple[str, str]:
        fits = [
            path
            for m, path, *_ in ROUTER.table
            if m == method and (path == target or (path.endswith("/") and target.startswith(path)))
        ]
        return method, max(fits, key=len, default=target)

    known = {route(*sent) for sent in (*LEGAL, *OTHER_WRITES)}
    assert known == {(route.method, route.path) for route in ROUTER.table if route.method != "GET"}


@pytest.mark.parametrize(("method", "target"), LEGAL)
def test_the_legal_body_is_taken(site, method, target):
    body = json.dumps(LEGAL[method, target]).encode()
    answer = site.ask(Sent(method, target, body))
    site.judge(answer)
    assert answer.status == 200, answer


@given(sent=spoiled())
def test_a_spoiled_body_is_taken_or_refused(site, sent):
    site.judge(site.ask(sent))


@given(sent=anything_sent().filter(lambda sent: sent[:2] != ENDS_THE_NODE))
def test_any_body_is_taken_or_refused(site, sent):
    answer = site.ask(sent)
    site.judge(answer)
    if sent[:2] in LEGAL and answer.status == 500:
        assert answer.body


@given(sent=asked_oddly().filter(lambda sent: not sent.target.startswith("/v1/agent/leave")))
def test_any_parameters_are_taken_or_refused(site, sent):
    site.judge(site.ask(sent))
