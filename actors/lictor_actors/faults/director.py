"""Plays a plan: strikes and heals at the plan's times, on any stage that injects faults and can wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from lictor_actors.faults.book import FaultBook
from lictor_actors.faults.steps import Step
from lictor_actors.faults.vocabulary import Verb


class Stage(Protocol):
    """The world's faults, or those that the parent of a live cluster keeps."""

    book: FaultBook

    def inject(self, verb: Verb) -> object:
        """Put a fault in force."""
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


class Director:
    """One plan on one stage. Raises UnsupportedFault or ValueError at once if some part of it can never be done."""

    def __init__(self, stage: Stage, steps: Iterable[Step]) -> None:
        self.steps = tuple(steps)
        self.struck = 0
        """Faults that were injected."""
        self.refused: list[str] = []
        """Why others were not: whom they drew cannot be broken like that."""
        self._stage = stage
        self._going = False
        self._quiet = 0
        for verb in (fault for step in self.steps for fault in step.faults):
            stage.book.rehearse(verb)

    def start(self) -> None:
        """Now is the plan's zero."""
        self._going = True
        for step in self.steps:
            self._plan(step, step.begins_s, step.begins_s)

    def end(self) -> None:
        """No step strikes any more; what is in force stays."""
        self._going = False

    def _plan(self, step: Step, wait_s: float, at_s: float) -> None:
        if wait_s <= 0:
            self._strike(step, at_s)
        else:
            self._stage.later(wait_s, lambda: self._strike(step, at_s))

    def _strike(self, step: Step, at_s: float) -> None:
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
            self._stage.inject(fault.model_copy(update={"duration_s": lasts}))
        except LookupError as nobody:
            # A plan goes on: at this moment there is, say, no leader that could be isolated.
            self._stage.log(f"{fault.name} finds nobody: {nobody.args[0]}")
            return
        except ValueError as refused:
            # A plan must not take down whoever plays it; whoever asks how it went is told.
            self.refused.append(str(refused))
            self._stage.log(str(refused))
            return
        self.struck += 1

    def _be_quiet(self, for_s: float) -> None:
        self._stage.log(f"quiet for {for_s:g} s")
        self._stage.calm()
        self._quiet += 1
        self._stage.later(for_s, self._loud)

    def _loud(self) -> None:
        self._quiet -= 1
