"""A client that follows a key by blocking queries sees its index rise and never misses the last word.

Consul's contract of blocking queries (developer.hashicorp.com/consul/api-docs/features/blocking): an answer comes when
the index has passed the one that was given. Indexes fall only when the store is restored from a snapshot.
"""

from __future__ import annotations

Seen = bytes | tuple[tuple[str, bytes], ...] | None
"""What a key holds (None: nothing), or the keys under a prefix with what they hold."""


class IndexFell(AssertionError):
    """An answer named a lower index than an earlier answer to the same reader."""


class IndexStood(AssertionError):
    """A list changed and its index did not: a reader that blocks at that index never hears of it."""


class WatchJudge:
    """Readers by name; each asks again only after it was answered, so that its answers have an order.

    A follower reads by default or consistent reads. A reader of stale answers must be named anew for each life of the
    server that it asks: only one server in one life promises it that nothing goes back.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], tuple[int, Seen]] = {}
        """(reader, key) -> the last index and value."""
        self._lists: dict[tuple[str, int], Seen] = {}
        """(prefix, index) -> what is under it at that index, whichever reader was told."""
        self.answers = 0

    def answered(self, reader: str, key: str, index: int, value: Seen) -> None:
        """A reader was told what a key holds (None: nothing). Raises IndexFell."""
        self.answers += 1
        before, seen = self._last.get((reader, key), (0, None))
        if index < before:
            raise IndexFell(f"{reader} saw {key} at index {index} ({value!r}) after {before} ({seen!r})")
        self._last[reader, key] = index, value

    def listed(self, reader: str, prefix: str, index: int, rows: Seen) -> None:
        """A reader was told what is under a prefix. Raises IndexFell, IndexStood."""
        self.answered(reader, prefix, index, rows)
        known = self._lists.setdefault((prefix, index), rows)
        if known != rows:
            raise IndexStood(f"{prefix} at index {index} held {known!r}, and {reader} was told {rows!r}")

    def index(self, reader: str, key: str) -> int:
        """What the reader's next query names as the index that it knows."""
        return self._last.get((reader, key), (0, None))[0]

    def behind(self, reader: str, key: str, value: Seen) -> list[str]:
        """What is wrong if the key holds this value by now, and the reader has had time to be told."""
        index, seen = self._last.get((reader, key), (0, None))
        if seen == value:
            return []
        return [f"{reader} still waits at index {index} with {seen!r}, and {key} holds {value!r}"]
