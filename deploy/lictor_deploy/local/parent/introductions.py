"""How the nodes of a large cluster meet when all of them start at once.

Each join would be told to every node that started before, by gossip: a million meetings in a cluster of a thousand,
each told a dozen times. So the nodes of a start wait with their joins. Their processes say what each node says of
itself, all nodes hear all of it, and when all have, they begin to probe. What comes later, joins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lictor_deploy.local.json_lines import Said

PART = 64
"""Records in one message to a process."""


class Introductions:
    """Of the nodes of one start; ``tell`` sends to these processes."""

    def __init__(self, processes: Iterable[str], tell: Callable[[Said, Iterable[str]], object]) -> None:
        self._processes = tuple(processes)
        self._tell = tell
        self._records: dict[str, list[str]] = {}
        """What the nodes of each process say of themselves."""
        self._met: set[str] = set()
        """Processes whose nodes have all heard it."""
        self._over = False

    def presented(self, process: str, records: list[str]) -> None:
        """The nodes of this process are there and wait; those that come after the start are to join."""
        if self._over:
            self._tell({"introduced": "all"}, [process])
            return
        self._met.discard(process)
        self._records[process] = records
        if len(self._records) == len(self._processes):
            everyone = [record for name in self._processes for record in self._records[name]]
            for start in range(0, len(everyone), PART):
                self._tell({"meet": everyone[start : start + PART]}, self._processes)
            self._tell({"introduced": "these"}, self._processes)

    def met(self, process: str) -> None:
        """The nodes of this process have met all the others."""
        self._met.add(process)
        if len(self._met) == len(self._processes):
            self._over = True
            self._tell({"introduced": "all"}, self._processes)
