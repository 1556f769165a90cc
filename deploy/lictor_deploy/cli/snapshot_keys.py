"""``lictor snapshot inspect -kvdetails``: which keys take the room, in Consul's form."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from lictor_actors.store.snapshot.frames import FrameReader
from lictor_actors.store.snapshot.freeze import TableSurvey

KEYS = "kv"
"""The table's name in a snapshot."""


class KeySurvey(NamedTuple):
    """How keys are put together, and which of them are looked at."""

    depth: int
    """Parts of a key, as slashes cut it, by which keys are put together."""
    prefix: str
    """How the keys begin that are looked at."""

    def of(self, state: bytes) -> list[TableSurvey]:
        """Of the state in an archive: number and bytes of the keys of each group, the largest first."""
        count: Counter[str] = Counter()
        size: Counter[str] = Counter()
        for table, row, row_bytes in FrameReader().feed(state):
            if table == KEYS and row["key"].startswith(self.prefix):
                group = "/".join(row["key"].split("/")[: self.depth])
                count[group] += 1
                size[group] += row_bytes
        groups = [TableSurvey(group, count[group], size[group]) for group in count]
        return sorted(groups, key=lambda group: (-group.bytes, group.name))
