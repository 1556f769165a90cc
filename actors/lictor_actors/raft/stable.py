"""What survives a crash: term, vote, log and snapshot, and how much of it is on disk already."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.configuration import Configurations, unpack_configuration, unpack_forced
from lictor_actors.raft.log import UNKNOWN_TERM, Entry, Log, from_body
from lictor_actors.raft.records import (
    FORCED_CELL,
    IDENTITY_CELL,
    TERM_CELL,
    begin_of,
    pack_term,
    records_of,
    snapshot_of,
    unpack_term,
)
from lictor_actors.raft.snapshot import Snapshot
from lictor_messages.journal import (
    Append,
    AppendMany,
    Cell,
    Compact,
    JournalRecord,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
    TruncateFrom,
    appended,
)

_IDENTITY_BYTES = 8


class _Pending(NamedTuple):
    """Entries up to ``last`` are durable when record ``number`` is; they were written at ``since``."""

    number: int
    last: int
    since: int


class Stable:
    """Every change goes to the journal in the turn that makes it; sends that rest on it wait by themselves."""

    __slots__ = (
        "_pending",
        "_snapshot_number",
        "_vote_number",
        "configurations",
        "durable_index",
        "identity",
        "log",
        "snapshot",
        "staged",
        "term",
        "vote",
        "vote_durable",
    )

    def __init__(self) -> None:
        self.term = 0
        self.vote = ""
        """The candidate that has this server's vote in ``term``, "" if none has."""
        self.vote_durable = True
        self.log = Log()
        self.configurations = Configurations()
        self.identity = ""
        """Of a server that began with an empty disk and did not bootstrap; see ``configuration``."""
        self.snapshot: Snapshot | None = None
        """The last whole one; it stands for everything that the log no longer has, and some more."""
        self.staged: Snapshot | None = None
        """The one that is being written, by this server or from its leader's chunks."""
        self.durable_index = 0
        """The end of the log that is on disk: what this server may count itself for."""
        self._vote_number = 0
        self._snapshot_number = 0
        """The record that ended a snapshot which is not known to be durable yet, 0 for none."""
        self._pending: deque[_Pending] = deque()

    # -- replay -----------------------------------------------------------------------------------------------------

    def recover(self, record: JournalRecord) -> None:
        """Replay one record of the journal; what the journal gives back is on disk."""
        match record:
            case Append() | AppendMany():
                for index, term, body in appended(record):
                    self._recover_entry(index, term, body)
            case TruncateFrom(index=index):
                self._replay_cut(index)
            case Cell(name=name, data=data):
                self._recover_cell(name, data)
            case Compact(upto=upto, term=term) if upto >= self.log.offset:
                self._forget(upto, term)
            case Compact():
                pass  # of long ago: what it stood for went with its segment
            case SnapshotBegin():
                self.staged = snapshot_of(record)
            case SnapshotChunk():
                self._recover_chunk(record)
            case SnapshotEnd():
                self._recover_end(record)
        self.durable_index = self.log.last_index

    def _recover_entry(self, index: int, term: int, body: bytes) -> None:
        if index != self.log.last_index + 1:
            self.log.begin_at(index)
        self._add(from_body(index, term, body))

    def _recover_cell(self, name: str, data: bytes) -> None:
        if name == TERM_CELL:
            self.term, self.vote = unpack_term(data)
        elif name == IDENTITY_CELL:
            self.identity = data.decode()
        elif name == FORCED_CELL:
            self.configurations.forced = unpack_forced(data)

    def _replay_cut(self, index: int) -> None:
        """The journal may have dropped what the log lost here: then it begins anew."""
        if index > self.log.offset:
            self._cut(index)
        else:
            self._cut(self.log.offset + 1)
            self.log.begin_at(index)

    def _recover_chunk(self, record: SnapshotChunk) -> None:
        if self.staged is not None and record.offset == self.staged.size:
            self.staged.add(record.data)

    def _recover_end(self, record: SnapshotEnd) -> None:
        if self.staged is None:
            return  # its beginning was dropped with its segment, because a later one is whole
        self.staged.expected = (record.size, record.checksum)
        self.staged.verify()
        self._take_staged()

    def recovered(self, turn: Turn) -> None:
        """The whole journal was replayed: bring the log in line with the snapshot if the power failed in between.

        Raises LostBeginning if entries are missing that no snapshot stands for.
        """
        stands_for = self.snapshot.index if self.snapshot else 0
        if self.log.offset > stands_for or self.log.offset_term == UNKNOWN_TERM:
            raise LostBeginning(f"the log begins at {self.log.offset + 1}, and no snapshot stands for what was before")
        if self.staged and self.staged.own:
            self.staged = None  # the life that wrote it is over
        if self.snapshot and not self.log.has(self.snapshot.index, self.snapshot.term):
            self.compact(self.snapshot.index, self.snapshot.term, turn)

    # -- term, vote, identity ---------------------------------------------------------------------------------------

    def set_term(self, term: int, vote: str, turn: Turn) -> None:
        """Term and vote change as one: a crash in between could otherwise lead to two votes in a term."""
        if term < self.term or (term == self.term and self.vote not in ("", vote)):
            raise ValueError(f"term {self.term} with vote {self.vote!r} cannot become {term} with {vote!r}")
        self.term, self.vote = term, vote
        self._vote_number = turn.persist(pack_term(term, vote))
        self.vote_durable = False

    def draw_identity(self, turn: Turn) -> None:
        """This disk remembers nothing: servers that count on what it once promised have to know."""
        self.set_identity(turn.secret(_IDENTITY_BYTES).hex(), turn)

    def set_identity(self, identity: str, turn: Turn) -> None:
        """From now on this server is who a configuration names so."""
        self.identity = identity
        turn.persist(Cell(name=IDENTITY_CELL, data=identity.encode()))

    @property
    def blank(self) -> bool:
        """True if nothing was ever promised on this disk."""
        return self.term == 0 and self.log.last_index == 0 and self.snapshot is None

    # -- log --------------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[Entry], turn: Turn) -> None:
        """Add entries to the end of the log."""
        number, forced = 0, self.configurations.forced
        for record in records_of(entries):
            number = turn.persist(record)
        for entry in entries:
            self._add(entry)
        if forced and not self.configurations.forced:
            number = turn.persist(Cell(name=FORCED_CELL, data=b""))
        if number:
            self._pending.append(_Pending(number, self.log.last_index, turn.now))

    def truncate_from(self, index: int, turn: Turn) -> None:
        """Drop the entries from ``index`` on; what is still being written there no longer counts."""
        self._cut(index)
        turn.persist(TruncateFrom(index=index))
        self.durable_index = min(self.durable_index, index - 1)
        self._pending = deque(p._replace(last=min(p.last, index - 1)) for p in self._pending)

    def compact(self, upto: int, term: int, turn: Turn) -> None:
        """Forget the entries up to ``upto``, and all others too if they do not follow it: a snapshot stands there."""
        self._forget(upto, term)
        turn.persist(Compact(upto=upto, term=term))
        last = self.log.last_index
        self._pending = deque(p._replace(last=min(p.last, last)) for p in self._pending)
        # The snapshot itself was durable before, or its records precede this one and any answer waits for both.
        self.durable_index = min(max(self.durable_index, upto), last)

    def durable(self, upto: int) -> None:
        """Records up to number ``upto`` of this life are on disk."""
        while self._pending and self._pending[0].number <= upto:
            self.durable_index = max(self.durable_index, self._pending.popleft().last)
        if upto >= self._vote_number:
            self.vote_durable = True
        if upto >= self._snapshot_number:
            self._snapshot_number = 0

    def unwritten_since(self, now: int) -> int:
        """When the oldest entries were written that the disk has not taken yet; ``now`` if there are none."""
        return self._pending[0].since if self._pending else now

    # -- snapshots --------------------------------------------------------------------------------------------------

    def stage(self, snapshot: Snapshot, turn: Turn) -> None:
        """Begin to write this snapshot; one that was begun before is given up."""
        self.staged = snapshot
        turn.persist(begin_of(snapshot))

    def add_chunk(self, snapshot: Snapshot, data: bytes, turn: Turn) -> None:
        """The next bytes of the snapshot that is being written."""
        turn.persist(SnapshotChunk(offset=snapshot.size, data=data))
        snapshot.add(data)

    def end_snapshot(self, snapshot: Snapshot, turn: Turn) -> None:
        """It is whole: from now on it stands instead of the one before."""
        snapshot.verify()
        self._snapshot_number = turn.persist(SnapshotEnd(size=snapshot.size, checksum=snapshot.checksum))
        forced = self.configurations.forced
        if forced and snapshot.term > forced.term:
            self.configurations.forced = None
            turn.persist(Cell(name=FORCED_CELL, data=b""))
        self._take_staged()

    @property
    def snapshot_durable(self) -> bool:
        """True if ``snapshot`` would survive a loss of power: only then may the log go."""
        return self._snapshot_number == 0

    def _take_staged(self) -> None:
        assert self.staged is not None
        self.snapshot, self.staged = self.staged, None
        configuration = unpack_configuration(self.snapshot.configuration)
        self.configurations.begin_with(self.snapshot.configuration_index, configuration)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _add(self, entry: Entry) -> None:
        self.log.append(entry)
        self.configurations.appended(entry)

    def _cut(self, index: int) -> None:
        self.log.truncate_from(index)
        self.configurations.truncated_from(index)

    def _forget(self, upto: int, term: int) -> None:
        if not self.log.has(upto, term):
            self.configurations.truncated_from(upto + 1)
        self.log.compact(upto, term)


class LostBeginning(RuntimeError):
    """The journal's oldest segments are missing."""
