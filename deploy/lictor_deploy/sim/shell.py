"""Walking through a seed by hand: run on, take single steps, look at actors. Commands come from standard input."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable

from lictor_actors.swarm.look import addresses
from lictor_actors.swarm.seeds import BROKEN, begin
from lictor_deploy.sim.one import OneSeed, seen
from lictor_deploy.words.durations import seconds
from lictor_deploy.words.sentence import Failure

LINES = 20
HELP = """run 1.5s      let so much time pass
to 12.5s      run on to this time
step [N]      the next N events (1)
show WHO      an actor (server@server-1) or a node
who           all actors
faults        what holds, and all that has struck
trace [N]     the last N events
heal          end the chaos, and let the cluster become whole
quit          or the end of the input"""


class Shell:
    """One run, and what may be said about it."""

    def __init__(self, asked: OneSeed) -> None:
        self._lines: deque[str] = deque(maxlen=10_000)
        self._run = begin(asked.plan, self._lines.append)
        self._broken = ""
        self._commands: dict[str, Callable[[str], Iterable[str]]] = {
            "run": self._for,
            "to": self._to,
            "step": self._step,
            "show": lambda who: seen(self._run, who),
            "who": lambda _: addresses(self._run.world),
            "faults": lambda _: self._faults(),
            "trace": lambda number: list(self._lines)[-_count(number, LINES) :],
            "heal": lambda _: self._heal(),
            "help": lambda _: HELP.splitlines(),
        }

    @property
    def status(self) -> int:
        """The exit status: 1 if a judge has spoken."""
        return 1 if self._broken else 0

    def say(self, line: str) -> list[str]:
        """Obey one command. Raises Failure with a sentence if it cannot."""
        verb, _, rest = line.strip().partition(" ")
        command = self._commands.get(verb)
        if command is None:
            raise Failure(f"There is no command {verb!r}: try help.")
        return list(command(rest.strip()))

    def where(self) -> str:
        """The time, for a prompt."""
        return f"{self._run.world.time / 1e9:.6f} s"

    def _for(self, text: str) -> list[str]:
        return self._advance(self._run.world.time / 1e9 + seconds(text))

    def _to(self, text: str) -> list[str]:
        return self._advance(seconds(text))

    def _advance(self, to_s: float) -> list[str]:
        return self._judged(lambda: self._run.advance(to_s))

    def _step(self, text: str) -> list[str]:
        world = self._run.world
        wanted = world.trace.events + _count(text, 1)
        self._lines.clear()
        said = self._judged(lambda: world.run_until(lambda: world.trace.events >= wanted, 60.0))
        return [*self._lines, *said]

    def _heal(self) -> list[str]:
        return self._judged(self._run.heal) + self._run.failures

    def _judged(self, do: Callable[[], object]) -> list[str]:
        if self._broken:
            return [f"this run is over: {self._broken}"]
        try:
            do()
        except BROKEN as error:
            self._broken = f"{type(error).__name__}: {error}"
            return [f"broken at {self.where()}: {self._broken}"]
        return [f"at {self.where()}"]

    def _faults(self) -> list[str]:
        chaos = self._run.chaos
        if chaos is None:
            return ["no fault has struck yet"]
        holding = [f"holds  {fault.id} {fault.what}" for fault in chaos.faults.ls()]
        down = [f"down   {name}" for name, machine in self._run.world.machines.items() if not machine.running]
        struck = [f"{s.number:>3} {s.at_s:8.3f} s  {s.what or 'left out, or hit nobody'}" for s in chaos.strikes]
        return holding + down + struck or ["no fault has struck yet"]


def shell(asked: OneSeed, source: Iterable[str] | None = None) -> int:
    """Obey the lines of ``source`` (standard input if None) until it ends or says quit; the exit status."""
    walker, asks = Shell(asked), source is None and sys.stdin.isatty()
    if asks:
        print(f"Seed {asked.seed}: {asked.plan}.\nTry help.")
    lines = iter(sys.stdin if source is None else source)
    while True:
        if asks:
            print(f"{walker.where()}> ", end="", flush=True)
        line = next(lines, "quit").strip()
        if line in ("quit", "exit"):
            return walker.status
        if not line or line.startswith("#"):
            continue
        try:
            print("\n".join(walker.say(line)))
        except Failure as failure:
            print(failure)


def _count(text: str, default: int) -> int:
    if text and not text.isdigit():
        raise Failure(f"{text!r} is not a number.")
    return int(text) if text else default
