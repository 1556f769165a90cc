"""The parent of a cluster: starts processes, listens to them, starts again what died. One thread, no event loop.

How a process is started and ended is its launcher's business: by fork on this machine, as an actor on Ray.
"""

from __future__ import annotations

import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.parent.launcher import Launcher, ProcessChannel

DEATHS_MAX = 5
DEATHS_WITHIN_S = 60.0
BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0
NO_FAULT_OF_ITS_OWN = (0, -signal.SIGKILL)
"""Exit codes of a process that was told to end or was killed: no crash loop, however often that happens."""


@dataclass
class Process:
    """One process over all its lives."""

    name: str
    pid: int = 0
    channel: ProcessChannel | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_MAX))
    again_at: float = 0.0
    """When to start it again; 0: it runs, or has been given up."""
    given_up: bool = False
    held: bool = False
    """A fault wants it down: it is not started again until ``let_go``."""
    wanted: bool = False
    """A fault asked for the end of its present life."""

    def died(self, now: float, code: int) -> None:
        """Plan the next life, or give up after too many crashes in a short time."""
        self.pid = 0
        if code in NO_FAULT_OF_ITS_OWN:
            self.again_at = now + BACKOFF_FIRST_S
            return
        self.deaths.append(now)
        recent = [death for death in self.deaths if now - death < DEATHS_WITHIN_S]
        self.given_up = len(recent) == DEATHS_MAX
        self.again_at = 0.0 if self.given_up else now + min(BACKOFF_FIRST_S * 2 ** (len(recent) - 1), BACKOFF_MAX_S)


class Supervisor:
    """Keeps processes running and passes messages to and from them."""

    def __init__(
        self,
        names: Sequence[str],
        launcher: Launcher,
        *,
        heard: Callable[[str, Said], None],
        died: Callable[[Process, int], None],
        signals: list[int] | None = None,
    ) -> None:
        """``signals``: where those that came before ``start`` were written down, and later ones will be."""
        self.processes = {name: Process(name) for name in names}
        self.selector = selectors.DefaultSelector()
        self.signals: list[int] = [] if signals is None else signals
        """SIGINT and SIGTERM as they came."""
        self._launcher = launcher
        self._heard = heard
        self._died = died
        self._stopping = False
        self._taken: list[signal.Signals] = []
        """The signals that are ours, SIGINT first."""
        self._awake, self._wake = socket.socketpair()
        for end in (self._awake, self._wake):
            end.setblocking(False)
        self.watch(self._awake, self._drain)

    # -- life ----------------------------------------------------------------

    def start(self) -> None:
        """Take over the signals and start every process."""
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._taken = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup is to be obeyed
            self._taken.append(signal.SIGHUP)
        for number in self._taken:
            signal.signal(number, self._signalled)
        signal.signal(signal.SIGCHLD, _nothing)
        for process in self.processes.values():
            self._launch(process)

    def add(self, name: str) -> None:
        """One more process, from now on."""
        self.processes[name] = Process(name)
        self._launch(self.processes[name])

    def give_up(self, name: str) -> None:
        """This process has ended, and is not started again before ``let_go``."""
        self.processes[name].given_up, self.processes[name].again_at = True, 0.0

    def step(self, timeout_s: float) -> None:
        """Wait for something to happen, at most so long, and deal with it."""
        for process in self.alive:
            if process.channel is not None:
                process.channel.flush()
        now = time.monotonic()
        due = [process.again_at - now for process in self._waiting()]
        for key, _ in self.selector.select(max(0.0, min([timeout_s, *due]))):
            key.data()
        self._bury()
        for process in self._waiting():
            if process.again_at <= time.monotonic() and not self._stopping:
                self._launch(process)

    def hold(self, name: str) -> None:
        """Fault: once this process has ended, it stays down until ``let_go``."""
        self.processes[name].held = True

    def kill(self, name: str) -> None:
        """Fault: end this process by SIGKILL, and keep it down."""
        self.hold(name)
        self.processes[name].wanted = True
        if self.processes[name].pid:
            self._launcher.kill(name, self.processes[name].pid)

    def end(self, name: str) -> None:
        """Fault: end this process in good order, and keep it down."""
        self.hold(name)
        self.processes[name].wanted = True
        self.tell({"stop": True}, [name])

    def let_go(self, name: str) -> None:
        """Fault healed: start the process again as soon as it is gone. Such deaths are not held against it."""
        process = self.processes[name]
        process.held = False
        process.deaths.clear()
        process.given_up = False
        if not process.pid:
            process.again_at = time.monotonic()

    def stop(self, within_s: float) -> bool:
        """Ask every process to end; kill what has not ended in time. True if none had to be killed."""
        self._stopping = True
        self.tell({"stop": True})
        until = time.monotonic() + within_s
        while self.alive and time.monotonic() < until and len(self.signals) < 2:
            self.step(until - time.monotonic())
        stubborn = self.alive
        for process in stubborn:
            self._launcher.kill(process.name, process.pid)
            self._launcher.await_end(process.name, process.pid)
            process.pid = 0
        return not stubborn

    def close(self) -> None:
        """Give the signals back and close what is open."""
        signal.set_wakeup_fd(-1)
        for number in (*self._taken, signal.SIGCHLD):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        for process in self.processes.values():
            self._hang_up(process)
        self.selector.close()
        self._awake.close()
        self._wake.close()

    @property
    def alive(self) -> list[Process]:
        """The processes that run."""
        return [process for process in self.processes.values() if process.pid]

    # -- messages ------------------------------------------------------------

    def tell(self, message: Said, names: Iterable[str] | None = None) -> list[str]:
        """Send to these processes (all if None); returns the names of those that are there to hear it."""
        chosen = self.processes.values() if names is None else [self.processes[name] for name in names]
        listening = [process for process in chosen if process.channel is not None and not process.channel.closed]
        for process in listening:
            assert process.channel is not None
            process.channel.send(message)
        return [process.name for process in listening]

    def watch(self, sock: socket.socket | ProcessChannel, ready: Callable[[], None]) -> None:
        """Call ``ready`` when ``sock`` can be read; a forked child closes it."""
        self.selector.register(sock, selectors.EVENT_READ, ready)

    def forget(self, sock: socket.socket | ProcessChannel) -> None:
        """Stop watching."""
        with suppress(KeyError, ValueError):
            self.selector.unregister(sock)

    # -- inside --------------------------------------------------------------

    def _waiting(self) -> list[Process]:
        """Those that are to be started again, now or soon."""
        return [process for process in self.processes.values() if process.again_at and not process.held]

    def _launch(self, process: Process) -> None:
        pid, channel = self._launcher.launch(process.name)
        process.pid, process.again_at, process.channel, process.wanted = pid, 0.0, channel, False
        self.watch(channel, lambda: self._listen(process))

    def disown(self) -> None:
        """In a process that was forked from this one: nothing of the parent's is ours."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
        for number in (*self._taken[1:], signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self.selector.close()
        self._wake.close()

    def _listen(self, process: Process) -> None:
        channel = process.channel
        if channel is None:
            return
        for message in channel.receive():
            self._heard(process.name, message)
        if channel.closed:
            self._hang_up(process)

    def _hang_up(self, process: Process) -> None:
        if process.channel is not None:
            self.forget(process.channel)
            process.channel.close()
            process.channel = None

    def _bury(self) -> None:
        for process in self.alive:
            code = self._launcher.ended(process.name, process.pid)
            if code is not None:
                self._listen(process)
                self._hang_up(process)
                process.died(time.monotonic(), code)
                if not self._stopping:
                    self._died(process, code)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self.signals.append(number)

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._awake.recv(4096)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """SIGCHLD only has to wake the selector."""
