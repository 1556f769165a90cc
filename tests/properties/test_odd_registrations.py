"""What is said to an agent is refused by name, or works for good.

That is: it is listed, told over HTTP and written to the catalog, while time passes and after the agent starts again.
"""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_messages import Odd, kinds_of
from servers_in_world import Servers

from lictor_actors.kernel.vocabulary import By
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.store.families.catalog.tables import fold
from lictor_messages.agent import (
    Accepted,
    CheckSpec,
    DescribeAgent,
    LeaveCluster,
    ListEvents,
    ListLocalChecks,
    ListLocalServices,
    RegisterCheck,
    RegisterService,
    UpdateCheck,
)
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.catalog import Checks, ListNodeChecks, ListNodeServices, NodeServices, Register, ServiceRecord
from lictor_messages.codec import pack_body
from lictor_messages.envelope import at
from lictor_messages.members import FireEvent, Join, ListMembers
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered, HttpAsked

NODE = "agent-1.dc1"
KINDS = [
    kind
    for kind in kinds_of(Message)
    if Agent.hears.hears(kind, By.CLIENTS) and not issubclass(kind, Query | Command) and kind is not LeaveCluster
]
"""What an agent itself is asked, but to leave: nothing could be asked of it then."""
LISTS = (ListLocalServices(), ListLocalChecks(), DescribeAgent(), ListEvents(), ListMembers())
PAGES = (
    "/v1/agent/services",
    "/v1/agent/checks",
    "/v1/agent/self",
    "/v1/agent/members",
    "/v1/event/list",
    "/v1/health/state/any",
    "/v1/health/node/agent-1",
    "/v1/catalog/node/agent-1",
    "/v1/catalog/services",
)


class Stranger:
    """Talks to the agent of a node without a server."""

    def __init__(self) -> None:
        self.cluster = Servers(1, 1, check_every=100)
        self.world = self.cluster.world

    def says(self, message: Message, within_s: float = 20) -> Message:
        answer = self.world.ask(NODE, at("agent", NODE), message, within_s)
        pack_body(answer)
        return answer

    @property
    def agent(self) -> Agent:
        agent = self.world.actor(at("agent", NODE))
        assert isinstance(agent, Agent)
        return agent

    def works_on(self) -> None:
        """All of it can be told, and the catalog has it."""
        for question in LISTS:
            assert not isinstance(self.says(question), Refused)
        for page in PAGES:
            answer = self.world.ask(NODE, at("gateway", NODE), HttpAsked(method="GET", target=page), 20)
            assert isinstance(answer, HttpAnswered)
            assert answer.status == 200, (page, answer.body[:200])
            json.loads(answer.body)
        self.cluster.until(lambda: not self.agent.sync.dirty)
        self.agent.check()
        assert self.world.crashes == []
        services, checks = self.in_the_catalog()
        assert {fold(known) for known in self.agent.local.services} <= services
        assert {fold(known) for known in self.agent.local.checks} <= checks

    def in_the_catalog(self) -> tuple[set[str], set[str]]:
        """Ids of what the catalog has of this node, which knows them whatever their case."""
        services = self.says(ListNodeServices(node="agent-1"))
        checks = self.says(ListNodeChecks(node="agent-1"))
        assert isinstance(services, NodeServices)
        assert isinstance(checks, Checks)
        return {fold(row.id) for row in services.services}, {fold(row.check_id) for row in checks.checks}


@settings(max_examples=max(10, settings.default.max_examples // 4))
@given(st.integers(0, 2**32 - 1))
@pytest.mark.slow
def test_odd_requests_to_an_agent_are_refused_or_work_for_good(seed: int) -> None:
    stranger, odd = Stranger(), Odd(Random(seed))
    for _ in range(15):
        said = odd.message(KINDS)
        answer = stranger.says(said, 700 if isinstance(said, ListEvents) else 20)
        assert not isinstance(answer, Refused) or (answer.words and answer.row.definite), (said.kind, answer)
    assert stranger.world.crashes == []
    stranger.works_on()
    kept = set(stranger.agent.local.services), set(stranger.agent.local.checks)
    stranger.world.crash(NODE)
    stranger.world.restart(NODE)
    stranger.world.run(5)
    assert kept == (set(stranger.agent.local.services), set(stranger.agent.local.checks))
    stranger.world.run(95)  # TTLs run out, and what is critical for too long goes
    stranger.works_on()


def test_the_index_of_events_survives_any_id() -> None:
    stranger = Stranger()
    refused = stranger.says(FireEvent(id="f" * 300, name="deploy"))
    assert isinstance(refused, Refused)
    assert refused.words.startswith("the id of an event must be a UUID")
    assert not isinstance(stranger.says(ListEvents()), Refused)


def test_joining_through_very_many_addresses_is_refused() -> None:
    stranger = Stranger()
    refused = stranger.says(Join(addresses=tuple(f"10.1.0.1:{port}" for port in range(129))))
    assert refused == Refused(code="BadRequest", text="addresses to join through: 128 at most at a time, not 129")


@pytest.mark.parametrize("said", ["service", "service's check", "check", "named check"])
def test_an_id_that_the_journal_has_no_room_for_is_refused(said: str) -> None:
    stranger, long = Stranger(), "x" * 70_000
    check = CheckSpec(name="c", ttl_ns=10**10)
    named, plain = check.model_copy(update={"name": long}), ServiceRecord(node="", id="", service="web")
    with_id = check.model_copy(update={"id": long})
    asked = {
        "service": RegisterService(service=plain.model_copy(update={"service": long})),
        "service's check": RegisterService(service=plain, checks=(with_id,)),
        "check": RegisterCheck(check=with_id),
        "named check": RegisterCheck(check=named),
    }[said]
    refused = stranger.says(asked)
    assert isinstance(refused, Refused)
    assert refused.words.endswith("ID is too long (70000 > 1024 bytes)")
    stranger.works_on()


def test_an_output_is_cut_whatever_was_asked_for() -> None:
    stranger = Stranger()
    check = CheckSpec(name="c", ttl_ns=10**10, output_max_size=2**63)
    assert stranger.says(RegisterCheck(check=check)) == Accepted()
    stranger.says(UpdateCheck(id="c", status="passing", output="x" * 500_000))
    assert len(stranger.agent.local.checks["c"].record.output) < 70_000


def test_checks_that_say_very_much_are_written_in_several_entries() -> None:
    """On a server's own node: other nodes of the world are told nothing that is longer than a frame."""
    cluster = Servers(1, 0, check_every=100)
    node, written = cluster.nodes[0], list[Register]()
    record = ServiceRecord(node="", id="web", service="web")
    for number in range(50):
        check = CheckSpec(id=f"c{number}", name="c", ttl_ns=10**15, notes="x" * 100_000)
        cluster.world.ask(node, "agent", RegisterService(service=record, checks=(check,)))
    cluster.world.crash(node)
    cluster.world.listeners.append(lambda e: written.append(e.body) if isinstance(e.body, Register) else None)
    cluster.world.restart(node)
    agent = cluster.world.actor(at("agent", node))
    cluster.until(lambda: not cluster.world.actor(at("agent", node)).sync.dirty)  # type: ignore[union-attr]
    cluster.world.run(5)
    checks = cluster.world.ask(node, "agent", ListNodeChecks(node="server-1"))
    assert isinstance(agent, Agent)
    assert isinstance(checks, Checks)
    assert set(agent.local.checks) <= {row.check_id for row in checks.checks}
    assert 0 < max(len(pack_body(register)) for register in written) < 2_000_000
