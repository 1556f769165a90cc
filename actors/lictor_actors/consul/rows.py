"""Rows of Consul's JSON, compiled: for each struct one function that spells out its fields.

It is as fast as one written by hand, which a loop over the fields is not, and one read makes thousands of rows. A
key's row, for example, says which session holds its lock only if one does::

    def row_of(record):
        if not (record.session): return {'LockIndex': record.lock_index, 'Key': record.key, …}
        row = {}
        row['LockIndex'] = record.lock_index
        …
        if record.session: row['Session'] = record.session
        …
        return row
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lictor_actors.consul.kinds import VALUE, Kind

JsonRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct: ``path`` leads from the record to its value, "" if it is a constant."""

    name: str
    path: str
    kind: Kind
    empty: Literal["shown", "null", "omitted"] = "shown"
    before: str = ""
    """The name in front of which it is written."""
    selectable: bool = True

    @property
    def value(self) -> str:
        """The expression of what the record holds: objects on the way to it are local names."""
        return self.path if "." in self.path else f"record.{self.path}"

    @property
    def written(self) -> str:
        """The expression of its JSON value."""
        written = self.kind.written.replace(VALUE, self.value)
        return f"({written}) if {self.value} else None" if self.empty == "null" else written


def arranged(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields in the order of the row: as they are declared, but for those that stand before others.

    Raises ValueError for one that stands before a name that is not there, or that is placed only after it.
    """
    fields = tuple(fields)
    order = [field for field in fields if not field.before]
    for field in fields:
        if field.before:
            order.insert([other.name for other in order].index(field.before), field)
    return tuple(order)


def compiled(name: str, fields: Sequence[Field], nothing: Any = None) -> Callable[[Any], JsonRow]:
    """From a record to its row. A record that equals ``nothing`` has an empty one: all its fields are omitted."""
    names: dict[str, Any] = {"NOTHING": vars(nothing) if nothing is not None else None}
    for field in fields:
        names.update(field.kind.names)
    code = compile("\n".join(_source(fields, short_cut=nothing is not None)), f"<row of {name}>", "exec")
    exec(code, names)
    made: Callable[[Any], JsonRow] = names["row_of"]
    return made


def _source(fields: Sequence[Field], *, short_cut: bool) -> Iterator[str]:
    yield "def row_of(record):"
    if short_cut:
        yield " if vars(record) == NOTHING: return {}"
    for part in dict.fromkeys(field.path.partition(".")[0] for field in fields if "." in field.path):
        yield f" {part} = record.{part}"
    omitted = [field for field in fields if field.empty == "omitted"]
    if len(omitted) < len(fields):
        some = " or ".join(field.value for field in omitted)
        shown = _display(field for field in fields if field.empty != "omitted")
        yield f" if not ({some}): return {shown}" if some else f" return {shown}"
    if omitted:
        yield from _one_by_one(fields)


def _one_by_one(fields: Sequence[Field]) -> Iterator[str]:
    yield " row = {}"
    for field in fields:
        put = f"row[{field.name!r}] = {field.written}"
        yield f" if {field.value}: {put}" if field.empty == "omitted" else f" {put}"
    yield " return row"


def _display(fields: Iterable[Field]) -> str:
    return "{" + ", ".join(f"{field.name!r}: {field.written}" for field in fields) + "}"
