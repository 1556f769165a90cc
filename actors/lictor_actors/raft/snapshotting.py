"""Snapshots: taken by each server of what it has applied, sent by leaders, and what lets the log grow short again.

Who takes one asks the store for a picture and writes its bytes over many turns, so that no turn is long. Nothing of
the log goes before the snapshot that stands for it is on disk. A torn snapshot leaves the one before in force.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.doubts import Implausible
from lictor_actors.raft.facts import Facts
from lictor_actors.raft.snapshot import Snapshot, SnapshotDamaged
from lictor_messages.raft import AppendAnswer, InstallSnapshot, SnapshotAnswer


class Snapshotting(Facts):
    """What a server does with snapshots."""

    # -- its own ----------------------------------------------------------------------------------------------------

    @property
    def snapshot_due(self) -> bool:
        """True if enough was applied since the last one, and none is under way.

        A snapshot is as large as the state: a large one has to wait for more than some entries, or writing it would
        never end.
        """
        if self._staging:
            return False
        snapshot, log, options = self._stable.snapshot, self._stable.log, self.options
        since, size = (snapshot.index, snapshot.size) if snapshot else (0, 0)
        entries, applied = self._taken - since, log.size_between(max(since, log.offset), self._taken)
        if entries >= options.snapshot_threshold and applied >= size // 2:
            return True
        return entries >= options.snapshot_longest or applied >= max(size, options.log_bytes)

    @property
    def _staging(self) -> bool:
        """A leader's that is overtaken by the log will never be finished."""
        staged = self._stable.staged
        return staged is not None and (staged.own or staged.index > self._commit_index)

    @property
    def incoming(self) -> Snapshot | None:
        """The leader's snapshot as far as it is here."""
        staged = self._stable.staged
        return staged if staged is not None and not staged.own else None

    def begin_snapshot(self, turn: Turn) -> Snapshot:
        """Begin a snapshot of everything taken with ``take_committed`` so far; its bytes come with ``write_snapshot``.

        One that was under way is given up.
        """
        index = self._taken
        term = self._stable.log.term_at(index)
        assert term is not None, f"the log ends before {index}, which was applied"
        servers = self._stable.configurations.at(index)
        snapshot = Snapshot(index, term, servers.index, servers.configuration.pack())
        self._stable.stage(snapshot, turn)
        return snapshot

    def write_snapshot(self, snapshot: Snapshot, data: bytes, turn: Turn) -> bool:
        """The next bytes; False if the snapshot was given up meanwhile, because a leader sent a later one."""
        if self._stable.staged is not snapshot:
            return False
        self._stable.add_chunk(snapshot, data, turn)
        return True

    def end_snapshot(self, snapshot: Snapshot, turn: Turn) -> bool:
        """All bytes are written. Once they are durable the log is made shorter. False as above."""
        if self._stable.staged is not snapshot:
            return False
        snapshot.seal()
        self._stable.end_snapshot(snapshot, turn)
        return True

    def _compact(self, turn: Turn) -> None:
        """The last snapshot is on disk: drop entries that it stands for and no peer is likely to need."""
        snapshot, log = self._stable.snapshot, self._stable.log
        if snapshot is None or not self._stable.snapshot_durable:
            return
        tail = log.tail_of(snapshot.index, self.options.log_bytes // 2)
        upto = max(snapshot.index - self.options.trailing_logs, tail)
        if self._leading:
            upto = min(upto, self._leading.held_from(turn.now))
        if upto > log.offset:
            term = log.term_at(upto)
            assert term is not None
            self._stable.compact(upto, term, turn)

    # -- a leader's -------------------------------------------------------------------------------------------------

    def take_restored(self) -> Snapshot | None:
        """A snapshot that stands for all that was applied before; the state has to be taken from it, at once."""
        taken, self._restored = self._restored, None
        return taken

    def _restore(self, snapshot: Snapshot) -> None:
        self._restored = snapshot
        self._commit_index = max(self._commit_index, snapshot.index)
        self._taken = snapshot.index

    def _install(self, message: InstallSnapshot, turn: Turn) -> SnapshotAnswer | AppendAnswer:
        """Stage one chunk; with the last one the snapshot takes the place of what this server had.

        Raises Implausible for one whose bytes are right and can never be restored.
        """
        if message.index <= self._commit_index:
            return self._has_all(message, self._commit_index)
        staged = self._staged_for(message, turn)
        if message.offset == staged.size and not staged.whole:
            self._stable.add_chunk(staged, message.data, turn)
        if not staged.whole:
            return SnapshotAnswer(term=self.term, index=message.index, offset=staged.size)
        try:
            staged.verify()
        except SnapshotDamaged as damaged:
            turn.note(f"raft: {damaged}: it is fetched again")
            self._stable.staged = None
            return SnapshotAnswer(term=self.term, index=message.index, offset=0)
        if why := self.believes(staged):
            self._stable.staged, self._unbelievable = None, staged.place
            raise Implausible("snapshot_data", f"the snapshot of entry {staged.index} cannot be restored: {why}")
        self._swap(staged, turn)
        return self._has_all(message, message.index)

    def _staged_for(self, message: InstallSnapshot, turn: Turn) -> Snapshot:
        """Where the chunk belongs: also what an earlier leader, or an earlier life, has begun of the same snapshot."""
        staged = self._stable.staged
        wanted = (message.index, message.last_term, (message.size, message.checksum))
        if wanted == self._unbelievable:
            raise Implausible("snapshot_data", f"the snapshot of entry {message.index} could not be restored before")
        if staged is None or staged.place != wanted:
            staged = Snapshot(
                message.index, message.last_term, message.configuration_index, message.configuration, wanted[2]
            )
            self._stable.stage(staged, turn)
        return staged

    def _swap(self, staged: Snapshot, turn: Turn) -> None:
        self._stable.end_snapshot(staged, turn)
        if not self._stable.log.has(staged.index, staged.term):
            self._stable.compact(staged.index, staged.term, turn)
        turn.note(f"raft: takes over the snapshot of {staged.index}, {staged.size} bytes")
        self._restore(staged)

    def _has_all(self, message: InstallSnapshot, upto: int) -> AppendAnswer:
        return AppendAnswer(term=self.term, ok=True, match=upto, round=0, newcomer=self._newcomer)

    @property
    def _newcomer(self) -> str:
        """By the latest configuration alone: the leader knows a server by the configuration that it acknowledges."""
        row = self.members.row(self.me) if self.identity else None
        return "" if row is not None and row.identity == self.identity else self.identity
