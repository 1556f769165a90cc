"""Somebody who knows the protocol speaks to real servers in a server's name; and the cure of a cluster that was hit
before such numbers were refused."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import ormsgpack
import pytest
from servers_in_world import Servers

from lictor_actors.hosts.world.network import CLUSTER
from lictor_actors.hosts.world.trace import Tap
from lictor_actors.journal.journal import Journal
from lictor_actors.node.term_reset import reset_term
from lictor_actors.raft.configuration import of_voters
from lictor_actors.raft.doubts import CEILING, FARTHEST
from lictor_actors.raft.records import pack_term
from lictor_actors.raft.start_over import CannotStartOver
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.store.commands import pack_command, unpack_command
from lictor_actors.store.entries import EntryReader
from lictor_actors.store.store import Store
from lictor_messages.base import Message
from lictor_messages.bounds import HIGHEST
from lictor_messages.codec import frame, pack
from lictor_messages.envelope import Envelope, at
from lictor_messages.journal import Append
from lictor_messages.kv import GetKey, ListKeys, PutKey
from lictor_messages.raft import AppendEntries, InstallSnapshot, RequestVote


class Notes(Tap):
    """Everything that is said aloud."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def note(self, time: int, who: str, event: str) -> None:
        self.heard.append((who, event))


@pytest.fixture
def three() -> Iterator[Servers]:
    made = Servers()
    made.until(lambda: len(made.voters()) == 3)
    yield made
    assert made.world.crashes == []


def forge(servers: Servers, source: str, target: str, message: Message) -> None:
    """Hand a frame to a node, in the name of another node's server."""
    machine = servers.world.machines[target]
    packed = pack(Envelope(at("server", source), at("server", target), message))
    servers.world.network._arrive(frame(CLUSTER, [packed]), machine, machine.boots, 0)


def to_each(servers: Servers, message: Message) -> None:
    for node in servers.nodes:
        forge(servers, next(other for other in servers.nodes if other != node), node, message)


def term_of(servers: Servers) -> int:
    return max(servers.server(node).raft.term for node in servers.nodes)


def forged(kind: type[Message], term: int) -> Message:
    fields = {"term": term, "leader": "server-1.dc1", "prev_index": 1, "prev_term": 1, "commit": 1, "round": 1}
    fields |= {"last_index": 10**6, "last_term": max(1, term - 1), "transfer": True}
    return kind.model_construct(**{name: value for name, value in fields.items() if name in kind.model_fields})


# -- terms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [AppendEntries, RequestVote], ids=lambda kind: kind.kind)
@pytest.mark.parametrize("above", [0, 1, 2], ids=["2^62-1", "2^64-2", "own+2^20+1"])
def test_a_forged_term_to_each_server_leaves_a_cluster_that_leads_and_writes(three, kind, above):
    term = (HIGHEST - 1, 2**64 - 2, term_of(three) + FARTHEST + 1)[above]
    before = term_of(three)
    to_each(three, forged(kind, term))
    if term > HIGHEST:
        assert three.world.counters["message_malformed"] == 3
        assert term_of(three) == before
    three.until(lambda: three.leader(), 10)
    three.put("after", "written", 10)
    three.until(three.same, 10)
    assert term_of(three) <= before + FARTHEST + 10
    assert three.world.counters.get("raft_term_too_far", 0) == (0 if term > HIGHEST else 3)


def test_without_the_bound_it_does_not(three, monkeypatch):
    """The mutant: a term is believed however far away it is, as it was before."""
    monkeypatch.setattr("lictor_actors.raft.receiving.FARTHEST", 2**64)
    to_each(three, forged(AppendEntries, HIGHEST))
    assert not three.world.run_until(lambda: bool(three.leader()), 60)


@pytest.mark.slow
def test_a_stranger_who_goes_on_for_a_while_stops_nothing_for_longer_than_that(three):
    for _ in range(50):
        to_each(three, forged(AppendEntries, HIGHEST))
        three.world.run(0.02)
    three.put("after", "written", 10)
    assert term_of(three) < 1000 * FARTHEST


# -- entries and snapshots --------------------------------------------------------------------------------------------


def entry(term: int, data: bytes) -> bytes:
    return term.to_bytes(8, "big") + b"\0" + data


JUNK = {
    "nothing": b"",
    "no msgpack": b"\xc1",
    "too short": ormsgpack.packb([1, "a", "r"]),
    "no time": ormsgpack.packb(["now", "a", "r", "kv.put_key", {"key": "k"}]),
    "a time before 1970": ormsgpack.packb([-1, "a", "r", "kv.put_key", {"key": "k"}]),
    "a time that leaves no room": ormsgpack.packb([2**64 - 1, "a", "r", "kv.put_key", {"key": "k"}]),
    "no asker": ormsgpack.packb([1, 7, "r", "kv.put_key", {"key": "k"}]),
    "no kind": ormsgpack.packb([1, "a", "r", 7, {"key": "k"}]),
    "no name for a kind": ormsgpack.packb([1, "a", "r", ["kv.put_key"], {"key": "k"}]),
    "a query": ormsgpack.packb([1, "a", "r", "kv.get_key", {"key": "k"}]),
    "an order": ormsgpack.packb([1, "a", "r", "host.disk_full", {"why": "so"}]),
    "what no log holds": ormsgpack.packb([1, "a", "r", "autopilot.transfer_leadership", {}]),
    "a field of another type": ormsgpack.packb([1, "a", "r", "kv.put_key", {"key": ["k"]}]),
    "no fields": ormsgpack.packb([1, "a", "r", "kv.put_key", None]),
}


@pytest.mark.parametrize("what", JUNK)
def test_an_entry_that_nobody_could_apply_is_refused_by_a_follower(three, what):
    follower, leader = three.followers()[0], three.leader()
    raft = three.server(follower).raft
    last = raft.last_index
    message = AppendEntries(
        term=raft.term,
        leader=leader,
        prev_index=last,
        prev_term=raft.last_term,
        entries=(entry(raft.term, JUNK[what]),),
        commit=last + 1,
        round=1,
    )
    forge(three, leader, follower, message)
    three.world.run(0.01)
    assert three.world.counters["raft_refused_entry_data"] == 1
    three.put("after", "written")
    three.until(three.same)


def test_a_kind_of_a_newer_version_is_taken_in_and_stops_the_server_by_name_when_it_is_applied():
    assert EntryReader(Store().applies).fault(ormsgpack.packb([1, "a", "r", "kv.put_many", {"key": "k"}])) == ""


def test_what_was_read_is_read_once_and_in_any_case_right():
    reader = EntryReader(Store().applies)
    datas = [pack_command(1, "a", f"r{n}", PutKey(key=f"k{n}", value=b"v")) for n in range(6)]
    assert [reader.fault(data) for data in datas[:4]] == [""] * 4
    kept = [read for _, read in reader._waiting]
    assert reader.read(datas[0]) is kept[0]
    assert reader.read(datas[2]) is kept[2]  # the one between was overwritten
    for data in (datas[5], datas[3], datas[1]):
        assert reader.read(data) == unpack_command(data)
    assert not reader._waiting


def test_what_is_kept_of_entries_that_are_never_applied_is_bounded():
    reader = EntryReader(Store().applies)
    for number in range(100):
        assert reader.fault(pack_command(1, "a", f"{number}", PutKey(key="k", value=bytes(500_000)))) == ""
        assert sum(len(data) for data, _ in reader._waiting) <= 9_000_000


def test_the_time_of_a_log_does_not_run_beyond_what_an_entry_may_say():
    time = LogTime()
    time.applied(HIGHEST, 0)
    assert time.stamp(10, 0) == HIGHEST


def test_a_snapshot_that_is_none_of_a_store_is_not_taken_over(three):
    follower, leader = three.followers()[0], three.leader()
    raft, junk = three.server(follower).raft, b"junk" * 9
    message = InstallSnapshot(
        term=raft.term,
        leader=leader,
        index=raft.last_index + 50,
        last_term=raft.term,
        configuration_index=1,
        configuration=of_voters(three.nodes).pack(),
        size=len(junk),
        checksum=crc32(junk),
        offset=0,
        data=junk,
    )
    for _ in range(6):
        forge(three, leader, follower, message)
        three.world.run(0.01)
    assert three.world.counters["raft_refused_snapshot_data"] == 6
    three.put("after", "written")
    three.until(three.same)


# -- the cure ---------------------------------------------------------------------------------------------------------


def write_to_journal(servers: Servers, node: str, *records: object) -> None:
    journal = Journal.open(servers.world.machines[node].disk)
    journal.write("server", records)  # type: ignore[arg-type]
    journal.sync()


@pytest.mark.parametrize("term", [CEILING, 2**64 - 2], ids=["2^62", "2^64-2"])
def test_a_cluster_in_the_last_term_says_so_and_lives_again_after_a_recovery(three, term):
    notes = Notes()
    three.world.trace.taps.append(notes)
    three.write(150)
    three.put("kept", "safe")
    three.until(three.same)
    keys = len(three.ask(three.leader(), ListKeys(prefix="")).entries)
    for node in three.nodes:
        three.world.crash(node)
        write_to_journal(three, node, pack_term(term, ""))
        three.world.restart(node)
    assert not three.world.run_until(lambda: bool(three.leader()), 60)
    said = [who for who, event in notes.heard if "is the last term there is" in event and "-reset-term" in event]
    assert said == [at("server", node) for node in three.nodes]

    last, *others = three.nodes
    for node in three.nodes:
        three.world.crash(node)
    journal = Journal.open(three.world.machines[last].disk)
    planned = reset_term(journal.recovered("server"), last)
    assert (planned.term, planned.after.voters, planned.skipped) == (term, (last,), ())
    journal.write("server", planned.records)
    journal.sync()

    three.world.restart(last)
    three.until(lambda: three.leader() == last)
    assert three.server(last).raft.term < 10
    assert three.ask(last, GetKey(key="kept")).entries[0].value == b"safe"
    assert len(three.ask(last, ListKeys(prefix="")).entries) == keys
    for node in others:
        three.world.restart(node, keep_disk=False)
    three.until(lambda: len(three.voters()) == 3, 120)
    three.put("after", "written")
    three.until(three.same)
    for node in three.nodes:  # and what was reset stays so
        three.world.crash(node)
        three.world.restart(node)
    three.put("last", "written")
    three.until(three.same)
    assert three.ask(three.leader(), GetKey(key="kept")).entries[0].value == b"safe"
    assert term_of(three) < 20


def test_a_recovery_that_loses_power_in_between_can_be_done_again():
    """Whatever part of it is on the disk: the old term is, or all is done."""
    one = Servers(servers=1, agents=0)
    node = one.leader()
    one.put("kept", "safe")
    one.world.crash(node)
    write_to_journal(one, node, pack_term(CEILING, ""))
    records = Journal.open(one.world.machines[node].disk).recovered("server")
    planned = reset_term(records, node)
    for part in range(len(planned.records)):
        again = reset_term([*records, *planned.records[:part]], node)
        assert (again.term, again.after) == (CEILING, planned.after)
        assert b"".join(r.data for r in again.records if hasattr(r, "offset")) == b"".join(
            r.data for r in planned.records if hasattr(r, "offset")
        )


@pytest.mark.parametrize("data", [b"junk", ormsgpack.packb([1, "a", "r", "host.disk_full", {"why": "so"}])])
def test_entries_that_nobody_can_apply_are_left_out_and_named(data):
    records = [
        Append(index=1, term=1, data=b"\x02" + of_voters(("s1.dc1", "s2.dc1")).pack()),
        Append(index=2, term=2, data=b"\0" + pack_command(1, "a", "r1", PutKey(key="a", value=b"1"))),
        Append(index=3, term=2, data=b"\0" + data),
        Append(index=4, term=2, data=b"\0" + pack_command(2, "a", "r2", PutKey(key="b", value=b"2"))),
        pack_term(CEILING, ""),
    ]
    planned = reset_term(records, "s1.dc1")
    assert (planned.last_index, planned.last_term) == (4, 2)
    assert [text.partition(":")[0] for text in planned.skipped] == ["entry 3"]


def test_an_entry_of_a_newer_version_is_not_left_out():
    data = ormsgpack.packb([1, "a", "r", "kv.put_many", {}])
    records = [Append(index=1, term=1, data=b"\0" + data), pack_term(CEILING, "")]
    with pytest.raises(CannotStartOver, match=r"entry 1 is of a newer version: kv\.put_many"):
        reset_term(records, "s1.dc1")
