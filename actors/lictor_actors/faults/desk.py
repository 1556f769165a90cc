"""Where faults are asked for in words: the control socket and HTTP bring the same requests to the same desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.director import Director
from lictor_actors.faults.steps import read_steps
from lictor_actors.faults.verbs import make
from lictor_actors.faults.vocabulary import VERBS, Verb

Said = dict[str, Any]
Reply = Callable[[Said], object]
Ask = Callable[[Said, Reply], None]
"""Takes a request; the reply comes when every process has confirmed, or at once with ``{"error": why}``."""


class Stage(Protocol):
    """Whoever carries faults out and may have to wait until that is done."""

    book: FaultBook

    def inject(self, verb: Verb, confirmed: Callable[[Fault, int], object] | None = None) -> object:
        """Put a fault in force; ``confirmed`` is told the fault and how many actors it was done to."""
        ...

    def heal(self, ids: Iterable[str], confirmed: Callable[[list[str]], object] | None = None) -> None:
        """End these faults; ``confirmed`` is told which of them were in force."""
        ...

    def calm(self) -> None:
        """End all faults; plans go on."""
        ...

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call when so much time has passed."""
        ...

    def log(self, event: str) -> None:
        """Put a line on the timeline."""
        ...


class FaultDesk:
    """Answers requests about faults, and keeps the plans that are being played."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._directors: dict[str, Director] = {}

    def ask(self, request: Said, reply: Reply) -> None:
        """Do it and reply; what makes no sense is replied to with a sentence."""
        try:
            self._do(request, reply)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            reply({"error": plain(error)})
        except RecursionError:
            reply({"error": "this request is nested too deeply"})

    def list(self) -> list[Said]:
        """The faults in force, oldest first."""
        return [{"id": fault.id, "what": fault.what} for fault in self._stage.book.faults.values()]

    def _do(self, request: Said, reply: Reply) -> None:
        match request:
            case {"ask": "faults"}:
                reply({"faults": self.list()})
            case {"ask": "heal", "fault": str(name)}:
                self._heal([name], reply)
            case {"ask": "heal_all"}:
                self._halt()
                self._heal(list(self._stage.book.faults), reply)
            case {"ask": "release"}:
                self._heal(self._stage.book.named("hold"), reply)
            case {"ask": "play", "with": {"steps": list(steps)}}:
                self._play(steps, reply)
            case {"ask": "halt", "with": {"play": str(name)}}:
                self._halt(name)
                reply({"struck": self._directors[name].struck, "refused": self._directors[name].refused})
            case {"ask": str(verb)} if verb in VERBS:
                self._inject(verb, request.get("with", {}), reply)
            case _:
                reply({"error": f"the cluster does not know this request: {request}"})

    def _inject(self, verb: str, said: Said, reply: Reply) -> None:
        def confirmed(fault: Fault, count: int) -> None:
            reply({"fault": fault.id if fault.holds else "", "what": fault.what, "count": count})

        self._stage.inject(make(verb, **said), confirmed)

    def _heal(self, names: Iterable[str], reply: Reply) -> None:
        self._stage.heal(names, lambda healed: reply({"healed": healed}))

    def _play(self, steps: Iterable[Said], reply: Reply) -> None:
        director = Director(self._stage, read_steps(steps))
        name = f"p{len(self._directors) + 1}"
        self._directors[name] = director
        director.start()
        reply({"play": name})

    def _halt(self, name: str = "") -> None:
        """End what strikes by plan: this one, or all of them."""
        for known, director in self._directors.items():
            if name in ("", known):
                director.end()


def plain(error: Exception) -> str:
    """The sentence inside an exception; KeyError would put quotes around it."""
    return str(error.args[0]) if error.args else type(error).__name__
