"""The server's part in Raft's snapshots: writing the store a slice a turn, and putting a leader's in its place.

A picture of the store costs one short turn (``store.snapshot.freeze``); its bytes are made and journalled in slices
with room between them for all other messages. What a leader sends is read as it comes, so that only the last
step, the new store in place of the old one, is left for the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.kernel.actor import Poisoned
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Raft, Snapshot
from lictor_actors.store.snapshot.freeze import START, Cursor, Picture, SnapshotRefused, Thaw, encode, freeze
from lictor_actors.store.store import Store
from lictor_messages.server import SnapshotSliceDue

SLICE_BYTES = 128 * 1024
"""What one turn encodes, give or take a row: a millisecond or two."""
PAUSE_NS = 2_000_000
"""Between two slices: a large store then costs a part of the time for a while, and never all of it."""
TIMER = "server.snapshot"


@dataclass(slots=True)
class _Writing:
    snapshot: Snapshot
    picture: Picture
    place: Cursor
    began: int


class _Reading:
    """A leader's snapshot on its way into a store that is not in use yet."""

    def __init__(self, snapshot: Snapshot, began: int | None = None) -> None:
        """``began``: when its first part came, None if all of it is here."""
        self.snapshot = snapshot
        self.began = began
        self._thaw = Thaw(Store())
        self._read = 0

    def go_on(self) -> None:
        """Read what has come since."""
        for data in self.snapshot.chunks_from(self._read):
            self._thaw.feed(data)
            self._read += 1

    def finish(self) -> Store:
        """Everything has come."""
        self.go_on()
        return self._thaw.finish()


class RaftSnapshots:
    """Watches a Raft and writes or reads snapshots as it wants them."""

    def __init__(self, raft: Raft) -> None:
        self._raft = raft
        self._writing: _Writing | None = None
        self._reading: _Reading | None = None
        self._ready: tuple[_Reading, Store] | None = None
        """A leader's snapshot that was read whole before Raft took it over."""

    @property
    def writing(self) -> bool:
        """True while a snapshot of the store is being written."""
        return self._writing is not None

    def begin_if_due(self, store: Store, turn: Turn) -> None:
        """Everything committed is applied: begin a snapshot if Raft wants one."""
        if self._raft.snapshot_due:
            snapshot = self._raft.begin_snapshot(turn)
            self._writing = _Writing(snapshot, freeze(store), START, turn.now)
            turn.sample("raft.fsm.snapshot", 0.0)
            turn.set_timer(TIMER, 0, SnapshotSliceDue())

    def due(self, turn: Turn) -> None:
        """Write the next slice."""
        writing = self._writing
        if writing is None:
            return
        data, place = encode(writing.picture, writing.place, SLICE_BYTES)
        if not self._raft.write_snapshot(writing.snapshot, data, turn):
            self._writing = None
        elif place is None:
            self._writing = None
            self._raft.end_snapshot(writing.snapshot, turn)
            turn.sample("raft.snapshot.persist", (turn.now - writing.began) / 1e6)
            turn.note(f"raft: has written a snapshot of {writing.snapshot.index}, {writing.snapshot.size} bytes")
        else:
            writing.place = place
            turn.set_timer(TIMER, PAUSE_NS, SnapshotSliceDue())

    def read_incoming(self, now: int) -> None:
        """Another chunk may have come from the leader."""
        incoming = self._raft.incoming
        if incoming is None:
            return
        if self._reading is None or self._reading.snapshot is not incoming:
            self._reading = _Reading(incoming, now)
        try:
            self._reading.go_on()
        except SnapshotRefused:
            self._reading = None  # its checksum may be wrong too, and then it is fetched again; if not, see ``restore``

    def fault(self, snapshot: Snapshot) -> str:
        """Why this snapshot of a leader's, which is whole, cannot be restored; "" if it can."""
        reading, self._reading = self._reading, None
        if reading is None or reading.snapshot is not snapshot:
            reading = _Reading(snapshot)
        try:
            self._ready = reading, reading.finish()
        except SnapshotRefused as refused:
            return str(refused)
        return ""

    def restore(self, snapshot: Snapshot, turn: Turn) -> Store:
        """The store of this snapshot. Raises Poisoned if it is the journal's and this version cannot read it."""
        ready, self._ready = self._ready, None
        if ready is not None and ready[0].snapshot is snapshot:
            began = ready[0].began
            turn.sample("raft.fsm.restore", 0.0 if began is None else (turn.now - began) / 1e6)
            return ready[1]
        turn.sample("raft.fsm.restore", 0.0)
        try:
            return _Reading(snapshot).finish()
        except SnapshotRefused as refused:
            raise Poisoned(f"the snapshot of entry {snapshot.index}", refused) from refused
