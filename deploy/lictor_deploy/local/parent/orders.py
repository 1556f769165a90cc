"""What the parent of a local cluster tells its processes to do, and who has confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.parent.supervisor import Supervisor


@dataclass
class Pending:
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
        self._pending: list[Pending] = []

    def give(self, orders: Iterable[tuple[str, Said]], answer: Callable[[int], object]) -> None:
        """Tell each process its part; one that does not run is not waited for."""
        one = Pending({}, answer)
        self._pending.append(one)
        for process, message in orders:
            self._number += 1
            if self._supervisor.tell({**message, "order": self._number}, [process]):
                one.waiting[self._number] = process
        self._settle(one)

    def done(self, process: str, order: int, count: int) -> None:
        """A process has carried out an order."""
        for one in list(self._pending):
            if one.waiting.get(order) == process:
                one.count += count
                self._strike(one, order)

    def gone(self, process: str) -> None:
        """A process died: it gets the rules when it starts again, so it is not waited for."""
        for one in list(self._pending):
            for order in [order for order, name in one.waiting.items() if name == process]:
                self._strike(one, order)

    def _strike(self, one: Pending, order: int) -> None:
        one.waiting.pop(order, None)
        self._settle(one)

    def _settle(self, one: Pending) -> None:
        if not one.waiting and one in self._pending:
            self._pending.remove(one)
            one.answer(one.count)
