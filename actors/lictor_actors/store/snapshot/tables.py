"""A table of a snapshot: how to copy the pointers to its rows in one cheap turn, and how to put one row back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from lictor_actors.store.rows import lean
from lictor_messages.base import Record, read

T = TypeVar("T")
Fault = Callable[[Any, int], str]
"""(row, index of its snapshot) → why no store has written such a row, "" if one may have."""


class ByRow(NamedTuple):
    """For a table that may be too large to be checked in one turn: its rows are looked at as they are read."""

    table: str
    """The table of ``Indexes`` that no row may be newer than."""
    noun: str
    """What a row is."""


class Table(NamedTuple, Generic[T]):
    """One table of a snapshot. Rows are frozen records, or tuples that are made for the occasion."""

    name: str
    rows: Callable[[T], Sequence[object]]
    """Pointers to all rows, in any order that every replica agrees on."""
    load: Callable[[T, Any], None]
    """Puts back one row as ``read`` gives it, with everything by which it is found."""
    covers: tuple[str, ...]
    """Attributes of the family's tables that ``load`` fills. A test fails while one is in no table's ``covers``."""
    fault: Fault | None
    """What is looked at in rows that a client brings; None for a table that its restore leaves as it is."""
    record: type[Record] | None = None
    """What rows are; None for tuples."""
    by_row: ByRow | None = None

    def read(self, row: Any) -> Any:
        """A row as msgpack gives it, where a tuple is a list: the record, once it is known to be one."""
        return row if self.record is None else lean(read(self.record, row))


class Filed(NamedTuple):
    """A table of one store."""

    table: Table[Any]
    holder: Any
    """What its functions take first."""

    def rows(self) -> Sequence[object]:
        """See Table."""
        return self.table.rows(self.holder)

    def load(self, row: Any) -> None:
        """See Table."""
        self.table.load(self.holder, row)


def values(table: dict[Any, Any]) -> tuple[Any, ...]:
    """The rows of a dictionary: an Ordered by itself would look every key up, ten times as slow."""
    return tuple(dict.values(table))


def inner_values(tables: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """The rows of dictionaries in a dictionary."""
    return tuple(chain.from_iterable(map(dict.values, tables.values())))
