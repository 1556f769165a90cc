"""The leader's side of replication: to each peer what it lacks, as entries or, if the log lacks them too, a snapshot.

Everything is sent early, that is before the journal has the leader's own copy (dissertation, section 10.2.1).
That is safe: AppendEntries claims nothing about the leader's disk, and a snapshot holds only what a quorum has on
theirs. The leader counts itself only when its entry is durable, and its term and vote were durable before anyone,
itself included, could vote for it.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.doubts import Implausible
from lictor_actors.raft.options import RaftOptions
from lictor_actors.raft.progress import PROBE, SNAPSHOT, Progress
from lictor_actors.raft.stable import Stable
from lictor_messages.envelope import at
from lictor_messages.raft import AppendEntries, InstallSnapshot


class Replication:
    """The peers of one term's leader, voters or not."""

    def __init__(self, me: str, stable: Stable, options: RaftOptions, commit_index: int) -> None:
        self._me = me
        self._stable = stable
        self._options = options
        self.commit_index = commit_index
        self.round = 0
        """Number of the last heartbeat round."""
        self.entries_sent = 0
        """To all peers together."""
        self.peers: dict[str, Progress] = {}
        self.voting: list[Progress] = []
        """The peers that count."""
        self.counts_me = False
        """False while this leader is on its way out: it leads on until the configuration without it is committed."""
        self._packed: tuple[int, int, tuple[bytes, ...]] = (0, 0, ())

    def reconfigured(self, following: int, now: int) -> None:
        """Another configuration is in force; what is known of those who stay is kept."""
        configuration = self._stable.configurations.latest.configuration
        others = [name for name in configuration.names if name != self._me]
        self.peers = {name: self.peers.get(name) or Progress(following, now) for name in others}
        self.voting = [self.peers[name] for name in configuration.voters if name != self._me]
        self.counts_me = self._me in configuration.voters

    # -- rounds -----------------------------------------------------------------------------------------------------

    def heartbeat(self, number: int, turn: Turn) -> None:
        """To every peer, without entries. Index 0 is in every log: it serves where ours no longer reaches."""
        self.round = number
        offset = self._stable.log.offset
        for peer, progress in self.peers.items():
            known = progress.state is not SNAPSHOT and progress.next > offset
            progress.asked = (number, turn.now)
            self._send(peer, progress.next - 1 if known else 0, (), turn)

    # -- entries ----------------------------------------------------------------------------------------------------

    def to_all(self, turn: Turn) -> None:
        """What each lacks, as far as may be on its way at once."""
        for peer, progress in self.peers.items():
            self.to(peer, progress, turn)

    def to(self, peer: str, progress: Progress, turn: Turn) -> None:
        """What this one lacks."""
        log = self._stable.log
        if progress.next <= log.offset:
            self._begin_snapshot(peer, progress, turn)
            return
        if progress.state is SNAPSHOT:
            return
        while progress.next <= log.last_index and progress.may_send(log.size_from(progress.next), self._options):
            packed = self._pack(progress.next)
            self._send(peer, progress.next - 1, packed, turn)
            self.entries_sent += len(packed)
            progress.sent(progress.next + len(packed) - 1, sum(map(len, packed)), turn.now)
            if progress.state is PROBE:
                break

    def _pack(self, first: int) -> tuple[bytes, ...]:
        """Peers mostly want the same entries at the same time: packed once for all of them."""
        last = self._stable.log.last_index
        if self._packed[:2] != (first, last):
            batch = self._stable.log.batch(first, self._options.frame_bytes)
            self._packed = (first, last, tuple(entry.packed for entry in batch))
        return self._packed[2]

    def _send(self, peer: str, prev: int, packed: tuple[bytes, ...], turn: Turn) -> None:
        prev_term = self._stable.log.term_at(prev) if prev else 0
        if prev_term is None:
            raise LookupError(f"{peer} needs entries from {prev + 1} on, the log has none there")
        message = AppendEntries(
            term=self._stable.term,
            leader=self._me,
            prev_index=prev,
            prev_term=prev_term,
            entries=packed,
            commit=self.commit_index,
            round=self.round,
        )
        turn.send(at("server", peer), message, early=True)

    # -- snapshots --------------------------------------------------------------------------------------------------

    def chunk_wanted(self, peer: str, progress: Progress, index: int, offset: int, turn: Turn) -> None:
        """The follower has staged the snapshot of ``index`` up to ``offset``."""
        if progress.snapshot is None or progress.snapshot.index != index:
            return
        if offset > progress.snapshot.size:
            raise Implausible("offset", f"it wants byte {offset} of a snapshot of {progress.snapshot.size}")
        if progress.wants_chunk(offset):
            self._send_chunk(peer, progress, turn)

    def find_lost_chunk(self, peer: str, progress: Progress, answered_round: int, turn: Turn) -> None:
        """A round that left after the chunk is answered, and the chunk is not: the pipe keeps order, so it is lost."""
        if progress.state is SNAPSHOT and answered_round > progress.sent_round:
            self._send_chunk(peer, progress, turn)

    def _begin_snapshot(self, peer: str, progress: Progress, turn: Turn) -> None:
        snapshot = self._stable.snapshot
        if snapshot is None:
            raise LookupError(f"{peer} needs entries from {progress.next} on: neither log nor snapshot has them")
        turn.note(f"raft: sends {peer} the snapshot of {snapshot.index}, {snapshot.size} bytes")
        progress.install(snapshot)
        self._send_chunk(peer, progress, turn)

    def _send_chunk(self, peer: str, progress: Progress, turn: Turn) -> None:
        snapshot = progress.snapshot
        assert snapshot is not None
        if snapshot.index < self._stable.log.offset:
            # The peer was away so long that the log ends after what it was being sent.
            self._begin_snapshot(peer, progress, turn)
            return
        progress.sent_round = self.round
        message = InstallSnapshot(
            term=self._stable.term,
            leader=self._me,
            index=snapshot.index,
            last_term=snapshot.term,
            configuration_index=snapshot.configuration_index,
            configuration=snapshot.configuration,
            size=snapshot.expected[0],
            checksum=snapshot.expected[1],
            offset=progress.offset,
            data=snapshot.chunk(progress.offset, self._options.frame_bytes),
        )
        turn.send(at("server", peer), message, early=True)

    def held_from(self, now: int) -> int:
        """The last entry that no peer on its way needs any more: what follows it should stay in the log."""
        log = self._stable.log
        held = log.last_index
        for progress in self.peers.values():
            if now - progress.heard < self._options.election_ns:
                reached = progress.snapshot.index if progress.snapshot else progress.match
                held = min(held, reached) if reached >= log.offset else held
        return max(held, log.last_index - self._options.held_logs)
