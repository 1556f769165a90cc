"""Where faults are asked for in words: the control socket and HTTP bring the same requests to the same desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lictor_actors.faults.book import Fault
from lictor_actors.faults.director import Plans, told
from lictor_actors.faults.engine import Engine
from lictor_actors.faults.steps import read_steps, refuse_unknown
from lictor_actors.faults.verbs import make
from lictor_actors.faults.vocabulary import VERBS

Said = dict[str, Any]
Reply = Callable[[Said], object]
Ask = Callable[[Said, Reply], None]
"""Takes a request; the reply comes when every process has confirmed, or at once with ``{"error": why}``."""


class FaultDesk:
    """Answers requests about the faults and the plans of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._plans = Plans(engine)

    def ask(self, request: Said, reply: Reply) -> None:
        """Do it and reply; what makes no sense is replied to with a sentence."""
        try:
            self._do(request, reply)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            reply({"error": plain(error)})
        except RecursionError:
            reply({"error": "this request is nested too deeply"})

    def list(self) -> list[Said]:
        """The faults in force, oldest first, then the plans that are being played."""
        faults = [report._asdict() for report in self._engine.reports()]
        return faults + [
            {
                "id": name,
                "what": f"{plan.what} (struck {plan.struck} times)",
                "age_s": None,
                "left_s": None,
                "hits": None,
            }
            for name, plan in self._plans.playing().items()
        ]

    def _do(self, request: Said, reply: Reply) -> None:
        match request:
            case {"ask": "faults"}:
                reply({"faults": self.list()})
            case {"ask": "heal", "fault": str(name)} if name in self._plans.playing():
                self._heal_plan(name, reply)
            case {"ask": "heal", "fault": str(name)}:
                self._heal([name], reply)
            case {"ask": "heal_all"}:
                ended = list(self._plans.playing())
                self._plans.end_all()
                self._heal(self._engine.book.faults, reply, ended)
            case {"ask": "release"}:
                self._heal(self._engine.book.named("hold"), reply)
            case {"ask": "play", "with": {"steps": list(steps), **others}}:
                refuse_unknown(map(str, others), ("steps",), "a plan")
                reply({"play": self._plans.play(read_steps(steps), told(steps))})
            case {"ask": "halt", "with": {"play": str(name)}}:
                self._plans[name].end()
                reply({"struck": self._plans[name].struck, "refused": self._plans[name].refused})
            case {"ask": str(verb)} if verb in VERBS:
                self._inject(verb, request.get("with", {}), reply)
            case _:
                reply({"error": f"the cluster does not know this request: {request}"})

    def _inject(self, verb: str, said: Said, reply: Reply) -> None:
        def confirmed(fault: Fault, count: int) -> None:
            reply({"fault": fault.id if fault.holds else "", "what": fault.what, "count": count})

        self._engine.inject(make(verb, **said), confirmed)

    def _heal_plan(self, name: str, reply: Reply) -> None:
        self._plans[name].end()
        self._heal(self._plans[name].faults, reply, [name])

    def _heal(self, ids: Iterable[str], reply: Reply, plans: Iterable[str] = ()) -> None:
        self._engine.heal(ids, lambda healed: reply({"healed": [*healed, *plans]}))


def plain(error: Exception) -> str:
    """The sentence inside an exception; KeyError would put quotes around it."""
    return str(error.args[0]) if error.args else type(error).__name__
