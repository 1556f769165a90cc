"""The engine of faults: injects, reports and heals, on any ground that can carry them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.ground import FaultGround
from lictor_actors.faults.verb import Verb

Injected = Callable[[Fault, int], object]
"""Told when the fault is in force everywhere: the fault, and how many actors it was done to."""
Ended = Callable[[list[str]], object]
"""Told when it is undone everywhere: the ids of those that were in force."""


class FaultReport(NamedTuple):
    """A fault in force, for people."""

    id: str
    what: str
    age_s: float
    left_s: float | None
    """Until it heals by itself; None: until it is healed."""
    hits: int | None
    """Messages that its rules have hit; None for a fault that has no rules on messages."""


class Engine:
    """The faults of one ground. What is asked for is done at once, and confirmed when the ground says so."""

    def __init__(self, book: FaultBook, ground: FaultGround) -> None:
        self.book = book
        self.ground = ground
        self._began: dict[str, float] = {}

    def inject(self, verb: Verb, confirmed: Injected | None = None) -> Fault:
        """Put a fault in force. Raises LookupError, ValueError, UnsupportedFault, and then nothing is done."""
        fault = self.book.inject(verb)
        try:
            self.ground.refuse(fault)
        except ValueError:
            self.book.heal(fault.id)
            raise
        self.ground.log(f"{fault.id} {fault.what}")
        for over in self.book.undone_by(fault.actors) if not fault.holds else ():
            self._over(over)
        rules = self.book.in_force if fault.ruled else None
        self.ground.carry_out(rules, fault.writing.now, lambda count: confirmed and confirmed(fault, count))
        self._watch(fault)
        return fault

    def heal(self, ids: Iterable[str], confirmed: Ended | None = None) -> None:
        """End these faults, oldest first as they are named, as far as they are in force."""
        healed: list[str] = []
        waiting = 1

        def done(_count: int) -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting and confirmed is not None:
                confirmed(healed)

        for fault_id in list(ids):
            one = self.book.heal(fault_id)
            if one is not None:
                healed.append(fault_id)
                waiting += 1
                self._over(one.fault)
                self.ground.carry_out(self.book.in_force if one.fault.ruled else None, one.undo, done)
        done(0)

    def calm(self) -> None:
        """End all faults, oldest first; plans go on."""
        self.heal(self.book.faults)

    def reports(self) -> list[FaultReport]:
        """The faults in force, oldest first."""
        hits, now = self.ground.hits(), self.ground.now()
        return [self._report(fault, now - self._began[fault.id], hits.get(fault.id, 0)) for fault in self._in_force()]

    def _report(self, fault: Fault, age: float, hits: int) -> FaultReport:
        left = None if fault.duration_s is None else max(fault.duration_s - age, 0.0)
        return FaultReport(
            fault.id, fault.what, round(age, 3), left and round(left, 3), hits if fault.writing.rules else None
        )

    def _in_force(self) -> Iterable[Fault]:
        return self.book.faults.values()

    def _watch(self, fault: Fault) -> None:
        """What ends it, or strikes again, without anybody asking."""
        if fault.holds:
            self._began[fault.id] = self.ground.now()
        if fault.writing.stall is not None:
            self.ground.later(fault.writing.stall[0], lambda: self._breathe(fault))
        if fault.duration_s is not None:
            self.ground.later(fault.duration_s, lambda: self.heal([fault.id]))

    def _over(self, fault: Fault) -> None:
        self._began.pop(fault.id, None)
        self.ground.log(f"healed {fault.id} {fault.what}")

    def _breathe(self, fault: Fault) -> None:
        """A stall is over: the actors go on, and stall again if they are to."""
        if fault.id not in self.book.faults:
            return
        if not fault.again:
            self.heal([fault.id])
            return
        busy, every = fault.writing.stall or (0.0, 0.0)
        self.ground.carry_out(None, self.book.undoing(fault), _unheard)
        self.ground.later(every - busy, lambda: self._stall(fault))

    def _stall(self, fault: Fault) -> None:
        if fault.id in self.book.faults:
            self.ground.carry_out(None, fault.actors, _unheard)
            self.ground.later(fault.writing.stall[0] if fault.writing.stall else 0.0, lambda: self._breathe(fault))


def _unheard(_count: int) -> None:
    """What happens by plan is confirmed to no one."""
