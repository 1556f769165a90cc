"""How a watcher treats indexes and failures (Consul's page on blocking queries), apart from how it waits."""

from __future__ import annotations

from typing import Any

from lictor_actors.client.errors import LictorError
from lictor_actors.client.results import Rows

BACKOFF_FIRST_S = 0.1
BACKOFF_MOST_S = 10.0


class Watching:
    """The state of one watch between two reads."""

    def __init__(self) -> None:
        self.index = 0
        """What to pass to the next read."""
        self._failures = 0

    def changed(self, rows: Rows[Any]) -> bool:
        """Take an answer; True if its reader has not seen it. An index that goes back (a restore) starts anew."""
        self._failures = 0
        before, self.index = self.index, rows.index if rows.index >= self.index else 0
        return rows.index > before

    def failed(self, error: LictorError) -> float:
        """Seconds to wait before reading again; raises the error if it will not pass."""
        if not error.passing:
            raise error
        self._failures += 1
        return min(BACKOFF_FIRST_S * 2.0 ** min(self._failures - 1, 10), BACKOFF_MOST_S)
