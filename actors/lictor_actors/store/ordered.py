"""A dictionary in the order of its keys, typed: sortedcontainers' own class carries no types."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

K = TypeVar("K")
L = TypeVar("L")
V = TypeVar("V")

if TYPE_CHECKING:

    class Ordered(dict[K, V]):
        """A dict that iterates in the order of its keys."""

        def irange(
            self, minimum: K | None = None, maximum: K | None = None, inclusive: tuple[bool, bool] = (True, True)
        ) -> Iterator[K]:
            """Keys between the two, in order, without a copy."""
            raise NotImplementedError
else:
    from sortedcontainers import SortedDict as Ordered

__all__ = ["Ordered", "inner", "keys_under"]

LAST_CHAR = chr(sys.maxunicode)


def inner(tables: dict[K, dict[L, V]], key: K) -> dict[L, V]:
    """The table at ``key``, made if there is none: ``setdefault`` would make one at every call, for 5 us each."""
    table = tables.get(key)
    if table is None:
        table = tables[key] = Ordered()
    return table


def keys_under(table: Ordered[str, V], prefix: str) -> Iterator[str]:
    """The keys that start with ``prefix``, in order: costs what it yields, not what the table holds."""
    return table.irange(prefix, _behind(prefix), (True, False))


def _behind(prefix: str) -> str | None:
    """The least text that is greater than all that start with ``prefix``; None if nothing is."""
    stem = prefix.rstrip(LAST_CHAR)
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else None
