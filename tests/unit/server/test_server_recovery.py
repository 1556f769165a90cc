"""Servers whose disks fill, stall, fail, or hold damage; and clusters that lost more servers than they can spare."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from older_journal import make_older
from servers_in_world import Servers

from lictor_actors.journal.journal import Journal
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.raft import Role
from lictor_actors.raft.configuration import ServerRow
from lictor_actors.raft.start_over import start_over
from lictor_messages.envelope import at
from lictor_messages.faults import DiskRule
from lictor_messages.kv import GetKey, ListKeys, PutKey
from lictor_messages.refusals import Refused


@pytest.fixture
def three() -> Iterator[Servers]:
    made = Servers()
    made.until(lambda: len(made.voters()) == 3)
    yield made
    assert made.world.crashes == []


def spoil(servers: Servers, node: str, effect: str = "", **more: object) -> None:
    rules = (DiskRule(id="1", node=node, effect=effect, **more),) if effect else ()
    servers.world.machines[node].trouble.set_rules(rules)


def fill_segment(servers: Servers, nodes: int = 1) -> None:
    """Write until the disks of so many nodes have had to say that they are full."""
    wanted = servers.world.counters.get("disk_full", 0) + nodes
    for number in range(10_000):
        if servers.world.counters.get("disk_full", 0) >= wanted:
            return
        leader = servers.leader()
        if leader:
            servers.ask(leader, PutKey(key=f"fill{number % 9}", value=b"x" * 60_000), 5)
        servers.world.run(0.01)
    raise AssertionError("the disk never filled")


# -- full disks -------------------------------------------------------------------------------------------------------


def test_a_leader_whose_disk_is_full_gives_way_and_goes_on_once_there_is_room(three):
    full = three.leader()
    spoil(three, full, "full")
    fill_segment(three)
    three.until(lambda: three.leader() not in ("", full), 5)
    three.put("meanwhile", "written by another leader")
    assert three.world.ended == {}
    spoil(three, full)
    three.until(lambda: three.same() and len(three.up()) == 3)
    entry = three.ask(full, GetKey(key="meanwhile", consistency="stale")).entries[0]
    assert entry.value == b"written by another leader"


def test_a_leader_whose_disk_is_full_gives_way_at_once(three):
    """It need not stand still for an election time-out first, as a disk that says nothing does."""
    full = three.leader()
    raft = three.server(full).raft
    spoil(three, full, "full")
    door = three.world.door(full, "filler")
    for number in range(20):
        door.ask(at("server", full), PutKey(key=f"fill{number % 9}", value=b"x" * 60_000), lambda _: None, 30)
    three.until(lambda: three.world.counters.get("disk_full", 0))
    since = three.world.time
    three.until(lambda: raft.role is not Role.LEADER)
    assert three.world.time - since < raft.options.heartbeat_ns
    spoil(three, full)
    three.until(three.same)


def test_a_single_server_with_a_full_disk_refuses_definitely_and_in_words():
    one = Servers(servers=1, agents=0)
    node = one.leader()
    one.put("before", "1")
    spoil(one, node, "full")
    fill_segment(one)
    refused = one.ask(node, PutKey(key="k", value=b"v"))
    assert isinstance(refused, Refused)
    assert refused.code == "JournalFailed"
    assert refused.row.definite
    assert "no space left on device" in refused.words
    spoil(one, node)
    one.put("k", "v")
    assert one.ask(node, GetKey(key="before")).entries[0].value == b"1"
    assert one.world.crashes == []


@pytest.mark.slow
def test_a_follower_whose_disk_is_full_acknowledges_nothing_until_there_is_room(three):
    full = three.followers()[0]
    spoil(three, full, "full")
    fill_segment(three)
    durable = three.server(full).raft.durable_index
    three.write(30)
    assert three.server(three.leader()).raft.matches()[full] <= durable
    spoil(three, full)
    three.until(three.same)


def test_requests_pass_through_a_server_whose_disk_is_full(three):
    full = three.followers()[0]
    spoil(three, full, "full")
    fill_segment(three)
    assert not isinstance(three.ask(full, PutKey(key="k", value=b"through")), Refused)
    assert three.ask(full, GetKey(key="k")).entries[0].value == b"through"


def test_a_server_whose_disk_is_full_does_not_pass_old_data_off_as_fresh(three):
    """It hears who leads, and applies nothing."""
    full = three.followers()[0]
    spoil(three, full, "full")
    fill_segment(three)
    three.put("k", "new")
    three.world.run(10)
    raft = three.server(full).raft
    assert raft.leader == three.leader()
    assert three.ask(full, GetKey(key="k", consistency="stale")).last_contact_ms > 9_000
    answer = three.ask(full, GetKey(key="k", consistency="stale", max_stale_ns=5_000_000_000))
    assert answer.entries[0].value == b"new"


def test_a_cluster_of_full_disks_says_so_at_once(three):
    for node in three.up():
        spoil(three, node, "full")
    fill_segment(three, 3)
    three.until(lambda: not three.leader())
    for node in three.up():
        write, read = three.ask(node, PutKey(key="k", value=b"v"), 1), three.ask(node, GetKey(key="k"), 1)
        assert (write.code, read.code) == ("NoLeader", "NoLeader")
        assert write.row.passing, "somebody with room may soon lead"
        assert "no space left on device" in write.words
    for node in three.up():
        spoil(three, node)
    three.put("k", "v")


@pytest.mark.slow
def test_a_full_disk_keeps_nothing_waiting_that_grows(three):
    """Each heartbeat's answer, and each plea for votes, would wait in memory for as long as nobody makes room."""
    leader, full = three.leader(), three.followers()[0]
    spoil(three, full, "full")
    fill_segment(three)
    waiting = three.world.machines[full].node.seats["server"].life._held
    few = len(waiting)
    three.world.run(60)
    assert three.server(full).raft.leader == leader
    three.world.crash(leader)
    three.world.run(60)
    assert three.server(full).raft.leader == ""
    assert len(waiting) == few


def test_a_crash_with_a_full_disk_loses_nothing_that_was_acknowledged(three):
    full = three.leader()
    spoil(three, full, "full")
    fill_segment(three)
    three.put("k", "v")
    three.world.crash(full)
    spoil(three, full)
    three.world.restart(full)
    three.until(three.same)
    assert three.ask(full, GetKey(key="k", consistency="stale")).entries[0].value == b"v"


# -- disks that stall and fail ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_leader_whose_disk_stalls_steps_down_and_writes_go_on(three):
    slow = three.leader()
    spoil(three, slow, "slow", latency_ns=30_000_000_000)
    three.ask(slow, PutKey(key="k", value=b"v"))
    three.until(lambda: three.leader() not in ("", slow), 5)
    three.put("k2", "v")
    spoil(three, slow)
    three.until(three.same, 90)


def test_a_failed_disk_stops_the_server_with_its_reason_and_the_others_go_on(three):
    failed = three.leader()
    spoil(three, failed, "error")
    three.ask(failed, PutKey(key="k", value=b"v"))
    three.until(lambda: three.leader() not in ("", failed))
    assert "journal failed" in three.world.seat(f"server@{failed}").down_because
    assert "journal failed" in three.world.stopped[f"server@{failed}"]
    three.put("k2", "v")


# -- damage -----------------------------------------------------------------------------------------------------------


def test_a_damaged_journal_is_refused_by_name_with_the_remedy_and_the_remedy_works(three):
    three.write(150)
    damaged = three.followers()[0]
    three.world.crash(damaged)
    disk = three.world.machines[damaged].disk
    name = next(iter(disk.list()))
    disk.flip(name, 2000)
    with pytest.raises(
        JournalCorrupt, match=rf"{name} is damaged at byte \d+.*lictor debug journal.*set-aside.*fetches everything"
    ):
        three.world.restart(damaged)
    three.world.restart(damaged, keep_disk=False)
    three.until(lambda: damaged in three.voters(), 120)
    three.until(three.same)


def beheaded() -> tuple[Servers, str]:
    """A lone server whose first segment was deleted, and its name."""
    one = Servers(servers=1, agents=0, snapshot_threshold=100_000)
    node = one.leader()
    for number in range(80):
        one.ask(node, PutKey(key=f"k{number}", value=b"x" * 8000))
    disk = one.world.machines[node].disk
    assert len(disk.list()) > 1
    one.world.crash(node)
    disk.rename(next(iter(disk.list())), "first")
    return one, node


def test_a_journal_whose_oldest_segment_was_deleted_is_refused():
    one, node = beheaded()
    with pytest.raises(JournalCorrupt, match="journal-00000001 is missing: nothing in journal-00000002"):
        one.world.restart(node)


def test_one_of_an_older_version_stops_the_server_which_says_why():
    """Nothing in its files tells segments that were dropped from those that are missing; the log does."""
    one, node = beheaded()
    make_older(one.world.machines[node].disk)
    one.world.restart(node)
    one.world.run(1)
    why = one.world.seat(f"server@{node}").down_because
    assert "the log begins at" in why
    assert "fetches everything from the others" in why


# -- lost majorities --------------------------------------------------------------------------------------------------


def test_the_last_server_of_three_starts_over_and_new_ones_join_it(three):
    three.write(150)
    three.until(three.same)  # a majority had every write; this is about a survivor that has them too
    keys = len(three.ask(three.leader(), ListKeys(prefix="")).entries)
    last, *lost = three.nodes
    for node in three.nodes:
        three.world.crash(node)
    journal = Journal.open(three.world.machines[last].disk)
    planned = start_over(journal.recovered("server"), last, [ServerRow(last)])
    journal.write("server", planned.records)
    journal.sync()
    three.world.restart(last)
    three.until(lambda: three.leader() == last)
    three.put("k", "v")
    assert len(three.ask(last, ListKeys(prefix="")).entries) == keys + 1
    for node in lost:
        three.world.restart(node, keep_disk=False)
    three.until(lambda: len(three.voters()) == 3, 120)
    three.until(three.same)
    three.world.crash(last)
    three.put("k2", "v")
    assert three.server(three.leader()).raft.role is Role.LEADER
