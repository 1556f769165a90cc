"""Autopilot's configuration: one row, which is kept only after a default was changed.

Until then the defaults are in force, since the first entry of the log: a compare-and-set names that index.
"""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.store.family import Family, Read, Write, never_blocks
from lictor_actors.store.guard import Need, constant
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.invariants import holds
from lictor_actors.store.snapshot.tables import Table
from lictor_messages.answers import Written
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    AutopilotConfigured,
    GetAutopilotConfiguration,
    SetAutopilotConfiguration,
)
from lictor_messages.refusals import Refused

INDEX = "autopilot-config"
DEFAULTS = AutopilotConfiguration(create_index=1, modify_index=1)


class AutopilotTable:
    """``row`` is what is in force."""

    __slots__ = ("indexes", "row")

    def __init__(self, indexes: Indexes) -> None:
        self.indexes = indexes
        self.row = DEFAULTS

    def set(self, command: SetAutopilotConfiguration, index: int) -> Written:
        """Replace it, unless a compare-and-set comes too late."""
        if command.cas is not None and command.cas != self.row.modify_index:
            return Written(ok=False, index=index)
        created = index if self.row is DEFAULTS else self.row.create_index
        stamps = {"create_index": created, "modify_index": index}
        self.row = command.configuration.model_copy(update=stamps)
        self.indexes.bump(INDEX, index)
        return Written(index=index)

    def get(self, _: GetAutopilotConfiguration) -> AutopilotConfigured:
        """What is in force."""
        return AutopilotConfigured(index=self.row.modify_index, configuration=self.row)

    def version(self, _: GetAutopilotConfiguration) -> int:
        """The index that ``get`` reports."""
        return self.row.modify_index

    def load(self, row: AutopilotConfiguration) -> None:
        """Take a row as it is."""
        self.row = row

    def __iter__(self) -> Iterator[AutopilotConfiguration]:
        """The row, if there is one."""
        return iter(() if self.row is DEFAULTS else (self.row,))


def _refuse(_: AutopilotTable, command: SetAutopilotConfiguration) -> Refused | None:
    for name, value in command.configuration:
        if type(value) is int and value < 0:
            return Refused(code="Invalid", text=f"{name} must not be negative, it is {value}")
    return None


def _check(autopilot: AutopilotTable) -> None:
    changed = 0 if autopilot.row is DEFAULTS else autopilot.row.modify_index
    holds(changed <= autopilot.indexes.table(INDEX), f"autopilot's configuration is of {changed}, ahead of its table")


def _fault(row: AutopilotConfiguration, index: int) -> str:
    return "" if 0 <= row.create_index <= row.modify_index <= index else "its indexes are impossible"


AUTOPILOT = Family(
    name="autopilot",
    make=lambda parts: AutopilotTable(parts.indexes),
    writes=(Write(SetAutopilotConfiguration, AutopilotTable.set, constant(Need("operator", "write")), admit=_refuse),),
    reads=(
        Read(
            GetAutopilotConfiguration,
            AutopilotTable.get,
            AutopilotTable.version,
            never_blocks,
            constant(Need("operator", "read")),
            rendered=False,
        ),
    ),
    tables=(
        Table("autopilot", tuple, AutopilotTable.load, covers=("row",), fault=_fault, record=AutopilotConfiguration),
    ),
    state=iter,
    check=_check,
)
