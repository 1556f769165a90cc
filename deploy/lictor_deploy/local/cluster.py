"""The parent of a cluster of processes, from their start to the last socket file. What they run on, others know."""

from __future__ import annotations

import secrets
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lictor_deploy.local.command import run_command
from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.live_status import ClusterNow, LiveStatus, listed
from lictor_deploy.local.parent.control import ControlServer
from lictor_deploy.local.parent.federation import Federation
from lictor_deploy.local.parent.introductions import Introductions
from lictor_deploy.local.parent.launcher import Launcher
from lictor_deploy.local.parent.supervisor import Process, Supervisor
from lictor_deploy.local.plan import NodeAddress
from lictor_deploy.local.progress import make_progress, sentence
from lictor_deploy.local.run_dir import CONTROL, LOCK, TOKEN, FaultToken, announce, make_again
from lictor_deploy.local.upkeep import LOOK_EVERY_S, Upkeep
from lictor_deploy.local.welcome import addresses, described, headline, try_next
from lictor_deploy.words.sentence import Failure

if TYPE_CHECKING:
    from lictor_deploy.local.secured import Secured

STOP_WITHIN_S = 4.0
"""Processes that have not closed everything by then are killed; all in all Ctrl-C takes less than five seconds."""
SHOW_EVERY_S = 0.1
READY_WITHIN_S = 120.0
"""A cluster that is not whole by then goes on all the same, and the nodes that are late are named."""


class Layout(NamedTuple):
    """The nodes of a cluster, and what carries them."""

    places: list[NodeAddress]
    """Where they are, servers first."""
    homes: dict[str, str]
    """Node → process. Kept up to date by the one who moves nodes."""
    launcher: Launcher
    seed: int = 0
    idle: tuple[str, ...] = ()
    """Processes that begin without a node."""
    shared: str = ""
    """Why no node has a process and a disk of its own, "" if some have."""
    secured: Secured | None = None
    """Its certificates, keys and first token; None: it has none."""


class ClusterParent:
    """What runs a cluster of processes: it hears what they report, obeys the control socket, tells a person."""

    def __init__(
        self, layout: Layout, run: Path, data: Path, *, signals: list[int] | None = None, umask: int = 0o022
    ) -> None:
        """``umask``: what the command is run with; the cluster's own files are made with a narrower one."""
        self._places, self._homes = layout.places, layout.homes
        self._secured = layout.secured
        self._run = run
        self._data = data
        self._umask = umask
        self.temporary: list[Path] = []
        """Directories beside the run directory that go with the cluster: cleaners are to leave them alone."""
        self._locks: list[int] = []
        self._upkeep: Upkeep | None = None
        self._trouble = ""
        self._token = FaultToken(secrets.token_urlsafe(18), run / TOKEN)
        self._token.keep()
        self._convergence = Federation(
            [place.node for place in self._places if place.server],
            [place.node for place in self._places if not place.server],
        )
        self._refused = ""
        self._whole = False
        """It has been: from then on one node that cannot start does not end all the others."""
        self._announced = False
        self._status: LiveStatus | None = None
        names = list(dict.fromkeys((*self._homes.values(), *layout.idle)))
        self._supervisor = Supervisor(names, layout.launcher, heard=self._heard, died=self._died, signals=signals)
        self._introductions = Introductions(names, self._supervisor.tell)
        self._facts = self._describe()
        self._control = self._make_control(layout)

    def _make_control(self, layout: Layout) -> ControlServer:
        return ControlServer(
            self._run / CONTROL,
            self._supervisor,
            self._convergence,
            self._homes,
            self._facts,
            seed=layout.seed,
            data=self._data,
            log=self._log_fault,
            shared=layout.shared,
        )

    def start(self) -> None:
        """Start every process."""
        self._supervisor.start()
        self._control.open()
        self._announced = announce(self._run)
        files = (self._run / CONTROL, self._run / LOCK, self._token.file)
        self._upkeep = Upkeep(files, (self._run.parent, self._run, *self.temporary))
        self._look()

    def run(self, command: str, started: float) -> int:
        """Wait until the cluster is whole, then run the command or wait for a signal."""
        if not self._wait_whole():
            return 128 + self._supervisor.signals[0]
        words = self._outcome(time.monotonic() - started)
        self._whole = True
        self._supervisor.tell({"settled": True})
        if command:
            print(f"{words} Running: {command}", flush=True)
            environment = self._describe()["environment"]
            return run_command(command, environment, self._umask, self._supervisor.signals, self._step)
        print(self._welcome(words), flush=True)
        self._status = LiveStatus(self._seen())
        while not self._supervisor.signals:
            self._step(3600.0)
            self._status.look(self._seen())
        self._status.close()
        number = self._supervisor.signals[0]
        return 0 if number == signal.SIGINT else 128 + number  # Ctrl-C is how it is meant to end

    def _outcome(self, took: float) -> str:
        if self._convergence.whole:
            return headline(self._places, len(self._supervisor.processes), took)
        late = [name.partition(".")[0] for name in self._convergence.late()]
        missing = f" Late: {listed(late)}." if late else ""
        return f"Not whole after {took:.0f} s: {sentence(self._convergence.summary())}.{missing} The cluster goes on."

    def _seen(self) -> ClusterNow:
        alive = self._convergence.alive
        faults = tuple(f"{one['id']} {one['what']}" for one in self._control.faults())
        return ClusterNow(self._convergence.leader, alive, len(self._places) - alive, faults)

    def _look(self) -> None:
        """Is the run directory still there? The processes look after their own sockets in it."""
        assert self._upkeep is not None
        try:
            if self._upkeep.lost():
                self._make_run_dir_again(self._upkeep)
            self._upkeep.touch()
            self._trouble = ""
        except (OSError, Failure) as error:
            if str(error) != self._trouble:  # once, though it is tried every second
                self._warn(f"{self._run} was removed and cannot be made again: {error}")
            self._trouble = str(error)
        self._control.alarms.later(LOOK_EVERY_S, self._look)

    def _make_run_dir_again(self, upkeep: Upkeep) -> None:
        self._locks.append(make_again(self._run))
        self._token.keep()
        self._control.open_again()
        upkeep.lock()
        if self._announced:
            announce(self._run)
        self._warn(f"{self._run} was removed, or what is in it: it was made again.")

    def stop(self) -> None:
        """End every process and remove what they left; a second Ctrl-C makes it abrupt."""
        if not self._supervisor.stop(STOP_WITHIN_S):
            print("Some processes did not end in time and were killed.", file=sys.stderr)
        self._control.close()
        self._supervisor.close()
        if self._upkeep is not None:
            self._upkeep.close()

    # -- running -------------------------------------------------------------

    def _step(self, timeout_s: float) -> None:
        self._supervisor.step(self._control.alarms.due_in(timeout_s))
        self._control.alarms.ring()
        if self._refused:
            raise Failure(f"{self._refused} Its log: {self._data}/logs")

    def _wait_whole(self) -> bool:
        """Show progress until the cluster is whole; False if a signal came first."""
        progress = make_progress()
        until = time.monotonic() + READY_WITHIN_S
        try:
            while not self._convergence.whole:
                progress.show(self._convergence.summary())
                self._step(SHOW_EVERY_S)
                if self._supervisor.signals:
                    return False
                if time.monotonic() > until:
                    break
            return True
        finally:
            progress.close()

    # -- processes -----------------------------------------------------------

    def _heard(self, name: str, message: Said) -> None:
        match message:
            case {"report": dict(seen)}:
                self._convergence.report(seen)
            case {"hits": dict(hits)}:
                self._control.hit(name, hits)
            case {"refused": str(why)} if self._whole:
                remedy = f"It stays down; `lictor fault restart {name} -wipe` starts it with an empty disk."
                self._warn(f"{why}. {remedy}")
                self._control.cannot_start(name, why)
            case {"refused": str(why)}:
                self._refused = f"{why}."
            case {"presents": list(records)}:
                self._introductions.presented(name, records)
            case {"met": True}:
                self._introductions.met(name)
            case {"done": int(order), "count": int(count)}:
                self._control.done(name, order, count)
            case {"asks": int(number), "request": dict(request)}:
                self._control.asked(name, number, request)
            case {"ended": str(who), "why": str(why)} if not self._whole:
                self._refused = f"{who} has ended: {why}."
            case {"ended": str(who), "why": str(why)}:
                self._warn(f"{who} has ended: {why}")

    def _died(self, process: Process, status: int) -> None:
        self._bury(process)
        if process.held or process.wanted:
            return
        cause = f"killed by signal {-status}" if status < 0 else f"exit code {status}"
        fate = "too often: its nodes stay down" if process.given_up else "starting it again"
        self._warn(f"{process.name} died ({cause}), {fate}. Its log: {self._data}/logs/{process.name}.log")

    def _bury(self, process: Process) -> None:
        """What its nodes last said is void, and no order waits for it."""
        self._convergence.forget(node for node, home in self._homes.items() if home == process.name)
        self._control.gone(process.name)

    def _log_fault(self, event: str) -> None:
        """Faults with the time of the day, beside the logs of the processes, and to the person who watches."""
        if self._status is not None:
            self._status.event(event)
        with (self._data / "logs" / "faults.log").open("a", encoding="utf-8") as file:
            now = time.time()
            at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
            file.write(f"{at} [INFO] ! {event}\n")

    # -- words ---------------------------------------------------------------

    def _describe(self) -> Said:
        return described(self._places, self._run / CONTROL, self._token.secret, self._data, self._secured)

    def _welcome(self, words: str) -> str:
        hints = try_next(self._places, self._secured)
        if not self._announced:
            hints += (
                f"  export LICTOR_CONTROL={self._run / CONTROL}      # for `lictor fault`: another cluster runs too\n"
            )
        return f"{words}\n\n{addresses(self._places)}\n\n{hints}\nLogs: {self._data}/logs   Stop: Ctrl-C"

    def _warn(self, words: str) -> None:
        """On standard error, above the status line."""
        if self._status is None:
            print(words, file=sys.stderr, flush=True)
        else:
            self._status.beside(lambda: print(words, file=sys.stderr, flush=True))
