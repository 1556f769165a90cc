"""What people are told of the nodes of a process: lines of the log, and of the timeline while one is recorded."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.hosts.live.faults import LiveRules
from lictor_actors.hosts.live.log_lines import about, log_of
from lictor_messages.envelope import role_of


class Told:
    """The part of ``Ground`` that speaks to people."""

    def __init__(self, faults: LiveRules, stopped: Callable[[str, str], None] | None) -> None:
        """``stopped`` is told which actor is down for good, and why."""
        self._faults = faults
        self._stopped = stopped

    def note(self, who: str, event: str, cause: str = "") -> None:
        """See ``Ground``."""
        log_of(role_of(who)).info("%s %s", who, event, extra=about(cause))
        self._on_the_timeline(who, event)

    def crashed(self, who: str, error: Exception, cause: str = "") -> None:
        """See ``Ground``."""
        log_of(role_of(who)).error("%s crashed", who, exc_info=error, extra=about(cause))

    def actor_stopped(self, who: str, why: str) -> None:
        """See ``Ground``."""
        log_of(role_of(who)).error("%s stopped for good: %s", who, why)
        self._on_the_timeline(who, f"stopped: {why}")
        if self._stopped is not None:
            self._stopped(who, why)

    def _on_the_timeline(self, who: str, event: str) -> None:
        if self._faults.tap is not None:
            self._faults.tap.note(who, event)
