"""The root certificate of the service mesh: one for a cluster, and the first that was written stays."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.store.family import Family, Read, Write
from lictor_actors.store.guard import unguarded
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.invariants import holds
from lictor_actors.store.snapshot.foreign import stamps_fault
from lictor_actors.store.snapshot.tables import Table
from lictor_messages.answers import Written
from lictor_messages.connect_ca import ListRoots, Root, Roots, SetRoot

TABLE = "connect-ca-roots"


class RootTable:
    """``row`` is the root, None before there is one."""

    __slots__ = ("indexes", "row")

    def __init__(self, indexes: Indexes) -> None:
        self.indexes = indexes
        self.row: Root | None = None

    def set(self, command: SetRoot, index: int) -> Written:
        """Take the root, unless a leader before has brought one: what trusts that must not lose it."""
        if self.row is not None:
            return Written(ok=False, index=index)
        self.row = command.root.model_copy(update={"create_index": index, "modify_index": index})
        self.indexes.bump(TABLE, index)
        return Written(index=index)

    def list(self, query: ListRoots) -> Roots:
        """The root, or none."""
        return Roots(index=self.version(query), roots=tuple(self))

    def version(self, _: ListRoots) -> int:
        """The index that answers report."""
        return max(self.indexes.table(TABLE), 1)

    def load(self, row: Root) -> None:
        """Take a row as it is."""
        self.row = row

    def __iter__(self) -> Iterator[Root]:
        """The row, if there is one."""
        return iter(() if self.row is None else (self.row,))


def _check(it: RootTable) -> None:
    made = 0 if it.row is None else it.row.modify_index
    holds(made <= it.indexes.table(TABLE), f"the root is of {made}, ahead of its table")


CONNECT_CA = Family(
    name="connect_ca",
    make=lambda parts: RootTable(parts.indexes),
    writes=(Write(SetRoot, RootTable.set, unguarded, leaders_own=True),),
    reads=(
        Read(ListRoots, RootTable.list, RootTable.version, lambda _: (("table", TABLE),), unguarded, rendered=False),
    ),
    tables=(Table("connect_ca", tuple, RootTable.load, covers=("row",), fault=stamps_fault, record=Root),),
    state=iter,
    check=_check,
)
