"""Autopilot in the world: health as the leader sees it, promotion after a while, cleanup within a quorum's limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers_in_world import Servers

from lictor_messages.answers import Written
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    AutopilotConfigured,
    AutopilotHealth,
    GetAutopilotConfiguration,
    GetAutopilotHealth,
    SetAutopilotConfiguration,
)
from lictor_messages.catalog import ListChecksInState
from lictor_messages.kv import PutKey
from lictor_messages.sessions import CreateSession, ListSessions, SessionRecord

SECOND = 1_000_000_000


@pytest.fixture
def five() -> Iterator[Servers]:
    made = Servers(servers=5, agents=0)
    made.until(lambda: len(made.voters()) == 5)
    made.world.run(12)
    yield made
    assert made.world.crashes == []


def health(servers: Servers, node: str = "") -> AutopilotHealth:
    answer = servers.ask(node or servers.leader(), GetAutopilotHealth())
    assert isinstance(answer, AutopilotHealth)
    return answer


def configure(servers: Servers, **changes: object) -> None:
    wanted = AutopilotConfiguration().model_copy(update=changes)
    assert servers.ask(servers.leader(), SetAutopilotConfiguration(configuration=wanted)).ok


def test_a_whole_cluster_is_healthy_and_any_server_says_so(five):
    for node in five.nodes:
        seen = health(five, node)
        assert seen.healthy
        assert seen.failure_tolerance == 2
        assert [s.leader for s in seen.servers].count(True) == 1
        assert all(s.voter and s.status == "alive" and s.last_contact_ns == 0 for s in seen.servers)
        assert {s.address for s in seen.servers} == {f"10.0.0.{n}:8300" for n in range(1, 6)}


def test_a_server_that_does_not_answer_is_unhealthy_before_gossip_knows_and_tolerance_falls(five):
    silent = five.followers()[0]
    five.isolate(silent)
    five.world.run(0.6)
    seen = health(five)
    assert not seen.healthy
    assert seen.failure_tolerance == 1
    row = next(s for s in seen.servers if s.node == silent)
    assert (row.healthy, row.status) == (False, "alive")
    assert row.last_contact_ns > 200_000_000


def test_a_server_whose_log_trails_is_unhealthy(five):
    configure(five, max_trailing_logs=0)
    leader = five.leader()
    slow = five.followers()[0]
    five.isolate(slow)
    five.ask(leader, PutKey(key="k", value=b"v"))
    row = next(s for s in health(five).servers if s.node == slow)
    assert not row.healthy
    assert row.last_index < five.server(leader).raft.last_index


def test_a_slow_heartbeat_does_not_make_everyone_unhealthy():
    """Contact counts from the heartbeat that should have been answered: with raft_multiplier 5 that is 500 ms."""
    slow = Servers(raft_multiplier=5.0)
    slow.world.run(30)
    for _ in range(20):
        slow.world.run(0.07)
        assert health(slow).healthy


def test_a_dead_server_is_cleared_away_when_its_time_is_up_and_not_before(five):
    dead = five.followers()[0]
    five.world.crash(dead)
    five.until(lambda: next(s for s in health(five).servers if s.node == dead).status == "failed")
    failed_at = five.world.time
    five.until(lambda: dead not in five.server(five.leader()).raft.members.names)
    assert 8 * SECOND <= five.world.time - failed_at <= 16 * SECOND


def test_a_server_that_restarts_in_time_stays(five):
    away = five.followers()[0]
    before = five.server(five.leader()).raft.members
    five.world.crash(away)
    five.world.run(10)
    five.world.restart(away)
    five.world.run(30)
    assert five.server(five.leader()).raft.members == before


def test_a_majority_of_dead_servers_is_not_cleared_away(five):
    """Whoever comes back must find the configuration that it knows (consul 5922)."""
    for dead in five.followers()[:3]:
        five.world.crash(dead)
    five.world.run(60)
    rows = {node: five.server(node).raft.members.rows for node in five.up()}
    assert all(len(known) == 5 for known in rows.values())


def test_two_of_five_go_one_after_the_other_and_the_rest_tolerates_one_more(five):
    for dead in five.followers()[:2]:
        five.world.crash(dead)
    five.until(lambda: len(five.server(five.leader()).raft.members.names) == 3, 90)
    assert health(five).failure_tolerance == 1


def test_min_quorum_is_a_floor(five):
    configure(five, min_quorum=5)
    five.world.crash(five.followers()[0])
    five.world.run(60)
    assert len(five.server(five.leader()).raft.members.names) == 5


def test_cleanup_can_be_switched_off(five):
    configure(five, cleanup_dead_servers=False)
    five.world.crash(five.followers()[0])
    five.world.run(60)
    assert len(five.server(five.leader()).raft.members.names) == 5


def test_cleanup_leaves_the_node_its_sessions_and_its_locks(five):
    """consul 6793: cleaned up as if it had left, a server lost its sessions long before their TTL."""
    dead = five.followers()[0]
    name = dead.partition(".")[0]
    session = SessionRecord(id="8e3f0f2a-0000-4000-8000-000000000001", node=name, node_checks=())
    assert isinstance(five.ask(five.leader(), CreateSession(session=session)), Written)
    five.world.crash(dead)
    five.until(lambda: dead not in five.server(five.leader()).raft.members.names, 90)
    assert [row.id for row in five.ask(five.leader(), ListSessions()).sessions] == [session.id]
    checks = five.ask(five.leader(), ListChecksInState(state="critical")).checks
    assert name in {check.node for check in checks}


def test_a_dead_non_voter_goes_whatever_the_quorum(five):
    new = five.add("server-6", "10.0.9.6")
    five.until(lambda: new in five.server(five.leader()).raft.members.nonvoters)
    configure(five, min_quorum=5)
    five.world.crash(new)
    five.until(lambda: new not in five.server(five.leader()).raft.members.names, 90)


@pytest.mark.slow
def test_a_longer_stabilisation_time_delays_promotion(five):
    configure(five, server_stabilization_time_ns=40 * SECOND)
    five.world.run(50)
    new = five.add("server-6", "10.0.9.6")
    five.until(lambda: new in five.server(five.leader()).raft.members.nonvoters)
    five.world.run(35)
    assert new not in five.voters()
    five.until(lambda: new in five.voters(), 20)


def test_the_configuration_is_replicated_and_takes_a_compare_and_set(five):
    leader = five.leader()
    before = five.ask(leader, GetAutopilotConfiguration())
    assert isinstance(before, AutopilotConfigured)
    assert before.configuration == AutopilotConfiguration(create_index=1, modify_index=1)
    configure(five, min_quorum=3)
    for node in five.nodes:
        assert five.ask(node, GetAutopilotConfiguration()).configuration.min_quorum == 3
    now = five.ask(leader, GetAutopilotConfiguration()).configuration
    lost = SetAutopilotConfiguration(configuration=now, cas=now.modify_index - 1)
    assert not five.ask(leader, lost).ok
    won = SetAutopilotConfiguration(configuration=now, cas=now.modify_index)
    assert five.ask(leader, won).ok
