"""Checks of which only the output has changed: written now and then (``check_update_interval``), not each time."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_messages.agent import OutputSyncDue


class DeferredOutputs:
    """The ids of those that wait, each with a timer."""

    def __init__(self, interval_ns: int) -> None:
        self._interval_ns = interval_ns
        self._waiting: dict[str, None] = {}

    def __contains__(self, check_id: object) -> bool:
        return check_id in self._waiting

    def waits(self, check_id: str, turn: Turn) -> bool:
        """Have this output wait for its time; False if outputs are written at once."""
        if not self._interval_ns:
            return False
        if check_id not in self._waiting:
            self._waiting[check_id] = None
            after = self._interval_ns // 2 + turn.rng.randrange(self._interval_ns)
            turn.set_timer(_timer(check_id), after, OutputSyncDue(id=check_id))
        return True

    def drop(self, check_id: str) -> None:
        """Its time has come."""
        self._waiting.pop(check_id, None)

    def written(self, check_id: str, turn: Turn) -> None:
        """The check was written for another reason, with its output."""
        if check_id in self._waiting:
            del self._waiting[check_id]
            turn.cancel_timer(_timer(check_id))


def _timer(check_id: str) -> str:
    return f"output:{check_id}"
