"""Messages that fault rules hold: released in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from lictor_actors.bus.rules import Rules

T = TypeVar("T")


class HeldMail(Generic[T]):
    """A queue of things, each with the ids of the rules that hold it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[tuple[str, ...], T]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, ids: tuple[str, ...], thing: T) -> None:
        """Keep this until none of the rules is in force."""
        self._waiting.append((ids, thing))

    def release(self, rules: Rules, go_on: Callable[[T], None]) -> None:
        """The rules have changed: what none of them holds any more goes on."""
        waiting, self._waiting = self._waiting, []
        for ids, thing in waiting:
            if rules.holds(ids):
                self._waiting.append((ids, thing))
            else:
                go_on(thing)
