"""How the journal keeps what Raft has to remember: cells for term, vote and identity, records for entries."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from lictor_actors.raft.log import Entry
from lictor_actors.raft.snapshot import Snapshot
from lictor_messages.journal import Append, AppendMany, Cell, SnapshotBegin

TERM_CELL = "term"
IDENTITY_CELL = "identity"
FORCED_CELL = "forced"
RECORD_BYTES = 128 * 1024
"""Entries that share a record of the journal have no more than this: each record has its header and checksum, and is
handed from one to the next on its own."""
_TERM = struct.Struct(">Q")


def records_of(entries: Sequence[Entry]) -> Iterator[Append | AppendMany]:
    """What the journal keeps of them: one record for many small ones, as long as the term is the same."""
    run: list[Entry] = []
    size = 0
    for entry in entries:
        if run and (entry.term != run[0].term or size + len(entry.data) > RECORD_BYTES):
            yield _record(run)
            run, size = [], 0
        run.append(entry)
        size += len(entry.data)
    if run:
        yield _record(run)


def _record(run: list[Entry]) -> Append | AppendMany:
    first = run[0]
    if len(run) == 1:
        return Append(index=first.index, term=first.term, data=first.body)
    return AppendMany(index=first.index, term=first.term, bodies=tuple([entry.body for entry in run]))


def pack_term(term: int, vote: str) -> Cell:
    """The record that keeps term and vote."""
    return Cell(name=TERM_CELL, data=_TERM.pack(term) + vote.encode())


def unpack_term(data: bytes) -> tuple[int, str]:
    """The reverse: term and vote."""
    (term,) = _TERM.unpack_from(data)
    return term, data[_TERM.size :].decode()


def snapshot_of(record: SnapshotBegin) -> Snapshot:
    """The snapshot that this record begins, without its bytes."""
    expected = (record.size, record.checksum)
    return Snapshot(record.index, record.term, record.configuration_index, record.configuration, expected)


def begin_of(snapshot: Snapshot) -> SnapshotBegin:
    """The reverse."""
    return SnapshotBegin(
        index=snapshot.index,
        term=snapshot.term,
        configuration_index=snapshot.configuration_index,
        configuration=snapshot.configuration,
        size=snapshot.expected[0],
        checksum=snapshot.expected[1],
    )
