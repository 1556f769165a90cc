"""The log in memory: entries after an offset, so that a snapshot can stand for what came before."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

EntryType = Literal["command", "noop", "configuration"]

_TYPES: tuple[EntryType, ...] = ("command", "noop", "configuration")
_CODES: dict[EntryType, bytes] = {name: bytes((code,)) for code, name in enumerate(_TYPES)}
_TERM = struct.Struct(">Q")
_HEADER = 9
UNKNOWN_TERM = -1
"""Of the entry before a replayed log, until the journal tells."""


@dataclass(slots=True)
class Entry:
    """One place of the log: what every server applies there, once it is committed.

    Never changed; not frozen, because one is made on every server for every write, and that would cost three times
    as much.
    """

    index: int
    term: int
    type: EntryType
    data: bytes

    @property
    def body(self) -> bytes:
        """Type and data, as the journal keeps them."""
        return _CODES[self.type] + self.data

    @property
    def packed(self) -> bytes:
        """Term, type and data, as AppendEntries carries them."""
        return _TERM.pack(self.term) + _CODES[self.type] + self.data


def from_body(index: int, term: int, body: bytes) -> Entry:
    """The reverse of ``body``; raises UnknownEntryType."""
    return Entry(index, term, _type(index, body[0]), body[1:])


def from_packed(index: int, packed: bytes) -> Entry:
    """The reverse of ``packed``; raises UnknownEntryType."""
    (term,) = _TERM.unpack_from(packed)
    return Entry(index, term, _type(index, packed[8]), packed[_HEADER:])


class UnknownEntryType(ValueError):
    """The entry was written by a newer version: a server that guessed at it would diverge from the others."""


def _type(index: int, code: int) -> EntryType:
    if code >= len(_TYPES):
        raise UnknownEntryType(f"entry {index} has type {code}, which this version does not know")
    return _TYPES[code]


class Log:
    """Entries ``offset + 1`` to ``last_index``. Indexes start at 1; index 0 has term 0 and is in every log."""

    __slots__ = ("_entries", "_sizes", "offset", "offset_term")

    def __init__(self) -> None:
        self.offset = 0
        self.offset_term = 0
        self._entries: list[Entry] = []
        self._sizes: list[int] = [0]
        """Bytes up to and including each entry, so that the size of any range costs one subtraction."""

    @property
    def last_index(self) -> int:
        """Index of the last entry, 0 for an empty log."""
        return self.offset + len(self._entries)

    @property
    def last_term(self) -> int:
        """Term of the last entry, 0 for an empty log."""
        return self._entries[-1].term if self._entries else self.offset_term

    def term_at(self, index: int) -> int | None:
        """Term of the entry at ``index``; None if the log does not reach there or no longer has it."""
        place = index - self.offset
        if 0 < place <= len(self._entries):
            return self._entries[place - 1].term
        return self.offset_term if place == 0 else None

    def has(self, index: int, term: int) -> bool:
        """True if the log goes through this entry: what follows it here follows it everywhere."""
        return self.term_at(index) in (term, UNKNOWN_TERM)

    def entries(self, lo: int, hi: int) -> Sequence[Entry]:
        """Entries of ``range(lo, hi)``; raises IndexError if the log does not hold them all."""
        if lo <= self.offset or hi > self.last_index + 1:
            raise IndexError(f"entries {lo}..{hi - 1} of a log that holds {self.offset + 1}..{self.last_index}")
        return self._entries[lo - self.offset - 1 : hi - self.offset - 1]

    def append(self, entry: Entry) -> None:
        """Add the next entry."""
        if entry.index != self.last_index + 1 or entry.term < self.last_term:
            raise ValueError(f"entry {entry.index} of term {entry.term} after {self.last_index} of {self.last_term}")
        self._entries.append(entry)
        self._sizes.append(self._sizes[-1] + len(entry.data) + _HEADER)

    def begin_at(self, index: int) -> None:
        """The next entry will be this one: a journal that is replayed may begin after what was compacted.

        The term of the entry before it is unknown until ``compact`` tells. Raises ValueError if there are entries.
        """
        if self._entries:
            raise ValueError(f"entry {index} does not follow {self.last_index}")
        self.offset, self.offset_term = index - 1, UNKNOWN_TERM if index > 1 else 0

    def truncate_from(self, index: int) -> None:
        """Forget the entries from ``index`` on."""
        if index <= self.offset:
            raise ValueError(f"cannot truncate from {index}: a snapshot stands for {self.offset}")
        del self._entries[index - self.offset - 1 :]
        del self._sizes[index - self.offset :]

    def compact(self, upto: int, term: int) -> None:
        """A snapshot stands for everything up to ``upto``, whether the log had it or not."""
        gone = upto - self.offset if self.has(upto, term) else len(self._entries)
        self._entries = self._entries[gone:]
        self._sizes = self._sizes[gone:]
        self.offset, self.offset_term = upto, term

    def is_current(self, last_index: int, last_term: int) -> bool:
        """True if a log that ends so is at least as up-to-date as this one (section 5.4.1)."""
        return (last_term, last_index) >= (self.last_term, self.last_index)

    def first_new(self, entries: Sequence[Entry]) -> int:
        """How many of these entries the log has already: the rest conflicts with it or lies beyond its end.

        A late or repeated message holds nothing new and so never truncates (section 5.3). Between honest servers the
        term alone would tell; an entry forged in the leader's name has its term.
        """
        for known, entry in enumerate(entries):
            if self.term_at(entry.index) != entry.term or not self._holds(entry):
                return known
        return len(entries)

    def _holds(self, entry: Entry) -> bool:
        return entry.index <= self.offset or self._entries[entry.index - self.offset - 1] == entry

    def last_not_above(self, index: int, term: int) -> int:
        """The largest index up to ``index`` whose entry's term is at most ``term``: what two logs may agree on."""
        index = min(index, self.last_index)
        while index > self.offset and self._entries[index - self.offset - 1].term > term:
            index -= 1
        return index

    def size_from(self, lo: int) -> int:
        """Bytes of the entries from ``lo`` to the end."""
        return self._sizes[-1] - self._sizes[lo - self.offset - 1]

    def size_between(self, after: int, upto: int) -> int:
        """Bytes of the entries behind ``after`` up to ``upto``."""
        return self._sizes[upto - self.offset] - self._sizes[after - self.offset]

    def tail_of(self, upto: int, most_bytes: int) -> int:
        """The index behind which the entries up to ``upto`` have no more than so many bytes."""
        place = upto - self.offset
        return self.offset + bisect_left(self._sizes, self._sizes[place] - most_bytes, 0, place)

    def batch(self, lo: int, most_bytes: int) -> Sequence[Entry]:
        """Entries from ``lo`` on that fit into ``most_bytes``; at least one if there is one."""
        before = lo - self.offset - 1
        fits = bisect_right(self._sizes, self._sizes[before] + most_bytes) - 1
        return self._entries[before : max(fits, before + 1)]
