"""Autopilot's configuration: one row, which exists only after somebody has changed a default."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.store.indexes import Indexes
from lictor_messages.answers import Written
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    AutopilotConfigured,
    GetAutopilotConfiguration,
    SetAutopilotConfiguration,
)

AUTOPILOT = "autopilot-config"
DEFAULTS = AutopilotConfiguration()


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
        stamps = {"create_index": self.row.create_index or index, "modify_index": index}
        self.row = command.configuration.model_copy(update=stamps)
        self.indexes.bump(AUTOPILOT, index)
        return Written(index=index)

    def get(self, _: GetAutopilotConfiguration) -> AutopilotConfigured:
        """What is in force."""
        return AutopilotConfigured(index=self.row.modify_index or 1, configuration=self.row)

    def __iter__(self) -> Iterator[AutopilotConfiguration]:
        """The row, if there is one."""
        return iter(() if self.row is DEFAULTS else (self.row,))
