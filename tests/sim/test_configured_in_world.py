"""What the configuration says of a whole cluster, in the world: rates, autopilot, joins, leaving, a reload."""

from __future__ import annotations

from typing import Any

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.node.tree import tree
from lictor_messages.agent import LeaveCluster
from lictor_messages.autopilot import AutopilotConfiguration, AutopilotConfigured, GetAutopilotConfiguration
from lictor_messages.catalog import ListNodes
from lictor_messages.host import ActorSpec
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.reload import DefinitionsRead, Reload

SECOND = 10**9


def started(servers: int, agents: int, **settings: Any) -> World:
    world = World(seed=3)
    for spec in cluster_specs(world.seed, servers, agents):
        add_node(world, spec.having({name.replace("__", "."): value for name, value in settings.items()}))
    world.run(10)
    return world


def test_the_first_leader_begins_with_the_configurations_autopilot_and_an_operators_word_stays() -> None:
    world = started(3, 0, server__autopilot=AutopilotConfiguration(min_quorum=3, max_trailing_logs=9))
    said = world.ask("server-1.dc1", "agent", GetAutopilotConfiguration())
    assert isinstance(said, AutopilotConfigured)
    assert (said.configuration.min_quorum, said.configuration.max_trailing_logs) == (3, 9)


def test_a_client_agent_passes_on_so_many_requests_a_second() -> None:
    world = started(1, 1, agent__rpc_rate=1.0, agent__rpc_max_burst=4)
    said = [world.ask("agent-1.dc1", "agent", GetKey(key="a")) for _ in range(9)]
    refused = [answer for answer in said if isinstance(answer, Refused)]
    assert 0 < len(refused) < 9
    assert {(answer.code, answer.row.status) for answer in refused} == {("RpcRateExceeded", 429)}
    assert world.counters["client.rpc.exceeded"] == len(refused)
    assert not any(isinstance(world.ask("server-1.dc1", "agent", GetKey(key="a")), Refused) for _ in range(9))


def test_followers_point_elsewhere_and_the_leader_to_later() -> None:
    world = started(3, 0, server__request_limits_mode="enforcing", server__write_rate=0.0)
    codes = {
        answer.code
        for node in ("server-1.dc1", "server-2.dc1", "server-3.dc1")
        for _ in range(40)
        if isinstance(answer := world.ask(node, "server", PutKey(key="a")), Refused)
    }
    assert codes == {"RateExceeded", "LeaderRateExceeded"}


def test_a_reload_reaches_the_server_and_the_node_in_the_catalog() -> None:
    world = started(1, 0)
    spec = cluster_specs(world.seed, 1, 0)[0]
    strict = spec.having({"server.request_limits_mode": "enforcing", "server.read_rate": 0.0})
    strict = strict.model_copy(update={"meta": {"rack": "r7"}})

    actors = tuple(ActorSpec(role=a.role, options=a.options) for a in tree(strict) if a.role in ("agent", "server"))
    world.jobs.definitions[spec.node] = DefinitionsRead(ticket="", actors=actors)
    assert not isinstance(world.ask(spec.node, "agent", Reload()), Refused)
    world.run(3)
    first = world.ask(spec.node, "agent", ListNodes())
    assert dict(first.nodes[0].meta)["rack"] == "r7"
    assert isinstance(world.ask(spec.node, "agent", GetKey(key="a")), Refused)


@pytest.mark.parametrize("most", [0, 2])
def test_a_node_that_finds_no_other_ends_after_retry_max_attempts(most: int) -> None:
    world = World(seed=3)
    spec = cluster_specs(1, 1, 1)[1].having({"prober.retry_join_max": most})
    machine = add_node(world, spec)
    world.run(60)
    assert ("prober" in machine.node.seats and machine.node.seats["prober"].life is None) is bool(most)


def test_a_client_agent_drains_before_it_stops() -> None:
    world = started(1, 1, agent__leave_drain_ns=5 * SECOND)
    begun = world.time
    world.ask("agent-1.dc1", "agent", LeaveCluster(), within_s=30)
    assert world.time - begun >= 5 * SECOND
