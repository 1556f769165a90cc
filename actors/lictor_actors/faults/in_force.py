"""Faults in force, on a backend that needs no waiting: how they are put there, played by plan, and healed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.director import Director
from lictor_actors.faults.healing import Heals
from lictor_actors.faults.steps import Step
from lictor_actors.faults.verbs import Time, Verbs
from lictor_actors.faults.vocabulary import Verb, in_seconds
from lictor_messages.faults import ClockRule, DiskRule, FaultRule, HandleActor, SpoilOnce


class Backend(Protocol):
    """What carries faults out."""

    def set_rules(self, rules: tuple[FaultRule, ...]) -> None:
        """These rules are in force from now on, and no others."""
        ...

    def set_disks(self, rules: tuple[DiskRule, ...]) -> None:
        """The same for disks."""
        ...

    def set_clocks(self, rules: tuple[ClockRule, ...]) -> None:
        """The same for clocks."""
        ...

    def handle_actor(self, wish: HandleActor) -> None:
        """Do this to an actor or a node."""
        ...

    def spoil(self, wish: SpoilOnce) -> None:
        """Do this to a machine."""
        ...

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call when so much time has passed."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def log(self, event: str) -> None:
        """Faults are part of the timeline."""
        ...


class Injected(Heals):
    """A fault in force."""

    def __init__(self, faults: Faults, fault: Fault) -> None:
        self.fault = fault
        self._faults = faults

    @property
    def id(self) -> str:
        """Its name in the log."""
        return self.fault.id

    @property
    def what(self) -> str:
        """In words, with whom it hit."""
        return self.fault.what

    def heal(self) -> None:
        """End the fault and undo what it did."""
        self._faults.heal(self.fault.id)

    def __repr__(self) -> str:
        return f"<{self.fault.id} {self.fault.what}>"


class Playing(Heals):
    """A plan that is being played; at its end, or when told to, everything heals."""

    def __init__(self, faults: Faults, director: Director) -> None:
        self.director = director
        self._faults = faults

    def heal(self) -> None:
        """No step strikes any more, and everything heals."""
        self.director.end()
        self._faults.heal_all()


class Faults(Verbs[Injected]):
    """The verbs, on a backend that needs no waiting."""

    def __init__(self, book: FaultBook, backend: Backend) -> None:
        self.book = book
        self._backend = backend
        self._plays: list[Director] = []

    def inject(self, verb: Verb) -> Injected:
        """See ``Verbs.inject``."""
        fault = self.book.inject(verb)
        self._backend.log(f"{fault.id} {fault.what}")
        self._apply(fault)
        for wish in fault.now:
            if isinstance(wish, HandleActor):
                self._backend.handle_actor(wish)
            else:
                self._backend.spoil(wish)
        if fault.stall is not None:
            self._backend.later(fault.stall[0], lambda: self._breathe(fault))
        if fault.duration_s is not None:
            self._backend.later(fault.duration_s, lambda: self.heal(fault.id))
        return Injected(self, fault)

    def heal(self, fault_id: str) -> None:
        """End one fault."""
        healed = self.book.heal(fault_id)
        if healed is None:
            return
        self._backend.log(f"healed {healed.fault.id} {healed.fault.what}")
        self._apply(healed.fault)
        for wish in healed.undo:
            self._backend.handle_actor(wish)

    def release(self) -> None:
        """Let go everything that ``hold`` keeps."""
        for fault_id in self.book.named("hold"):
            self.heal(fault_id)

    def play(self, steps: Iterable[Step]) -> Playing:
        """Begin a plan, or a preset's steps: each strikes at its time from now on."""
        director = Director(self, steps)
        self._plays.append(director)
        director.start()
        return Playing(self, director)

    def heal_all(self) -> None:
        """End all faults and plans."""
        for director in self._plays:
            director.end()
        self._plays.clear()
        self.calm()

    def calm(self) -> None:
        """End all faults, oldest first; plans go on."""
        for fault_id in list(self.book.faults):
            self.heal(fault_id)

    def quiet(self, for_s: Time) -> None:
        """End all faults and plans, and let so much time pass without any."""
        self.heal_all()
        self._backend.wait(in_seconds(for_s))

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call when so much time has passed: for those who inject by plan."""
        self._backend.later(seconds, call)

    def log(self, event: str) -> None:
        """Put a line on the timeline."""
        self._backend.log(event)

    def ls(self) -> Sequence[Fault]:
        """The faults in force, oldest first."""
        return tuple(self.book.faults.values())

    def _apply(self, changed: Fault) -> None:
        if changed.rules:
            self._backend.set_rules(self.book.rules)
        if changed.disks:
            self._backend.set_disks(self.book.disks)
        if changed.clocks:
            self._backend.set_clocks(self.book.clocks)

    def _breathe(self, fault: Fault) -> None:
        """A stall is over: the actors go on, and stall again if they are to."""
        busy, every = fault.stall or (0.0, 0.0)
        if fault.id not in self.book.faults:
            return
        if every <= busy:
            self.heal(fault.id)
            return
        for wish in self.book.undoing(fault):
            self._backend.handle_actor(wish)
        self._backend.later(every - busy, lambda: self._stall(fault))

    def _stall(self, fault: Fault) -> None:
        if fault.id in self.book.faults:
            for wish in fault.now:
                if isinstance(wish, HandleActor):
                    self._backend.handle_actor(wish)
            self._backend.later(fault.stall[0] if fault.stall else 0.0, lambda: self._breathe(fault))
