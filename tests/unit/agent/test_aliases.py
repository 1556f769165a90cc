"""Alias checks of an agent: those of its own node follow at once, those of others by a question that blocks."""

from __future__ import annotations

import pytest

from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import AgentOptions, CheckSpec, RegisterCheck, RegisterService, UpdateCheck
from lictor_messages.catalog import CheckRecord, Checks, ListNodeChecks, ListNodeServices, NodeServices, ServiceRecord
from lictor_messages.host import Recovered, Undeliverable
from lictor_messages.refusals import Refused

SECOND = 1_000_000_000
WEB = ServiceRecord(node="", id="web", service="web")
REMOTE = CheckSpec(name="al", alias_node="n2", alias_service="db")


@pytest.fixture
def agent(bench):
    b = bench(Agent(AgentOptions(node="n1.dc1", name="n1", dc="dc1", address="10.0.0.1", server=True)), "agent@n1.dc1")
    b.start()
    b.host(Recovered(records=(), done=True))
    return b


def said(b, check_id: str = "al") -> tuple[str, str]:
    record = b.actor.local.checks[check_id].record
    return record.status, record.output


def ttl(name: str, service: str = "") -> RegisterCheck:
    return RegisterCheck(check=CheckSpec(name=name, ttl_ns=10 * SECOND, service_id=service))


def there(check_id: str, status: str, service: str = "db") -> CheckRecord:
    fields = {"node": "n2", "check_id": check_id, "name": check_id, "status": status, "service_id": service}
    return CheckRecord.model_validate({**fields, "output": "o"})


def question(b, kind=ListNodeChecks):
    """The last question of an alias; those of a full sync are about this node."""
    return [e for e in b.asked(kind) if e.body.node == "n2"][-1]


def test_an_alias_of_this_node_follows_within_the_turn(agent) -> None:
    agent.ask(RegisterService(service=WEB))
    agent.ask(ttl("up", "web"))
    agent.ask(RegisterCheck(check=CheckSpec(name="al", alias_service="web")))
    assert said(agent) == ("critical", 'Aliased check "up" failing: ')
    agent.ask(UpdateCheck(id="up", status="passing", output="fine"))
    assert said(agent) == ("passing", "All checks passing.")
    agent.ask(UpdateCheck(id="up", status="warning", output="hm"))
    assert said(agent) == ("warning", 'Aliased check "up" failing: hm')
    agent.fire("ttl:up")
    assert said(agent)[0] == "critical"


def test_an_alias_of_a_service_that_is_not_there_is_critical_until_it_is(agent) -> None:
    agent.ask(RegisterCheck(check=CheckSpec(name="al", alias_service="web")))
    assert said(agent) == ("critical", "Service web could not be found on node n1")
    agent.ask(RegisterService(service=WEB))
    assert said(agent) == ("passing", "No checks found.")


def test_an_alias_of_an_alias_follows_and_a_circle_ends(agent) -> None:
    agent.ask(RegisterService(service=WEB))
    agent.ask(RegisterService(service=WEB.model_copy(update={"id": "db", "service": "db"})))
    agent.ask(ttl("up"))
    for name, service, of in (("a", "web", "db"), ("b", "db", "web")):
        agent.ask(RegisterCheck(check=CheckSpec(name=name, service_id=service, alias_service=of)))
    agent.ask(UpdateCheck(id="up", status="warning", output="hm"))
    assert said(agent, "a") == said(agent, "b") == ("critical", 'Aliased check "up" failing: ')


def test_another_node_is_watched_by_a_question_that_blocks(agent) -> None:
    agent.ask(RegisterCheck(check=REMOTE))
    first = question(agent)
    assert (first.body.min_index, first.target) == (0, "server@n1.dc1")
    agent.answer(first, Checks(index=7, checks=(there("up", "passing"),)))
    assert said(agent) == ("passing", "All checks passing.")
    second = question(agent)
    assert second.body.min_index == 7
    agent.answer(second, Checks(index=9, checks=(there("up", "passing"), there("serfHealth", "critical", ""))))
    assert said(agent) == ("critical", 'Aliased check "serfHealth" failing: o')
    agent.answer(question(agent), Checks(index=3, checks=(there("up", "passing"),)))
    assert question(agent).body.min_index == 0, "an index that fell begins anew"


@pytest.mark.parametrize(
    ("services", "status", "output"),
    [
        ((), "critical", "Service db could not be found on node n2"),
        ((WEB.model_copy(update={"id": "db"}),), "passing", "No checks found."),
    ],
)
def test_a_service_without_checks_is_looked_for(agent, services, status: str, output: str) -> None:
    agent.ask(RegisterCheck(check=REMOTE))
    agent.answer(question(agent), Checks(index=7, checks=()))
    agent.answer(question(agent, ListNodeServices), NodeServices(node=None, services=services))
    assert said(agent) == (status, output)
    agent.fire("alias:al")
    assert question(agent).body.min_index == 0


@pytest.mark.parametrize("lost", ["refused", "undeliverable", "silence"])
def test_a_question_that_fails_is_asked_again(agent, lost: str) -> None:
    agent.ask(RegisterCheck(check=REMOTE))
    first = question(agent)
    match lost:
        case "refused":
            agent.answer(first, Refused(code="NoLeader"))
        case "undeliverable":
            agent.host(Undeliverable(request=first.request, target=first.target, about=first.body.kind, reason="x"))
    agent.fire("alias:al")
    assert question(agent).request != first.request
    agent.answer(first, Checks(index=7, checks=(there("up", "passing"),)))
    assert said(agent)[0] == "critical", "an answer to a question that was given up"


def test_an_alias_that_goes_asks_no_more(agent) -> None:
    from lictor_messages.agent import DeregisterCheck

    agent.ask(RegisterCheck(check=REMOTE))
    assert "alias:al" in agent.timers
    agent.ask(DeregisterCheck(id="al"))
    assert "alias:al" not in agent.timers


def test_an_alias_of_something_else_asks_anew(agent) -> None:
    agent.ask(RegisterCheck(check=REMOTE))
    first = question(agent)
    agent.ask(RegisterCheck(check=REMOTE.model_copy(update={"alias_service": "cache"})))
    agent.answer(first, Checks(index=7, checks=(there("up", "passing"),)))
    assert said(agent)[0] == "critical"
    agent.answer(question(agent), Checks(index=7, checks=(there("up", "passing", "cache"),)))
    assert said(agent)[0] == "passing"
