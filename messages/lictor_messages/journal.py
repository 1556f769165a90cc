"""Records of the journal: a Raft log's verbs, its snapshots, and small named cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from lictor_messages.base import Message
from lictor_messages.secret import Opaque


class Append(Message):
    """An entry joins the end of the log."""

    index: int
    term: int
    data: Opaque


class AppendMany(Message):
    """Entries of one term join the end of the log together, the first of them at ``index``."""

    index: int
    term: int
    bodies: Annotated[tuple[bytes, ...], Field(repr=False)]


class TruncateFrom(Message):
    """The log loses every entry from ``index`` on: they conflicted with the leader's."""

    index: int


class Cell(Message):
    """A small named value; the last one written wins, empty data removes it. Raft's term and vote live here."""

    name: str
    data: Opaque


class SnapshotBegin(Message):
    """A snapshot of everything up to ``index`` follows in chunks; one that was begun before and not ended is void."""

    index: int
    term: int
    configuration_index: int
    configuration: bytes
    """The servers as they were at ``index``."""
    size: int = 0
    """Bytes of all chunks; 0 if that is not known yet."""
    checksum: int = 0
    """CRC-32 of all chunks; 0 if that is not known yet."""


class SnapshotChunk(Message):
    """The snapshot's bytes from ``offset`` on."""

    offset: int
    data: Opaque


class SnapshotEnd(Message):
    """The snapshot is whole and stands instead of the one before it, if the bytes are these."""

    size: int
    checksum: int


class Compact(Message):
    """A snapshot stands for every entry up to and including ``upto``: they may be forgotten."""

    upto: int
    term: int


JournalRecord = Append | AppendMany | TruncateFrom | Cell | SnapshotBegin | SnapshotChunk | SnapshotEnd | Compact


def appended(record: JournalRecord) -> Iterator[tuple[int, int, bytes]]:
    """(index, term, body) of each entry that this record adds to the log."""
    if isinstance(record, Append):
        yield record.index, record.term, record.data
    elif isinstance(record, AppendMany):
        for index, body in enumerate(record.bodies, record.index):
            yield index, record.term, body
