"""Fault verbs that act at once, on a backend that needs no waiting: the world, or a single host."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol

from lictor_actors.faults.book import Fault, FaultBook, Who
from lictor_messages.faults import FaultRule, HandleActor


class Backend(Protocol):
    """What carries faults out."""

    def set_rules(self, rules: tuple[FaultRule, ...]) -> None:
        """These rules are in force from now on, and no others."""
        ...

    def handle_actor(self, wish: HandleActor) -> None:
        """Do this to an actor or a node."""
        ...

    def log(self, event: str) -> None:
        """Faults are part of the timeline."""
        ...


class Injected:
    """A fault in force; it heals when told to, or at the end of a ``with`` block. Healing twice does no harm."""

    def __init__(self, faults: Faults, fault: Fault) -> None:
        self.fault = fault
        self._faults = faults

    def heal(self) -> None:
        """End the fault and undo what it did."""
        self._faults.heal(self.fault.id)

    def __enter__(self) -> Injected:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.heal()

    def __repr__(self) -> str:
        return f"<{self.fault.id} {self.fault.what}>"


class Faults:
    """The verbs of ``FaultBook``, carried out."""

    def __init__(self, book: FaultBook, backend: Backend) -> None:
        self.book = book
        self._backend = backend

    def partition(self, *groups: Who) -> Injected:
        """See ``FaultBook.partition``."""
        return self._inject(self.book.partition(*groups))

    def isolate(self, who: Who) -> Injected:
        """See ``FaultBook.isolate``."""
        return self._inject(self.book.isolate(who))

    def cut(self, sources: Who, targets: Who) -> Injected:
        """See ``FaultBook.cut``."""
        return self._inject(self.book.cut(sources, targets))

    def lose(self, sources: Who, targets: Who, probability: float, **some: Any) -> Injected:
        """See ``FaultBook.lose``."""
        return self._inject(self.book.lose(sources, targets, probability, **some))

    def delay(self, sources: Who, targets: Who, delay_s: float, jitter_s: float = 0.0, **some: Any) -> Injected:
        """See ``FaultBook.delay``."""
        return self._inject(self.book.delay(sources, targets, delay_s, jitter_s, **some))

    def duplicate(self, sources: Who, targets: Who, probability: float, **some: Any) -> Injected:
        """See ``FaultBook.duplicate``."""
        return self._inject(self.book.duplicate(sources, targets, probability, **some))

    def pause(self, who: Who) -> Injected:
        """See ``FaultBook.pause``."""
        return self._inject(self.book.pause(who))

    def resume(self, who: Who) -> None:
        """See ``FaultBook.resume``."""
        self._inject(self.book.resume(who))

    def crash(self, who: Who) -> Injected:
        """See ``FaultBook.crash``."""
        return self._inject(self.book.crash(who))

    def restart(self, who: Who) -> None:
        """See ``FaultBook.restart``."""
        self._inject(self.book.restart(who))

    def heal(self, fault_id: str) -> None:
        """End one fault."""
        fault = self.book.heal(fault_id)
        if fault is None:
            return
        self._backend.log(f"healed {fault.id} {fault.what}")
        if fault.rules:
            self._backend.set_rules(self.book.rules)
        for wish in fault.undo:
            self._backend.handle_actor(wish)

    def heal_all(self) -> None:
        """End all faults, oldest first."""
        for fault_id in list(self.book.faults):
            self.heal(fault_id)

    def _inject(self, fault: Fault) -> Injected:
        self._backend.log(f"{fault.id} {fault.what}")
        if fault.rules:
            self._backend.set_rules(self.book.rules)
        for wish in fault.now:
            self._backend.handle_actor(wish)
        return Injected(self, fault)
