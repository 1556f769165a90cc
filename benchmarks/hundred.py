"""A hundred nodes on real sockets, broken in every way: who notices when, who is wronged, which events arrive?

    python benchmarks/hundred.py              Lictor, and serf beside it where that is installed; a quarter of an hour
    python benchmarks/hundred.py -short       half a minute of loss instead of five minutes; three minutes each
    python benchmarks/hundred.py lictor       one of the two

Both with their profile ``lan``. A node that is stopped by SIGSTOP has a process of its own: a server of ours that does
not lead, an agent of serf. The nodes of ours that are killed share a process with others and end inside it. Loss is a
fault verb of ours; serf has none. Times count from the blow to the line in a node's log, looked for ten times a second.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep
from typing import NamedTuple, Protocol

from hundred_systems import NODES, LictorNodes, SerfNodes
from table import show

LOOK_EVERY_S = 0.1
WITHIN_S = 90.0
SHORT_STOP_S, LONG_STOP_S = 4.0, 30.0
"""The shortest suspicion among a hundred takes 8 s, after a round of probes."""
AFTER_S = 10.0
BUSY_S = 20.0
EVENTS_WITHIN_S = 20.0


class System(Protocol):
    """A hundred nodes of one kind."""

    name: str
    lossy: Callable[[], object] | None

    def failures(self) -> list[str]:
        """Names of members that nodes have declared failed since the last look, once for each node that did."""
        ...

    def kill(self, victims: Sequence[str]) -> Callable[[], None]:
        """All at once; the answer starts them again and returns when all see all."""
        ...

    def stopped(self) -> tuple[str, int]:
        """The node that is to be stopped, and its process."""
        ...

    def victims(self, count: int) -> list[str]: ...

    def fire(self) -> Callable[[], int]:
        """Fire a user event; the answer tells how many nodes have it."""
        ...

    def wait_whole(self) -> None: ...


class Blow(NamedTuple):
    """What one scene has shown."""

    detected_s: list[float]
    """Once for each node that noticed and each victim."""
    wanted: int
    wronged: list[str]
    """Members that lived and were declared failed, once for each node that did."""
    back_s: float
    event_s: float
    heard: int


@dataclass
class Scenes:
    """Each of the blows, one after the other, on one system."""

    system: System
    loss_s: float
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def all(self) -> list[tuple[str, ...]]:
        """The rows of the table."""
        self._tell("at rest", lambda: self._quiet(AFTER_S))
        self._tell("one is killed", lambda: self._kill(1))
        self._tell(f"stopped for {SHORT_STOP_S:.0f} s", lambda: self._stop(SHORT_STOP_S, fails=False))
        self._tell(f"stopped for {LONG_STOP_S:.0f} s", lambda: self._stop(LONG_STOP_S, fails=True))
        self._tell("ten are killed at once", lambda: self._kill(NODES // 10))
        if self.system.lossy is not None:
            self._tell(f"25 % lost for {self.loss_s:.0f} s", self._lossy)
        self._tell("two busy loops", lambda: busy(lambda: self._quiet(BUSY_S)))
        self._tell("two busy loops, one is killed", lambda: busy(lambda: self._kill(1)))
        return self.rows

    def _tell(self, scene: str, play: Callable[[], Blow]) -> None:
        print(f"{self.system.name}: {scene} …", file=sys.stderr, flush=True)
        self.system.wait_whole()
        self.system.failures()
        self.rows.append((f"{self.system.name}: {scene}", *cells(play())))
        print("   ", *self.rows[-1][1:], file=sys.stderr, flush=True)

    def _quiet(self, lasts_s: float) -> Blow:
        """No member may fail; the event is fired at the beginning."""
        until = monotonic() + lasts_s
        event = self._event()
        sleep(max(until - monotonic(), 0.0))
        return Blow([], 0, self.system.failures(), 0.0, *event)

    def _lossy(self) -> Blow:
        heal = self.system.lossy()
        assert callable(heal)
        seen = self._quiet(self.loss_s)
        heal()
        return seen

    def _kill(self, count: int) -> Blow:
        victims, began = self.system.victims(count), monotonic()
        revive = self.system.kill(victims)
        times, wronged = self._watch(victims, began, count * (NODES - count))
        again = monotonic()
        revive()
        back = monotonic() - again
        wronged += [name for name in self.system.failures() if name not in victims]
        return Blow(times, count * (NODES - count), wronged, back, *self._event())

    def _stop(self, lasts_s: float, *, fails: bool) -> Blow:
        name, pid = self.system.stopped()
        began = monotonic()
        os.kill(pid, signal.SIGSTOP)
        victims, wanted = ([name], NODES - 1) if fails else ([], 0)
        times, wronged = self._watch(victims, began, wanted, within_s=lasts_s)
        sleep(max(began + lasts_s - monotonic(), 0.0))
        again = monotonic()
        os.kill(pid, signal.SIGCONT)
        self.system.wait_whole()
        back = monotonic() - again
        sleep(AFTER_S)
        wronged += [one for one in self.system.failures() if one not in victims]
        return Blow(times, wanted, wronged, back, *self._event())

    def _watch(
        self, victims: Sequence[str], began: float, wanted: int, within_s: float = WITHIN_S
    ) -> tuple[list[float], list[str]]:
        times: list[float] = []
        wronged: list[str] = []
        while monotonic() - began < within_s and (not wanted or len(times) < wanted):
            sleep(LOOK_EVERY_S)
            for name in self.system.failures():
                if name in victims:
                    times.append(monotonic() - began)
                else:
                    wronged.append(name)
        return times, wronged

    def _event(self) -> tuple[float, int]:
        began, heard = monotonic(), self.system.fire()
        count = heard()
        while count < NODES and monotonic() - began < EVENTS_WITHIN_S:
            sleep(LOOK_EVERY_S)
            count = heard()
        return monotonic() - began, count


def cells(blow: Blow) -> tuple[str, ...]:
    """Figures of one scene."""
    times = sorted(blow.detected_s)
    seen = [f"{of(times):.1f}" if times else "-" for of in (min, statistics.median, max)]
    share = f"{len(times)}/{blow.wanted}" if blow.wanted else "-"
    wronged = f"{len(blow.wronged)} ({len(set(blow.wronged))})" if blow.wronged else "0"
    back = f"{blow.back_s:.1f}" if blow.back_s else "-"
    return (*seen, share, wronged, back, f"{100 * blow.heard / NODES:.0f}", f"{blow.event_s:.1f}")


HEAD = ("", "first s", "median s", "last s", "noticed", "wronged", "back s", "events %", "event s")


def busy(play: Callable[[], Blow]) -> Blow:
    """A loop without end on each core meanwhile."""
    loops = [Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        sleep(2.0)
        return play()
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextmanager
def started(name: str) -> Iterator[System]:
    """The hundred nodes, all of which see each other."""
    kind: type[LictorNodes] | type[SerfNodes] = LictorNodes if name == "lictor" else SerfNodes
    with tempfile.TemporaryDirectory() as folder, kind.started(Path(folder)) as system:
        yield system


def main(*wanted: str, loss_s: float = 300.0) -> None:
    """Each system in turn, then one table."""
    rows: list[tuple[str, ...]] = []
    for name in wanted or ("lictor", "serf"):
        if name == "serf" and shutil.which("serf") is None:
            print("serf is not installed", file=sys.stderr)
            continue
        with started(name) as system:
            rows += Scenes(system, loss_s).all()
    load = os.getloadavg()[0]
    show(f"{NODES} nodes, profile lan; load average at the end {load:.1f}", HEAD, rows)
    print("noticed: nodes that declared a victim failed; wronged: declarations about members that lived, and how many")


if __name__ == "__main__":
    short = "-short" in sys.argv
    main(*(word for word in sys.argv[1:] if re.fullmatch("[a-z]+", word)), loss_s=30.0 if short else 300.0)
