"""A snapshot's bytes: written in chunks, sent in chunks, checked as a whole before anyone relies on them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from zlib import crc32


class SnapshotDamaged(RuntimeError):
    """The bytes are not those that were written: size or checksum differ."""


class Snapshot:
    """The state after entry ``index``, whole or still growing."""

    __slots__ = ("_chunks", "_ends", "checksum", "configuration", "configuration_index", "expected", "index", "term")

    def __init__(
        self,
        index: int,
        term: int,
        configuration_index: int,
        configuration: bytes,
        expected: tuple[int, int] = (0, 0),
    ) -> None:
        self.index = index
        self.term = term
        self.configuration_index = configuration_index
        self.configuration = configuration
        self.expected = expected
        """Size and checksum that it will have, (0, 0) while that is not known."""
        self.checksum = 0
        """CRC-32 of what is here."""
        self._chunks: list[bytes] = []
        self._ends: list[int] = [0]

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self._ends[-1]

    @property
    def own(self) -> bool:
        """True while this server writes it itself: only then is it not known what it will be."""
        return self.expected == (0, 0)

    @property
    def place(self) -> tuple[int, int, tuple[int, int]]:
        """What tells it from other snapshots: index, term, and the size and checksum that it has or will have."""
        return self.index, self.term, self.expected

    @property
    def whole(self) -> bool:
        """True if all bytes that are expected are here, damaged or not."""
        return self.size >= self.expected[0]

    def add(self, data: bytes) -> None:
        """The next chunk."""
        self._chunks.append(data)
        self._ends.append(self._ends[-1] + len(data))
        self.checksum = crc32(data, self.checksum)

    def seal(self) -> None:
        """Nothing more will come: what is here is what was expected."""
        self.expected = (self.size, self.checksum)

    def verify(self) -> None:
        """Raise SnapshotDamaged unless everything is here and right."""
        if self.expected != (self.size, self.checksum):
            raise SnapshotDamaged(
                f"the snapshot of entry {self.index} has {self.size} bytes with checksum {self.checksum:08x} "
                f"instead of {self.expected[0]} with {self.expected[1]:08x}"
            )

    def chunk(self, offset: int, most: int) -> bytes:
        """Some bytes from ``offset`` on, at most ``most``; empty only at the end."""
        if offset >= self.size:
            return b""
        place = bisect_right(self._ends, offset) - 1
        start = offset - self._ends[place]
        return self._chunks[place][start : start + most]

    def chunks(self) -> Iterator[bytes]:
        """All bytes, in the pieces in which they came."""
        return iter(self._chunks)

    def chunks_from(self, first: int) -> Sequence[bytes]:
        """The pieces from number ``first`` on."""
        return self._chunks[first:]
