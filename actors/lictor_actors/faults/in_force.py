"""The verbs in the process that carries them out, where time stands still meanwhile: the world's, and its handles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.director import Director, Plans
from lictor_actors.faults.engine import Engine, FaultReport
from lictor_actors.faults.ground import FaultGround
from lictor_actors.faults.healing import Heals
from lictor_actors.faults.steps import Step
from lictor_actors.faults.verbs import Time, Verbs
from lictor_actors.faults.vocabulary import Verb, in_seconds


class Injected(Heals):
    """A fault in force."""

    def __init__(self, engine: Engine, fault: Fault) -> None:
        self.fault = fault
        self._engine = engine

    @property
    def id(self) -> str:
        """Its name in the log."""
        return self.fault.id

    @property
    def what(self) -> str:
        """In words, with the nodes that it hit."""
        return self.fault.what

    @property
    def in_force(self) -> bool:
        """False when it has healed, and when another deed has undone what it did."""
        return self.id in self._engine.book.faults

    def heal(self) -> None:
        """End the fault and undo what it did."""
        self._engine.heal([self.id])

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
    """The verbs on one engine. ``wait`` lets so many seconds pass."""

    def __init__(self, book: FaultBook, ground: FaultGround, wait: Callable[[float], None]) -> None:
        self.engine = Engine(book, ground)
        self._plans = Plans(self.engine)
        self._wait = wait

    @property
    def book(self) -> FaultBook:
        """The faults in force."""
        return self.engine.book

    def inject(self, verb: Verb) -> Injected:
        """See ``Verbs.inject``."""
        return Injected(self.engine, self.engine.inject(verb))

    def release(self) -> None:
        """Let go everything that ``hold`` keeps."""
        self.engine.heal(self.book.named("hold"))

    def play(self, steps: Iterable[Step]) -> Playing:
        """Begin a plan, or a preset's steps: each strikes at its time from now on."""
        return Playing(self, self._plans[self._plans.play(steps)])

    def heal_all(self) -> None:
        """End all faults and plans."""
        self._plans.end_all()
        self.calm()

    def calm(self) -> None:
        """End all faults, oldest first; plans go on."""
        self.engine.calm()

    def quiet(self, for_s: Time) -> None:
        """End all faults and plans, and let so much time pass without any."""
        self.heal_all()
        self._wait(in_seconds(for_s))

    def ls(self) -> Sequence[FaultReport]:
        """The faults in force, oldest first, with age, time left and hits."""
        return tuple(self.engine.reports())
