"""What the supervisor needs of the ground on which its processes run: a machine that forks, or Ray."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from lictor_deploy.local.json_lines import Said


class ProcessChannel(Protocol):
    """The parent's end of the way to one process. Nothing here blocks."""

    closed: bool
    """The other end is gone."""

    def fileno(self) -> int:
        """Can be read when something has arrived, or when the other end is gone."""
        ...

    def send(self, message: Said) -> None:
        """Send in order, or keep until it can be sent."""
        ...

    def flush(self) -> None:
        """Send what was kept, if it can be sent now."""
        ...

    def receive(self) -> list[Said]:
        """What has arrived."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Launched(NamedTuple):
    """A process that has begun."""

    pid: int
    channel: ProcessChannel


class Launcher(Protocol):
    """Starts processes, knows when they end."""

    def launch(self, name: str) -> Launched:
        """Start the process of this name."""
        ...

    def kill(self, name: str, pid: int) -> None:
        """End it at once, without its help."""
        ...

    def ended(self, name: str, pid: int) -> int | None:
        """Its exit code (minus a signal's number if that killed it), None while it runs."""
        ...

    def await_end(self, name: str, pid: int) -> None:
        """Return when a process that was killed is gone."""
        ...
