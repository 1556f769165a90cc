"""Archives for users (``snapshot save``): pictures of the store that are kept while a gateway reads them in slices.

Raft's own snapshots are in ``raft_snapshots``.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.store.snapshot.freeze import Cursor, Picture, encode, freeze
from lictor_actors.store.store import Store
from lictor_messages.answers import Answer
from lictor_messages.refusals import Refused
from lictor_messages.snapshots import ReadSnapshot, SnapshotIdleDue, SnapshotOpened, SnapshotSlice

SLICE_BYTES = 128 * 1024
"""One slice, give or take a row: encoded here and compressed at the doorway in a millisecond or two."""
KEPT_NS = 60_000_000_000
"""How long a picture is kept after it was last asked for."""
KEPT_MOST = 4
"""Pictures at a time: each keeps the rows alive that were overwritten since. The one idle for longest goes."""


@dataclass(slots=True)
class _Archive:
    picture: Picture
    asked_at: int


class Archives:
    """Takes pictures of the store and hands out their slices."""

    def __init__(self) -> None:
        self._kept: dict[str, _Archive] = {}
        """In the order in which they were last asked for."""

    def due(self, turn: Turn) -> None:
        """Forget what was not asked for lately."""
        for name in [name for name, kept in self._kept.items() if turn.now - kept.asked_at >= KEPT_NS]:
            del self._kept[name]
        self._arm(turn)

    def open(self, store: Store, ticket: Ticket, opened: SnapshotOpened, turn: Turn) -> None:
        """Take a picture; ``opened`` says what the server knows of itself."""
        name = f"{opened.term}-{store.applied}-{turn.wall // 1_000_000}"
        self._keep(name, freeze(store), turn)
        if len(self._kept) > KEPT_MOST:
            del self._kept[next(iter(self._kept))]
        answer = opened.model_copy(update={"id": name, "index": max(store.applied, 1), "at_ns": turn.wall})
        # Early: a quorum has on disk what was applied.
        turn.answer(ticket, answer, early=True)

    def read(self, query: ReadSnapshot, ticket: Ticket, turn: Turn) -> None:
        """Answer one slice; the same question gets the same slice."""
        turn.answer(ticket, self._slice(query, turn), early=True)  # early: see ``open``

    @property
    def kept(self) -> int:
        """How many pictures are kept."""
        return len(self._kept)

    def _slice(self, query: ReadSnapshot, turn: Turn) -> Answer | Refused:
        kept = self._kept.pop(query.id, None)
        if kept is None:
            return Refused(code="Invalid", text=f"the snapshot {query.id} is not kept any more: take another one")
        self._keep(query.id, kept.picture, turn)
        rows = sum(map(len, kept.picture.tables))
        if not 0 <= query.row <= rows:
            text = f"no slice of {query.id} begins at row {query.row}: it has {rows}, and the first begins at 0"
            return Refused(code="BadRequest", text=text)
        data, place = encode(kept.picture, Cursor(query.row, query.check), SLICE_BYTES)
        index = kept.picture.header.index or 1
        if place is None:
            return SnapshotSlice(index=index, data=data, done=True)
        return SnapshotSlice(index=index, data=data, row=place.row, check=place.check)

    def _keep(self, name: str, picture: Picture, turn: Turn) -> None:
        first = not self._kept
        self._kept[name] = _Archive(picture, turn.now)
        if first:
            self._arm(turn)

    def _arm(self, turn: Turn) -> None:
        if self._kept:
            oldest = next(iter(self._kept.values())).asked_at
            turn.set_timer("snapshots", oldest + KEPT_NS - turn.now, SnapshotIdleDue())
