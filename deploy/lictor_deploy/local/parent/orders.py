"""What the parent of a local cluster tells its processes to do, and who has confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lictor_deploy.local.channel import Said
from lictor_deploy.local.parent.supervisor import Supervisor


@dataclass
class Wish:
    """Something that processes were told and have not all confirmed."""

    waiting: dict[int, str]
    """Order → process."""
    answer: Callable[[int], object]
    count: int = 0
    """Actors that were found."""


class Orders:
    """Numbers orders and calls ``answer`` when every process concerned has carried its own out."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._number = 0
        self._wishes: list[Wish] = []

    def give(self, orders: Iterable[tuple[str, Said]], answer: Callable[[int], object]) -> None:
        """Tell each process its part; one that does not run is not waited for."""
        wish = Wish({}, answer)
        self._wishes.append(wish)
        for process, message in orders:
            self._number += 1
            if self._supervisor.tell({**message, "order": self._number}, [process]):
                wish.waiting[self._number] = process
        self._settle(wish)

    def done(self, process: str, order: int, count: int) -> None:
        """A process has carried out an order."""
        for wish in list(self._wishes):
            if wish.waiting.get(order) == process:
                wish.count += count
                self._strike(wish, order)

    def gone(self, process: str) -> None:
        """A process died: it gets the rules when it starts again, so nobody waits for it."""
        for wish in list(self._wishes):
            for order in [order for order, name in wish.waiting.items() if name == process]:
                self._strike(wish, order)

    def _strike(self, wish: Wish, order: int) -> None:
        wish.waiting.pop(order, None)
        self._settle(wish)

    def _settle(self, wish: Wish) -> None:
        if not wish.waiting and wish in self._wishes:
            self._wishes.remove(wish)
            wish.answer(wish.count)
