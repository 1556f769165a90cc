"""Snapshots of the whole store: read in slices from the server that took one, restored in parts through the log."""

from __future__ import annotations

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message
from lictor_messages.bounds import Checksum, Natural


class OpenSnapshot(Query, kind="snapshots.open_snapshot", on=WIRE):
    """Take a picture of the store; answered by SnapshotOpened, at the consistency that is asked for."""


class SnapshotOpened(Answer, kind="snapshots.snapshot_opened", on=WIRE):
    """A picture that is kept for a while. ``index`` is that of the last write in it."""

    id: str
    """``term-index-milliseconds``, as Raft libraries name snapshots."""
    server: str
    """Address of the server that keeps it: only that one can be asked for slices."""
    term: int
    at_ns: int
    """When it was taken, nanoseconds since 1970."""
    servers: tuple[str, ...] = ()
    """The voters at that time, by node."""


class ReadSnapshot(Query, kind="snapshots.read_snapshot", on=WIRE):
    """The slice at a place of a picture; (0, 0) is its beginning. Answered by SnapshotSlice, or Refused NotFound."""

    id: str
    row: Natural = 0
    check: Checksum = 0


class SnapshotSlice(Answer, kind="snapshots.snapshot_slice", on=WIRE):
    """Some bytes, and the place of the next slice; ``done`` means that there is none."""

    data: bytes
    row: Natural = 0
    check: Checksum = 0
    done: bool = False


class StageRestore(Command, kind="snapshots.stage_restore", on=WIRE | STORED):
    """One part of the bytes of a snapshot that is to be restored. Outcome: Written, or Refused Invalid.

    Parts come in order, from 0 on; a repeat is harmless, and part 0 of another ``id`` takes the place of what was
    staged before. Nothing that can be read changes.
    """

    id: str
    part: int
    data: bytes


class RestoreStaged(Command, kind="snapshots.restore_staged", on=WIRE | STORED):
    """Replace the whole store by the snapshot that was staged, at once. Outcome: Written, or Refused Invalid.

    ``digest`` is the SHA-256 of all ``parts`` together. If anything does not fit, nothing changes.
    """

    id: str
    parts: int
    digest: str


class SnapshotIdleDue(Message):
    """A server's timer: a picture may have been kept for long enough."""
