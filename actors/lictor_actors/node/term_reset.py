"""Starting over in term 1, when forged messages have driven a cluster's terms to the last one there is.

No server can be elected there any more, and a term cannot be taken back: a server that forgets one may vote twice in
it. So one server alone goes on, as a cluster of its own. All that its log holds becomes a snapshot of term 1, in which
it is the only voter; no other server can have promised anything to that cluster. The other servers come to it with
empty disks and are let in under new identities, as new servers are.

What was not committed when the servers were stopped is in the snapshot too, as with Consul's recovery: no client was
told that it failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zlib import crc32

from lictor_actors.raft.configuration import Configuration, ServerRow
from lictor_actors.raft.log import UNKNOWN_TERM, Entry
from lictor_actors.raft.records import FORCED_CELL, RECORD_BYTES, pack_term
from lictor_actors.raft.stable import Stable
from lictor_actors.raft.start_over import CannotStartOver, StartOver, what_is_left
from lictor_actors.store.commands import unpack_command
from lictor_actors.store.errors import UnknownCommand
from lictor_actors.store.snapshot.freeze import START, Cursor, SnapshotRefused, encode, freeze, thaw
from lictor_actors.store.store import Store
from lictor_messages.base import KINDS
from lictor_messages.journal import Cell, Compact, JournalRecord, SnapshotBegin, SnapshotChunk, SnapshotEnd

FIRST_TERM = 1


def reset_term(journal: Iterable[JournalRecord], me: str) -> StartOver:
    """What to write to the journal of server ``me`` so that it starts alone in term 1. Raises CannotStartOver."""
    stable = what_is_left(journal, me, [ServerRow(me)])
    snapshot_index = stable.snapshot.index if stable.snapshot else 0
    entries = _entries(stable, snapshot_index)
    index = entries[-1].index if entries else snapshot_index
    store, skipped = _folded(stable, entries)
    after = Configuration((ServerRow(me, True, stable.identity),))
    return StartOver(
        stable.term,
        index,
        entries[-1].term if entries else stable.log.last_term,
        snapshot_index,
        stable.configurations.latest.configuration,
        after,
        tuple(_records(index, after.pack(), list(_slices(store)))),
        True,
        skipped,
    )


def _entries(stable: Stable, snapshot_index: int) -> list[Entry]:
    """Those that the snapshot does not stand for; none if the log goes another way than through the snapshot."""
    log, snapshot = stable.log, stable.snapshot
    if log.offset > snapshot_index or log.offset_term == UNKNOWN_TERM:
        raise CannotStartOver(f"the log begins at {log.offset + 1}, and no snapshot stands for what was before")
    if snapshot and not log.has(snapshot.index, snapshot.term):
        return []
    return list(log.entries(snapshot_index + 1, log.last_index + 1))


def _folded(stable: Stable, entries: list[Entry]) -> tuple[Store, tuple[str, ...]]:
    """The store after these entries, without those that cannot be applied: each may have changed a part of it."""
    skipped: dict[int, str] = {}
    while True:
        store = _restored(stable)
        for entry in entries:
            if entry.type != "command" or entry.index in skipped:
                continue
            try:
                _apply(store, entry)
            except UnknownCommand as unknown:
                if unknown.kind not in KINDS:
                    raise CannotStartOver(f"entry {entry.index} is of a newer version: {unknown.kind}") from unknown
                skipped[entry.index] = f"entry {entry.index}: {unknown.kind} is not for the log"
                break
            except Exception as error:
                skipped[entry.index] = f"entry {entry.index}: {type(error).__name__}"
                break
        else:
            return store, tuple(skipped.values())


def _restored(stable: Stable) -> Store:
    if stable.snapshot is None:
        return Store()
    try:
        return thaw(stable.snapshot.chunks())
    except SnapshotRefused as refused:
        raise CannotStartOver(f"the snapshot of entry {stable.snapshot.index} cannot be read: {refused}") from refused


def _apply(store: Store, entry: Entry) -> None:
    stamp, asker, request, command = unpack_command(entry.data)
    store.apply_once(entry.index, stamp, asker, request, command)


def _slices(store: Store) -> Iterator[bytes]:
    picture, place = freeze(store), START
    while True:
        data, following = encode(picture, place, RECORD_BYTES)
        yield data
        if following is None:
            return
        place = Cursor(*following)


def _records(index: int, configuration: bytes, slices: list[bytes]) -> Iterator[JournalRecord]:
    """In this order: a loss of power in between leaves the old term, and that says that it has to be done again."""
    size, checksum = sum(map(len, slices)), crc32(b"".join(slices))
    yield SnapshotBegin(
        index=index,
        term=FIRST_TERM,
        configuration_index=index,
        configuration=configuration,
        size=size,
        checksum=checksum,
    )
    offset = 0
    for data in slices:
        yield SnapshotChunk(offset=offset, data=data)
        offset += len(data)
    yield SnapshotEnd(size=size, checksum=checksum)
    yield Compact(upto=index, term=FIRST_TERM)
    yield Cell(name=FORCED_CELL, data=b"")
    yield pack_term(FIRST_TERM, "")
