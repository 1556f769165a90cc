"""Waiting for a service of an agent to change: by the hash of its content."""

from __future__ import annotations

import pytest

from lictor_actors.consul.content_hash import content_hash
from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import (
    AgentOptions,
    CheckSpec,
    DeregisterService,
    LocalServices,
    RegisterService,
    SetMaintenance,
    UpdateCheck,
    WatchLocalService,
)
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import ServiceRecord, Weights

SECOND = 1_000_000_000
WEB = ServiceRecord(node="n1", id="web1", service="web", tags=("a",), port=80)
TTL = CheckSpec(id="up", name="up", ttl_ns=60 * SECOND)
REGISTER = RegisterService(service=WEB, checks=(TTL,))
HASH = content_hash(WEB)


@pytest.fixture
def agent(bench):
    made = bench(Agent(AgentOptions(node="n1.dc1", name="n1", dc="dc1", address="10.0.0.1")), "agent@n1.dc1")
    made.start()
    made.ask(REGISTER)
    return made


def watch(agent, service_id="web1", known=HASH, wait=10):
    return agent.ask(WatchLocalService(id=service_id, hash=known, wait_ns=wait * SECOND))


def answers(agent, request):
    return [answer.services for answer in agent.replies(request) if isinstance(answer, LocalServices)]


def changed(**fields):
    return RegisterService(service=WEB.model_copy(update=fields))


@pytest.mark.parametrize(
    "change",
    [
        changed(port=81),
        changed(tags=("b",)),
        changed(tags=()),
        changed(tags=("a", "b")),
        changed(address="10.0.0.9"),
        changed(meta=FrozenMap({"v": "1"})),
        changed(weights=Weights(passing=2)),
        changed(enable_tag_override=True),
        changed(service="other"),
        changed(socket_path="/run/x"),
    ],
)
def test_another_content_wakes(agent, change):
    request = watch(agent)
    assert answers(agent, request) == []
    agent.ask(change)
    ((record,),) = answers(agent, request)
    assert content_hash(record) != HASH


@pytest.mark.parametrize(
    "message",
    [
        REGISTER,
        changed(),
        RegisterService(service=WEB, replace_existing_checks=True),
        RegisterService(service=WEB.model_copy(update={"id": "web2", "port": 81})),
        DeregisterService(id="other"),
        UpdateCheck(id="up", status="passing", output="o"),
        SetMaintenance(enable=True, service_id="web1"),
        SetMaintenance(enable=True),
    ],
)
def test_what_leaves_the_content_as_it_is_does_not_wake(agent, message):
    request = watch(agent)
    agent.ask(message)
    assert answers(agent, request) == []


def test_a_service_that_goes_wakes(agent):
    request = watch(agent)
    agent.ask(DeregisterService(id="web1"))
    assert answers(agent, request) == [()]


@pytest.mark.parametrize(
    ("service_id", "known", "wait", "found"),
    [
        ("web1", "0" * 16, 10, True),
        ("web1", HASH.upper(), 10, True),
        ("web1", HASH + "0", 10, True),
        ("web1", HASH, 0, True),
        ("web2", HASH, 10, False),
        ("web", HASH, 10, False),
    ],
)
def test_who_knows_another_content_or_cannot_wait_is_answered_at_once(agent, service_id, known, wait, found):
    assert len(answers(agent, watch(agent, service_id, known, wait))[0]) == found


def test_the_wait_ends_after_its_time_and_a_sixteenth_at_most(agent):
    request = watch(agent, wait=16)
    agent.pass_time(15.9)
    assert answers(agent, request) == []
    agent.pass_time(1.2)
    assert [[record.id for record in services] for services in answers(agent, request)] == [["web1"]]


def test_the_content_may_come_back_before_it_is_told(agent):
    """Each change is looked at when it happens, so that a waiter hears of the first."""
    first = watch(agent)
    agent.ask(changed(port=81))
    agent.ask(changed())
    assert len(answers(agent, first)) == 1
    again = watch(agent)
    assert answers(agent, again) == []
