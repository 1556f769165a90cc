"""A dictionary in the order of its keys, typed: sortedcontainers' own class carries no types."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

K = TypeVar("K")
L = TypeVar("L")
V = TypeVar("V")

if TYPE_CHECKING:

    class Ordered(dict[K, V]):
        """A dict that iterates in the order of its keys."""

        def irange(self, minimum: K | None = None) -> Iterator[K]:
            """Keys from ``minimum`` on, in order, without a copy."""
            raise NotImplementedError
else:
    from sortedcontainers import SortedDict as Ordered

__all__ = ["Ordered", "inner", "keys_under"]


def inner(tables: dict[K, dict[L, V]], key: K) -> dict[L, V]:
    """The table at ``key``, made if there is none: ``setdefault`` would make one at every call, for 5 us each."""
    table = tables.get(key)
    if table is None:
        table = tables[key] = Ordered()
    return table


def keys_under(table: Ordered[str, V], prefix: str) -> Iterator[str]:
    """The keys that start with ``prefix``, in order: costs what it yields, not what the table holds."""
    return takewhile(lambda key: key.startswith(prefix), table.irange(prefix))
