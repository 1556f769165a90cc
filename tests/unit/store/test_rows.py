"""Rows that are put together by hand are what pydantic would have made."""

import ormsgpack

from lictor_actors.store.rows import row_of, stamped, with_fields
from lictor_messages.catalog import NodeRecord
from lictor_messages.kv import Entry

FIELDS = {
    "key": "k",
    "value": b"v",
    "flags": 1,
    "lock_index": 2,
    "session": "s",
    "create_index": 3,
    "modify_index": 4,
}


def packed(row: object) -> bytes:
    return ormsgpack.packb(row, option=ormsgpack.OPT_SERIALIZE_PYDANTIC)


def test_a_row_by_hand_is_the_record_itself() -> None:
    row, record = row_of(Entry, dict(FIELDS)), Entry(**FIELDS)
    assert row == record
    assert hash(row) == hash(record)
    assert repr(row) == repr(record)
    assert packed(row) == packed(record)
    assert row.model_dump_json() == record.model_dump_json()
    assert row.model_copy(update={"flags": 9}) == record.model_copy(update={"flags": 9})
    assert row.model_fields_set == set(FIELDS)


def test_a_new_row_is_stamped_and_an_equal_one_changes_nothing() -> None:
    node = NodeRecord(node="n", address="1.2.3.4", meta={"a": "b"}, create_index=99)
    first = stamped(node, None, 7)
    assert first == node.model_copy(update={"create_index": 7, "modify_index": 7})
    assert stamped(node, first, 8) is None
    other = stamped(with_fields(node, address="1.2.3.5"), first, 9)
    assert other == node.model_copy(update={"address": "1.2.3.5", "create_index": 7, "modify_index": 9})
    assert packed(other) == packed(NodeRecord.model_validate(other.model_dump()))


def test_a_row_that_has_the_fields_already_is_taken_as_it_is() -> None:
    node = NodeRecord(node="n", address="a")
    assert with_fields(node, node="n", address="a") is node
    assert with_fields(node, id="x", address="a") == NodeRecord(node="n", address="a", id="x")


def test_no_row_changes_when_another_is_made_of_it() -> None:
    node, before = NodeRecord(node="n", address="a"), NodeRecord(node="n", address="a")
    assert with_fields(node, address="b") is not node
    first = stamped(node, None, 7)
    assert first is not None
    other = with_fields(node, address="b")
    second = stamped(other, first, 8)
    assert second is not None
    assert other.modify_index == 0
    assert node == before
    assert (first.address, first.modify_index, second.address, second.modify_index) == ("a", 7, "b", 8)
