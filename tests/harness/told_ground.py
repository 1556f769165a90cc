"""A ground of faults that only writes down what it is told, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lictor_actors.faults.book import Deed
from lictor_actors.faults.ground import Confirmed, FaultGround
from lictor_messages.faults import HandleActor, SetRules, SpoilOnce


class ToldGround(FaultGround):
    """Confirms at once; its clock goes on in ``wait``."""

    def __init__(self) -> None:
        self.rules = SetRules(rules=())
        self.deeds: list[HandleActor] = []
        self.spoilt: list[SpoilOnce] = []
        self.done: list[tuple[float, str]] = []
        """Deeds on actors with their time."""
        self.lines: list[str] = []
        self.told: list[tuple[float, str]] = []
        """Lines with their time."""
        self.hit: dict[str, int] = {}
        self.time = 0.0
        self._timers: list[tuple[float, int, Callable[[], None]]] = []

    def carry_out(self, rules: SetRules | None, deeds: Sequence[Deed], confirmed: Confirmed) -> None:
        self.rules = self.rules if rules is None else rules
        actors = [deed for deed in deeds if isinstance(deed, HandleActor)]
        self.deeds += actors
        self.done += [(round(self.time, 3), f"{deed.verb} {deed.node}") for deed in actors]
        self.spoilt += [deed for deed in deeds if isinstance(deed, SpoilOnce)]
        confirmed(len(deeds))

    def hits(self) -> Mapping[str, int]:
        return self.hit

    def now(self) -> float:
        return self.time

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.append((self.time + seconds, len(self._timers), call))

    def wait(self, seconds: float) -> None:
        end = self.time + seconds
        while due := min((one for one in self._timers if one[0] <= end), default=None):
            self._timers.remove(due)
            self.time = due[0]
            due[2]()
        self.time = end

    def log(self, event: str) -> None:
        self.lines.append(event)
        self.told.append((round(self.time, 3), event))
