"""Structs as parts of others: the kinds of fields that hold one, several, or one that is only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from types import GenericAlias
from typing import Any

from lictor_actors.consul.decode import list_of, map_of
from lictor_actors.consul.kinds import VALUE, Kind, Parts
from lictor_actors.consul.selectors import ANY
from lictor_actors.consul.struct import R, Struct


def as_read(struct: Struct[Any]) -> Kind:
    """A field of a body that becomes a record in another way than as a part of its own."""
    return Kind(struct, struct.schema)


def list_read(struct: Struct[Any], go_type: str) -> Kind:
    """The same with several."""
    return Kind(list_of(struct, go_type), {"type": "array", "items": struct.schema})


def part_of(struct: Struct[Any]) -> Kind:
    """A field that holds one."""
    written = f"{struct.name}_row"
    return Kind(
        struct,
        struct.schema,
        struct.selectors,
        f"{written}({VALUE})",
        {written: struct.row},
        kept=struct.record,
        shown=struct.shown,
    )


def pointer(struct: Struct[Any]) -> Parts:
    """A field of a body that may hold none: null is as good as that, while an empty object is there."""
    read = as_read(struct)
    return {
        struct.record_type: replace(read, read=lambda value, where: None if value is None else struct(value, where))
    }


def one_or_more(struct: Struct[Any]) -> Parts:
    """Fields that hold one, or several in a list."""
    one = part_of(struct)
    several = Kind(
        list_of(struct, struct.name),
        {"type": "array", "items": struct.schema},
        [struct.selectors],
        f"[{one.written.replace(VALUE, 'one')} for one in {VALUE}]",
        one.names,
        kept=lambda given: tuple(map(struct.record, given)),
        shown=lambda rows: tuple(map(struct.shown, rows)),
    )
    return {struct.record_type: one, _tuple_of(struct): several}


def map_by(struct: Struct[R], attribute: str, go_type: str) -> Parts:
    """A field that holds several, which are a map in JSON: its keys are this attribute of each."""
    one = part_of(struct)

    def kept(given: Mapping[str, Any]) -> tuple[R, ...]:
        return tuple(struct.record(each, **{attribute: key}) for key, each in sorted(given.items()))

    several = Kind(
        map_of(struct, go_type),
        {"type": "object", "additionalProperties": struct.schema},
        {ANY: struct.selectors},
        f"{{one.{attribute}: {one.written.replace(VALUE, 'one')} for one in sorted({VALUE}, key=by_{attribute})}}",
        {**one.names, f"by_{attribute}": attrgetter(attribute)},
        kept,
        shown=lambda rows: tuple(struct.shown(row, **{attribute: key}) for key, row in sorted(rows.items())),
    )
    return {_tuple_of(struct): several}


def _tuple_of(struct: Struct[Any]) -> GenericAlias:
    """``tuple[Record, ...]``, as a record says it of a field."""
    return GenericAlias(tuple, (struct.record_type, ...))
