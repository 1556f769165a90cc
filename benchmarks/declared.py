"""Who declared which node dead in a world, and when, by what its probers say aloud."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from statistics import median

from lictor_actors.hosts.world.trace import Tap
from lictor_messages.envelope import node_of

FAILED = "failed: "


class Declared(Tap):
    """Verdicts since ``begin``. ``reaches`` says whether a node runs and the other could hear it at this moment."""

    def __init__(self, reaches: Callable[[str, str], bool]) -> None:
        self._reaches = reaches
        self._began = 0
        self._after: dict[str, array[int]] = {}
        """Node → the times at which others declared it dead."""
        self.false = 0
        """Verdicts on nodes that lived, within reach of the node that said so, in the whole run."""

    def begin(self, time: int) -> None:
        """A fault begins at this time."""
        self._began, self._after = time, {}

    def note(self, time: int, who: str, event: str) -> None:
        """See ``Tap``."""
        if event.startswith(FAILED):
            dead = event[len(FAILED) :].partition(",")[0]
            if self._reaches(dead, node_of(who)):
                self.false += 1
            else:
                self._after.setdefault(dead, array("q")).append(time - self._began)

    def words(self, nodes: Iterable[str]) -> str:
        """When the first, the one in the middle and the last verdict on these came."""
        after = [ns for node in nodes for ns in self._after.get(node, ())]
        if not after:
            return "no verdicts"
        spread = min(after), median(after), max(after)
        first, middle, last = (f"{ns / 1e9:.1f}" for ns in spread)
        return f"{len(after):,} verdicts, the first after {first} s, the median {middle}, the last {last}"
