"""Plays a plan: strikes and heals at the plan's times, through the engine of faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lictor_actors.faults.engine import Engine
from lictor_actors.faults.steps import Step
from lictor_actors.faults.verb import Verb


class Director:
    """One plan. Raises UnsupportedFault or ValueError at once if some part of it can never be done."""

    def __init__(self, engine: Engine, steps: Iterable[Step], what: str = "a plan") -> None:
        self.steps = tuple(steps)
        self.what = what
        """In words, for lists."""
        self.faults: list[str] = []
        """Ids of the faults that it has injected."""
        self.refused: list[str] = []
        """Why others were not: the nodes that they drew cannot be broken like that."""
        self._engine = engine
        self._going = False
        self._due = 0
        """Strikes that are still to come."""
        self._quiet = 0
        for verb in (fault for step in self.steps for fault in step.faults):
            engine.book.rehearse(verb)

    @property
    def struck(self) -> int:
        """How many faults were injected."""
        return len(self.faults)

    @property
    def over(self) -> bool:
        """True when nothing more will strike and none of its faults is in force."""
        return not (self._going and self._due) and not any(one in self._engine.book.faults for one in self.faults)

    def start(self) -> None:
        """Now is the plan's zero."""
        self._going = True
        for step in self.steps:
            self._plan(step, step.begins_s, step.begins_s)

    def end(self) -> None:
        """No step strikes any more; what is in force stays."""
        self._going = False

    def _plan(self, step: Step, wait_s: float, at_s: float) -> None:
        self._due += 1
        if wait_s <= 0:
            self._strike(step, at_s)
        else:
            self._engine.ground.later(wait_s, lambda: self._strike(step, at_s))

    def _strike(self, step: Step, at_s: float) -> None:
        self._due -= 1
        if not self._going:
            return
        if step.every_s is not None and (step.until_s is None or at_s + step.every_s < step.until_s):
            self._plan(step, step.every_s, at_s + step.every_s)
        if step.quiet_s is not None:
            self._be_quiet(step.quiet_s)
        elif not self._quiet:
            for fault in step.faults:
                self._inject(fault, step)

    def _inject(self, fault: Verb, step: Step) -> None:
        lasts = fault.duration_s if fault.duration_s is not None else step.for_s
        try:
            injected = self._engine.inject(fault.model_copy(update={"duration_s": lasts}))
        except LookupError as missing:
            # A plan goes on: at this moment there is, say, no leader that could be isolated.
            self._engine.ground.log(f"{fault.name} finds nobody: {missing.args[0]}")
        except ValueError as refused:
            # A plan must not take down the process that plays it; the one who ends it is told.
            self.refused.append(str(refused))
            self._engine.ground.log(str(refused))
        else:
            self.faults.append(injected.id)

    def _be_quiet(self, for_s: float) -> None:
        self._engine.ground.log(f"quiet for {for_s:g} s")
        self._engine.calm()
        self._quiet += 1
        self._engine.ground.later(for_s, self._loud)

    def _loud(self) -> None:
        self._quiet -= 1


class Plans:
    """The plans that an engine plays, by name: ``p1``, ``p2``, …"""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._directors: dict[str, Director] = {}

    def play(self, steps: Iterable[Step], what: str = "a plan") -> str:
        """Begin a plan; its name. Raises what ``Director`` raises."""
        director = Director(self._engine, steps, what)
        name = f"p{len(self._directors) + 1}"
        self._directors[name] = director
        director.start()
        return name

    def __getitem__(self, name: str) -> Director:
        return self._directors[name]

    def end_all(self) -> None:
        """No plan strikes any more; what is in force stays."""
        for director in self._directors.values():
            director.end()

    def playing(self) -> dict[str, Director]:
        """Those that are not over."""
        return {name: director for name, director in self._directors.items() if not director.over}


def told(tables: Iterable[Mapping[str, Any]]) -> str:
    """What these steps do, in a few words: ``preset wan``, ``isolate, kill``."""
    parts = [f"preset {table['preset']}" if "preset" in table else ", ".join(_verbs(table)) for table in tables]
    return "; ".join(part for part in parts if part) or "quiet"


def _verbs(table: Mapping[str, Any]) -> list[str]:
    return [key for key in table if key not in ("at", "every", "until", "for", "quiet")]
