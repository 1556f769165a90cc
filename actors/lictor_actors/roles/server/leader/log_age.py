"""How old a leader's log is: the age of its first command, looked at now and then.

It grows until a snapshot lets the log begin later. Of a log that grows older than snapshots are apart, entries are kept
for a follower that is far behind, or snapshots fail.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Raft
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.store.commands import stamp_of

LOOKED_AT = 64
"""A log begins with fewer entries than that which are no commands: terms and configurations."""


class LogAge:
    """Of one lead."""

    def __init__(self, raft: Raft, time: LogTime) -> None:
        self._raft = raft
        self._time = time
        self.ms = 0.0
        """When it was looked at; 0 for a log without commands."""

    def look(self, turn: Turn) -> None:
        """Reckon it anew."""
        first, end = self._raft.first_index, self._raft.last_index + 1
        entries = self._raft.entries(first, min(end, first + LOOKED_AT))
        stamp = next((stamp_of(entry.data) for entry in entries if entry.type == "command"), None)
        self.ms = 0.0 if stamp is None else (self._time.stamp(turn.now, turn.wall) - stamp) / 1e6
