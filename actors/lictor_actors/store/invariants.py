"""What must hold between tables and their indexes after every command; each family says it of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from lictor_actors.store.errors import InvariantBroken
from lictor_actors.store.family import Family, Parts


class Stamped(Protocol):
    """A row."""

    @property
    def create_index(self) -> int:
        """Index at which it was made."""

    @property
    def modify_index(self) -> int:
        """Index at which it was last written."""


def check_parts(parts: Parts, families: Sequence[Family[Any]]) -> None:
    """Raises InvariantBroken with the first contradiction found."""
    for family in families:
        family.check_large(family.of(parts))
    check_small_parts(parts, families)
    newest = max(parts.indexes.tables.values(), default=0)
    holds(newest <= parts.applied, f"a table is at {newest}, ahead of the log at {parts.applied}")


def check_small_parts(parts: Parts, families: Sequence[Family[Any]]) -> None:
    """The same without tables whose rows were looked at one by one as they came: see ``Table.by_row``."""
    for family in families:
        family.check(family.of(parts))


def check_rows(table: str, rows: Iterable[Stamped], index: int) -> None:
    """No row is newer than its table."""
    for row in rows:
        if not 0 < row.create_index <= row.modify_index <= index:  # the text of each row would cost far more
            raise InvariantBroken(f"{table} is at {index}, but holds {row!r}")


def holds(condition: bool, otherwise: str) -> None:
    """Raises InvariantBroken with this text unless the condition is true."""
    if not condition:
        raise InvariantBroken(otherwise)
