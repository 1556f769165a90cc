"""What a person sees of a running cluster: one line that is kept up to date, or a line for each change in a pipe."""

from __future__ import annotations

import select
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO

CLEAR = "\r\x1b[K"
FAULTS_SHOWN = 3
FAULT_WIDTH = 32


class ClusterNow(NamedTuple):
    """The cluster at one moment."""

    leader: str
    """"" while most servers follow none."""
    alive: int
    """Members alive in the leader's eyes."""
    failed: int
    faults: tuple[str, ...] = ()
    """Those in force, in words."""

    def __str__(self) -> str:
        led = f"leader {self.leader.partition('.')[0]}" if self.leader else "no leader"
        return f"{led} | {self.alive} alive, {self.failed} failed | {self._broken()}"

    def _broken(self) -> str:
        if not self.faults:
            return "no faults"
        shown = ", ".join(shortened(fault, FAULT_WIDTH) for fault in self.faults[:FAULTS_SHOWN])
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return f"{count}: {shown}{', …' if len(self.faults) > FAULTS_SHOWN else ''}"


def changes(before: ClusterNow, now: ClusterNow) -> list[str]:
    """What has happened in between, in words; faults say so themselves."""
    told = []
    if now.leader != before.leader:
        told.append(f"leader: {now.leader.partition('.')[0] or 'none'}")
    if now.failed != before.failed:
        told.append(f"{now.failed} failed, {now.alive} alive")
    return told


class LiveStatus:
    """Keeps a person informed from the moment when the cluster stands. ``clock`` says the time of the day."""

    def __init__(
        self,
        seen: ClusterNow,
        out: TextIO | None = None,
        clock: Callable[[], str] = lambda: time.strftime("%H:%M:%S"),
    ) -> None:
        self._out = out or sys.stdout
        self._line = self._out.isatty()
        self._clock = clock
        self._seen = seen
        self._last = ""
        self._drawn = ""
        self._unsaid = 0
        """Events that a full pipe had no room for since the last one that was said."""
        self._draw()

    def look(self, seen: ClusterNow) -> None:
        """The cluster as it is now; without a leader the last count of members stays."""
        if not seen.leader:
            seen = seen._replace(alive=self._seen.alive, failed=self._seen.failed)
        before, self._seen = self._seen, seen
        for change in changes(before, seen):
            self.event(change)
        self._draw()

    def event(self, what: str) -> None:
        """Something happened."""
        self._last = f"{self._clock()} {what}"
        if self._line:
            self._draw()
        elif not has_room(self._out):
            self._unsaid += 1
        else:
            left_out = f" ({self._unsaid} before it left out: they were not read)" if self._unsaid else ""
            print(f"{self._last}{left_out}", file=self._out, flush=True)
            self._unsaid = 0

    def beside(self, say: Callable[[], object]) -> None:
        """Print something else: the line makes room for it."""
        self._wipe()
        say()
        self._draw()

    def close(self) -> None:
        """The line is left as it is."""
        if self._drawn:
            print(file=self._out, flush=True)
        self._line, self._drawn = False, ""

    def _draw(self) -> None:
        if not self._line or not has_room(self._out):
            return
        words = f"{self._seen}{f' | {self._last}' if self._last else ''}"
        text = shortened(words, shutil.get_terminal_size().columns - 1)
        if text != self._drawn:
            print(f"{CLEAR}{text}", end="", file=self._out, flush=True)
            self._drawn = text

    def _wipe(self) -> None:
        if self._drawn:
            print(CLEAR, end="", file=self._out, flush=True)
            self._drawn = ""


def has_room(out: TextIO) -> bool:
    """Whether a line can be written without waiting for a reader: who watches must not hold up the cluster."""
    try:
        poll = select.poll()
        poll.register(out.fileno(), select.POLLOUT)
    except (OSError, ValueError):  # no file, but a text that grows
        return True
    return bool(poll.poll(0))


def shortened(text: str, width: int) -> str:
    """At most so many columns."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def listed(names: Sequence[str], at_most: int = 10) -> str:
    """Names in a sentence, without the tail of a hundred."""
    shown = ", ".join(names[:at_most])
    return f"{shown} and {len(names) - at_most} more" if len(names) > at_most else shown
