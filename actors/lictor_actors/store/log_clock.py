"""The log's own time."""

from __future__ import annotations


class LogClock:
    """What the leader's wall clock said when it proposed the entry that is being applied."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 0
        """Nanoseconds since 1970."""
