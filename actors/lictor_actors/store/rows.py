"""Rows as the tables keep them."""

from __future__ import annotations

from typing import Any, TypeVar

from lictor_messages.base import Record

R = TypeVar("R", bound=Record)

_FIELDS: dict[type[Record], set[str]] = {}


def lean(row: R) -> R:
    """The same row with its set of given fields shared by all rows of its class.

    Pydantic gives every record its own set, 728 bytes for a key of the store: more than the row itself.
    Nothing here asks which fields were given.
    """
    fields = _FIELDS.get(type(row))
    if fields is None:
        fields = _FIELDS[type(row)] = set(type(row).model_fields)
    object.__setattr__(row, "__pydantic_fields_set__", fields)
    return row


def with_fields(row: R, **fields: Any) -> R:
    """The row with these fields: mostly it has them already, and is taken as it is."""
    same = all(getattr(row, name) == value for name, value in fields.items())
    return row if same else row.model_copy(update=fields)


def stamped(row: R, old: R | None, index: int) -> R | None:
    """``row`` as it is written at ``index`` over ``old``, or None if the write changes nothing."""
    if old is None:
        return lean(row.model_copy(update={"create_index": index, "modify_index": index}))
    kept = {"create_index": old.create_index, "modify_index": old.modify_index}  # type: ignore[attr-defined]
    new = row.model_copy(update=kept)
    if new == old:
        return None
    return lean(row.model_copy(update={"create_index": kept["create_index"], "modify_index": index}))
