"""Servers that take snapshots, restart from them and send them, under load, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers_in_world import Servers

from lictor_actors.raft import Role
from lictor_messages.answers import Written
from lictor_messages.envelope import Envelope, at
from lictor_messages.kv import GetKey, ListKeys, PutKey

pytestmark = pytest.mark.slow

SECOND = 1_000_000_000


@pytest.fixture
def three() -> Iterator[Servers]:
    made = Servers()
    yield made
    assert made.world.crashes == []


def test_servers_take_snapshots_by_themselves_and_their_logs_stay_short(three):
    three.write(300)
    three.world.run(1)
    for node in three.nodes:
        raft = three.server(node).raft
        assert raft.snapshot is not None
        assert raft.snapshot.index > 200
        assert raft.last_index - raft.first_index < 100 + 2 * 20


def test_all_lose_power_and_start_from_snapshot_and_log_with_everything(three):
    three.write(250)
    three.put("last", "written")
    for node in three.nodes:
        three.world.crash(node)
    for node in three.nodes:
        three.world.restart(node)
    three.until(lambda: three.leader() and three.same() and three.server(three.leader()).raft.ready)
    entries = three.ask(three.leader(), ListKeys(prefix="")).entries
    assert len(entries) == 251


def test_a_server_that_was_away_for_long_catches_up_by_snapshot_while_the_load_goes_on(three):
    away = three.followers()[0]
    three.world.crash(away)
    three.world.run(5)
    three.write(1000)
    three.world.restart(away)
    installed_at = 0
    for number in range(200):
        three.put("load", str(number))
        raft = three.server(away).raft
        if raft.snapshot is not None and not installed_at:
            installed_at = number
    assert installed_at
    three.until(three.same)
    assert three.server(away).applied >= 1000


def test_a_snapshot_wakes_whoever_waits_at_a_server_that_was_left_behind(three):
    three.put("k", "old")
    behind = three.followers()[0]
    index = three.ask(behind, GetKey(key="k", consistency="stale")).index
    answers: list[object] = []
    three.isolate(behind)
    watch = GetKey(key="k", consistency="stale", min_index=index, wait_ns=600 * SECOND)
    three.world.door(behind, "watcher").ask(at("server", behind), watch, answers.append, 900)
    three.put("k", "new")
    three.world.run(3)
    three.write(400)
    three.heal()
    three.until(lambda: answers)
    assert answers[0].entries[0].value == b"new"
    assert three.server(behind).raft.snapshot is not None


def test_a_retry_finds_its_first_outcome_also_after_a_snapshot(three):
    """What is remembered of requests is part of the state."""

    def ask_once(heard: list[Written]) -> None:
        leader = three.leader()
        three.world.machines[leader].node.doors["twice"] = lambda e: heard.append(e.body)
        door, agent = "twice@server-1.dc1", "agent@server-1.dc1"
        three.world.machines["server-1.dc1"].node.doors["twice"] = lambda e: heard.append(e.body)
        write = PutKey(key="once", value=b"v", cas=0)
        three.world.ground.post(Envelope(agent, f"server@{leader}", write, request="r1", reply_to=door))
        three.until(lambda: heard)

    first: list[Written] = []
    ask_once(first)
    three.write(150)
    for node in three.nodes:
        three.world.crash(node)
    for node in three.nodes:
        three.world.restart(node)
    three.until(lambda: three.leader() and three.server(three.leader()).raft.ready)
    again: list[Written] = []
    ask_once(again)
    assert again == first
    assert first[0].ok


def test_the_journal_of_a_busy_server_does_not_grow_for_ever():
    three = Servers(check_every=1000, snapshot_threshold=1000, trailing_logs=100)
    three.write(2000, keys=50)
    disk = three.world.machines[three.leader()].disk
    sizes = []
    for _ in range(4):
        three.write(2000, keys=50)
        sizes.append(sum(disk.list().values()))
    assert sizes[-1] <= 2 * sizes[0]
    assert three.world.crashes == []


def test_no_turn_of_a_snapshot_writes_more_than_a_slice_or_two():
    """A store of many slices: each turn of the server writes one of them."""
    three = Servers(servers=1, agents=0, snapshot_threshold=400)
    leader = three.leader()
    for number in range(420):
        three.ask(leader, PutKey(key=f"k{number}", value=b"v" * 8000))
    three.until(lambda: three.server(leader).raft.snapshot is not None)
    snapshot = three.server(leader).raft.snapshot
    assert snapshot.size > 3_000_000
    assert max(map(len, snapshot.chunks())) < 160 * 1024
    assert three.server(leader).raft.role is Role.LEADER
