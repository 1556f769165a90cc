"""Structs of Consul's JSON: compiled rows beside slow ones, both ways of each, and schemas that say what rows are."""

from __future__ import annotations

from functools import reduce
from random import Random
from typing import Annotated, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_messages import Odd

from lictor_actors.consul.decode import BadBody
from lictor_actors.consul.kinds import TEXT
from lictor_actors.consul.parts import one_or_more
from lictor_actors.consul.rows import Field, arranged
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs import agent, catalog, kv, operator, queries, sessions, txn
from lictor_messages.base import Record, read
from lictor_messages.json_names import Json

WRITTEN: list[Struct[Any]] = [
    catalog.NODE,
    catalog.SERVICE,
    catalog.CHECK,
    catalog.DEFINITION,
    catalog.HEALTH,
    catalog.PLACEMENT,
    agent.AGENT_SERVICE,
    kv.ENTRY,
    sessions.SESSION,
    txn.RESULT,
    txn.FAILURE,
    queries.QUERY,
    operator.AUTOPILOT,
    operator.RAFT_SERVER,
]
BOTH_WAYS: list[tuple[Struct[Any], dict[str, Any]]] = [
    (catalog.NODE, {}),
    (catalog.SERVICE, {"node": "n1"}),
    (catalog.CHECK, {}),
    (catalog.DEFINITION, {}),
    (queries.QUERY, {}),
    (kv.ENTRY, {}),
    (operator.AUTOPILOT, {}),
]
SEEDS = st.integers(0, 2**32 - 1)


def drawn(record: type[Record], seed: int) -> Any:
    return read(record, Odd(Random(seed), oddness=0).fields(record))


@pytest.mark.parametrize("struct", WRITTEN, ids=lambda struct: struct.name)
@given(seed=SEEDS)
def test_a_compiled_row_is_what_its_fields_and_its_schema_say(struct: Struct[Any], seed: int) -> None:
    record = drawn(struct.record_type, seed)
    row = orjson.dumps(struct.row(record))
    assert row == orjson.dumps(slow_row(struct, record))
    assert complaints(orjson.loads(row), struct.schema) == []


def slow_row(struct: Struct[Any], record: Any) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field in struct.written:
        value = reduce(getattr, field.path.split("."), record) if field.path else None
        if value or field.empty == "shown" or not field.path:
            row[field.name] = slow_value(field, value)
        elif field.empty == "null":
            row[field.name] = None
    return row


def slow_value(field: Field, value: Any) -> Any:
    if isinstance(field.kind.read, Struct) and isinstance(value, Record):
        return slow_row(field.kind.read, value)
    return eval(field.kind.written, {**field.kind.names, "VALUE": value})


@pytest.mark.parametrize(("struct", "settled"), BOTH_WAYS, ids=lambda of: getattr(of, "name", ""))
@given(seed=SEEDS)
def test_what_is_written_is_read_as_the_same(struct: Struct[Any], settled: dict[str, Any], seed: int) -> None:
    row = struct.row(drawn(struct.record_type, seed))
    again = struct.record(struct.decoded(orjson.dumps(row)), **settled)
    assert struct.row(again) == row


def complaints(value: Any, schema: dict[str, Any]) -> list[str]:
    """What is wrong with a value: the words of JSON Schema that are used here."""
    if "anyOf" in schema:
        found = [complaints(value, one) for one in schema["anyOf"]]
        return [] if [] in found else found[0]
    if "const" in schema:
        return [] if value == schema["const"] else [f"{value!r} is not {schema['const']!r}"]
    python = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "null": type(None)}
    if "type" in schema and type(value) is not python[schema["type"]]:
        return [f"{value!r} is no {schema['type']}"]
    if schema.get("writeOnly"):
        return [f"{value!r} is never written"]
    if schema.get("type") == "array":
        return [fault for one in value for fault in complaints(one, schema["items"])]
    if schema.get("type") == "object":
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        unknown = [name for name in value if name not in known and others is False]
        return unknown + [fault for name in value for fault in complaints(value[name], known.get(name) or others or {})]
    return []


def test_the_schema_tells_what_is_only_read_and_what_only_written() -> None:
    assert catalog.CHECK.schema["properties"]["Namespace"] == {"type": "string", "writeOnly": True}
    assert operator.RAFT_SERVER.schema["properties"]["ProtocolVersion"] == {"const": "3", "readOnly": True}
    assert catalog.CHECK.schema["properties"]["Definition"] == catalog.DEFINITION.schema
    assert queries.QUERY.schema["properties"]["DNS"]["properties"] == {"TTL": {"type": "string"}}


class Inner(Record):
    size: Annotated[int, Json("Size")] = 5


class Outer(Record):
    name: Annotated[str, Json("Name")]
    inner: Annotated[Inner, Json("Inner")] = Inner()
    old: Annotated[str, Json("Old", before="Name", empty="omitted")] = "old"


def test_what_is_not_given_keeps_its_default_and_is_zero_where_there_is_none() -> None:
    struct = Struct("Outer", Outer, (one_or_more(Struct("Inner", Inner)),))
    assert struct.record({}) == Outer(name="")
    assert struct.record(struct.decoded(b'{"inner": {}, "old": null}')) == Outer(name="")
    assert struct.record(struct.decoded(b'{"inner": {"size": 0}}')) == Outer(name="", inner=Inner(size=0))
    zeros = Struct("Outer", Outer, (one_or_more(Struct("Inner", Inner, zeros=True)),), zeros=True)
    assert zeros.record({}) == Outer(name="", inner=Inner(size=0), old="")
    assert zeros.record({}, name="n", old="o") == Outer(name="n", inner=Inner(size=0), old="o")


def test_of_several_names_the_first_that_says_something_counts() -> None:
    def read(body: bytes) -> int:
        return catalog.DEFINITION.record(catalog.DEFINITION.decoded(body)).interval_ns

    assert read(b'{"Interval": "1s", "IntervalDuration": "2s"}') == 2_000_000_000
    assert read(b'{"Interval": "1s", "IntervalDuration": 0}') == 1_000_000_000
    assert read(b'{"IntervalDuration": "2s"}') == 2_000_000_000
    assert read(b"{}") == 0


def test_names_are_taken_in_any_case_and_in_snake_case_where_go_does() -> None:
    assert agent.CHECK_DEFINITION.decoded(b'{"tls_skip_verify": true}') == {"TLSSkipVerify": True}
    assert catalog.DEFINITION.decoded(b'{"tlsskipVERIFY": true}') == {"TLSSkipVerify": True}
    with pytest.raises(BadBody, match='unknown field "tls_skip_verify"'):
        catalog.DEFINITION.decoded(b'{"tls_skip_verify": true}')


def test_rows_have_the_order_of_declaration_but_for_what_stands_before_others() -> None:
    fields = [Field("A", "a", TEXT), Field("B", "b", TEXT), Field("C", "c", TEXT, before="B")]
    assert [field.name for field in arranged([*fields, Field("D", "d", TEXT, before="C")])] == ["A", "D", "C", "B"]
    with pytest.raises(ValueError, match="'X' is not in list"):
        arranged([*fields, Field("D", "d", TEXT, before="X")])


def test_a_type_without_a_kind_is_an_error_where_it_is_declared() -> None:
    class Shared(Record):
        share: Annotated[complex, Json("Share")] = 0j

    with pytest.raises(TypeError, match="no kind of JSON for <class 'complex'>"):
        Struct("Shared", Shared)
