"""Applying: known commands only, retries once, the same state from the same log, and bytes of entries."""

from __future__ import annotations

import ormsgpack
import pytest

from lictor_actors.store.commands import pack_command, unpack_command
from lictor_actors.store.errors import InvariantBroken, UnknownCommand
from lictor_actors.store.store import Store
from lictor_messages.answers import Written
from lictor_messages.autopilot import GetAutopilotConfiguration
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord
from lictor_messages.kv import DeleteKey, GetKey, ListKeys, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.status import GetLeader

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def test_a_command_of_an_unknown_kind_stops_the_store_before_it_changes_anything():
    store = Store()
    before = store.digest()
    with pytest.raises(UnknownCommand, match=r"kv\.get_key") as unknown:
        store.apply(1, START, GetKey(key="a"))
    assert unknown.value.kind == "kv.get_key"
    assert store.digest() == before


def test_a_retry_with_the_same_ids_gets_the_first_outcome_and_writes_nothing():
    store = Store()
    first = store.apply_once(5, START, "gateway@n1.dc1", "r1", PutKey(key="a", value=b"1", cas=0))
    other = store.apply_once(6, START, "gateway@n2.dc1", "r1", PutKey(key="a", value=b"2"))
    again = store.apply_once(7, START + SECOND, "gateway@n1.dc1", "r1", PutKey(key="a", value=b"1", cas=0))
    assert first == again == Written(ok=True, index=5)
    assert other == Written(ok=True, index=6)
    assert store.evaluate(GetKey(key="a")).entries[0].value == b"2"
    assert store.applied == 7


@pytest.mark.parametrize(
    "command", [PutKey(key="a", cas=99), Register(node=NodeRecord(node="", address="")), DeleteKey(key="a")]
)
def test_every_kind_of_outcome_is_remembered_as_it_was(command):
    store = Store()
    first = store.apply_once(5, START, "a", "r", command)
    assert store.apply_once(6, START, "a", "r", command) == first
    assert isinstance(first, Written | Refused)


def pass_time(store, since, seconds, index):
    """A write every 5 s, as a cluster at rest would have."""
    for step in range(5, seconds + 1, 5):
        store.apply_once(index, since + step * SECOND, "other", "", PutKey(key="z", value=b"%d" % step))


def retry(store, index, at):
    return store.apply_once(index, at, "a", "r", PutKey(key="a", value=b"%d" % index))


def test_outcomes_are_remembered_for_sixty_seconds_of_log_time_and_then_forgotten():
    store = Store()
    retry(store, 5, START)
    pass_time(store, START, 60, 6)
    assert retry(store, 7, START + 60 * SECOND) == Written(index=5)
    pass_time(store, START + 60 * SECOND, 20, 8)
    assert retry(store, 9, START + 80 * SECOND) == Written(index=9)


@pytest.mark.parametrize("jump", [-(10**6) * SECOND, 10**6 * SECOND])
def test_a_leader_with_another_clock_makes_nobody_forget_and_nothing_last_for_ever(jump):
    store = Store()
    retry(store, 5, START)
    pass_time(store, START + jump, 45, 6)
    assert retry(store, 7, START + jump + 45 * SECOND) == Written(index=5)
    pass_time(store, START + jump + 45 * SECOND, 35, 8)
    assert retry(store, 9, START + jump + 80 * SECOND) == Written(index=9)


def test_commands_without_request_id_are_applied_each_time():
    store = Store()
    store.apply_once(5, START, "a", "", PutKey(key="a", value=b"1"))
    assert store.apply_once(6, START, "a", "", PutKey(key="a", value=b"2")) == Written(index=6)


def test_replicas_that_applied_the_same_log_have_the_same_digest():
    def replica(last):
        store = Store()
        web = ServiceRecord(node="", id="", service="web", meta={"a": "1", "b": "2"})
        store.apply_once(1, START, "a", "1", Register(node=NodeRecord(node="n", address="x"), service=web))
        store.apply_once(2, START, "a", "2", PutKey(key="k", value=b"1"))
        store.apply_once(3, START, "a", "3", last)
        return store.digest()

    assert replica(DeleteKey(key="k")) == replica(DeleteKey(key="k"))
    assert replica(DeleteKey(key="k")) != replica(PutKey(key="k", value=b"2"))


def test_check_finds_an_index_that_lags_behind_its_rows():
    store = Store()
    store.apply(5, START, PutKey(key="a"))
    store.indexes.tables["kvs"] = 4
    with pytest.raises(InvariantBroken, match="kvs is at 4"):
        store.check()


def test_a_command_survives_its_bytes():
    command = Register(
        node=NodeRecord(node="n", address="x", meta={"a": "b"}),
        service=ServiceRecord(node="n", id="i", service="web", tags=("t",)),
    )
    assert unpack_command(pack_command(START, "gateway@n1.dc1", "r1", command)) == (
        START,
        "gateway@n1.dc1",
        "r1",
        command,
    )


def test_fields_of_a_later_version_are_ignored():
    data = ormsgpack.packb([START, "a", "r", "kv.put_key", {"key": "k", "value": b"v", "from_the_future": [1]}])
    assert unpack_command(data)[3] == PutKey(key="k", value=b"v")


@pytest.mark.parametrize("kind", ["kv.from_the_future", "kv.get_key", "answers.written"])
def test_a_kind_that_is_no_command_is_named(kind):
    with pytest.raises(UnknownCommand) as unknown:
        unpack_command(ormsgpack.packb([START, "a", "r", kind, {"key": "k"}]))
    assert unknown.value.kind == kind


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x01", ormsgpack.packb([1, 2])])
def test_bytes_that_are_no_entry_are_refused(data):
    with pytest.raises(ValueError, match="not a log entry"):
        unpack_command(data)


def test_the_store_says_which_queries_it_answers():
    assert Store().answers(ListKeys(prefix=""))
    assert not Store().answers(GetLeader())
    assert Store().answers(GetAutopilotConfiguration())
    assert not Store().answers(GetAutopilotConfiguration(rendered=True))
