"""All that a server knows only while it leads: peers' progress, rounds, reads, a transfer. Gone when it steps down.

Everything is sent early, that is before the journal has the leader's own copy (dissertation, section 10.2.1).
That is safe: AppendEntries claims nothing about the leader's disk. The leader counts itself only when its entry
is durable, and its term and vote were durable before anyone, itself included, could vote for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.log import Entry, EntryType
from lictor_actors.raft.options import RaftOptions
from lictor_actors.raft.progress import Progress, State
from lictor_actors.raft.quorum import reached_by_majority
from lictor_actors.raft.reads import Rounds
from lictor_actors.raft.stable import Stable
from lictor_messages.envelope import at
from lictor_messages.raft import AppendAnswer, AppendEntries, TimeoutNow


class Overloaded(Exception):
    """Too much waits for a quorum's answer already; nothing of this proposal was done."""


class Transfer:
    """Leadership on its way to ``target``; given up at ``until``."""

    __slots__ = ("sent", "target", "until")

    def __init__(self, target: str, until: int) -> None:
        self.target = target
        self.until = until
        self.sent = False


class Leadership:
    """One term of one leader."""

    def __init__(self, me: str, stable: Stable, options: RaftOptions, commit_index: int, now: int) -> None:
        self.me = me
        self.stable = stable
        self.options = options
        self.commit_index = commit_index
        self.first_index = stable.log.last_index + 1
        """The no-op: nothing of an earlier term is committed before it is (section 5.4.2)."""
        self.peers = {server: Progress(self.first_index, now) for server in stable.membership.servers if server != me}
        self.rounds = Rounds()
        self.transfer: Transfer | None = None
        self.lease_given_up = False
        self._uncommitted_bytes = 0
        self._packed: tuple[int, int, tuple[bytes, ...]] = (0, 0, ())
        self._reads = 0

    # -- proposals ------------------------------------------------------------------------------------------------

    def open(self, turn: Turn) -> None:
        """The first round and the no-op travel together."""
        self.rounds.begin(turn.now, None)
        self._prove()
        self.append("noop", [b""], turn)

    def append(self, type_: EntryType, data: Sequence[bytes], turn: Turn) -> range:
        """Add entries of this term to the own log and send them; returns their indexes."""
        size = sum(map(len, data))
        if self._uncommitted_bytes and self._uncommitted_bytes + size > self.options.uncommitted_bytes:
            raise Overloaded(f"{self._uncommitted_bytes} bytes wait for a quorum")
        first, term = self.stable.log.last_index + 1, self.stable.term
        self.stable.append([Entry(first + i, term, type_, d) for i, d in enumerate(data)], turn)
        self._uncommitted_bytes += size
        self._replicate_to_all(turn)
        return range(first, first + len(data))

    # -- rounds ---------------------------------------------------------------------------------------------------

    def begin_round(self, turn: Turn) -> None:
        """A heartbeat to every peer: keeps followers loyal, proves leadership, finds lost messages."""
        number = self.rounds.begin(turn.now, self.commit_index if self.own_term_committed else None)
        for peer, progress in self.peers.items():
            self._send(peer, progress.next - 1, (), number, turn)
        self._prove()

    def tick(self, turn: Turn) -> None:
        """A heartbeat is due."""
        if self.transfer and turn.now >= self.transfer.until:
            self.transfer = None
        self.begin_round(turn)

    def heard_by_quorum_since(self, now: int) -> int:
        """The moment since which a majority, this server included, has answered."""
        return reached_by_majority([now, *(p.heard for p in self.peers.values())])

    # -- answers --------------------------------------------------------------------------------------------------

    def answered(self, peer: str, answer: AppendAnswer, turn: Turn) -> None:
        """A peer answered in this term, for better or worse."""
        progress = self.peers.get(peer)
        if progress is None:
            return
        progress.heard = turn.now
        if answer.ok:
            if progress.matched(answer.match):
                self.advance_commit()
        else:
            agreed = self.stable.log.last_not_above(answer.hint_index, answer.hint_term)
            progress.refused(answer.match, agreed)
        if answer.round > progress.acked_round:
            progress.acked_round = answer.round
            self._prove()
        self._replicate(peer, progress, turn)
        if self.transfer:
            self._hand_over(self.transfer, turn)

    def advance_commit(self) -> None:
        """Commit what a majority has on disk, if it ends with an entry of this term (section 5.4.2, figure 8)."""
        reached = reached_by_majority([self.stable.durable_index, *(p.match for p in self.peers.values())])
        if reached > self.commit_index and self.stable.log.term_at(reached) == self.stable.term:
            freed = self.stable.log.entries(max(self.commit_index + 1, self.first_index), reached + 1)
            self._uncommitted_bytes -= sum(len(entry.data) for entry in freed)
            self.commit_index = reached

    @property
    def own_term_committed(self) -> bool:
        """True once this leader knows all that was ever committed (section 8)."""
        return self.commit_index >= self.first_index

    # -- reads ----------------------------------------------------------------------------------------------------

    def read(self) -> int:
        """Queue one read for the next round."""
        self._reads += 1
        self.rounds.wait(self._reads)
        return self._reads

    def begin_wanted_round(self, turn: Turn) -> None:
        """Reads wait and no round is on its way: begin one. Until the no-op is committed they have to wait."""
        if self.rounds.wanted and self.own_term_committed:
            self.begin_round(turn)

    def lease_valid(self, now: int) -> bool:
        """True if nobody else can have been elected by now."""
        sent = self.rounds.proved_sent
        return (
            sent is not None
            and self.own_term_committed
            and not self.lease_given_up
            and now < sent + self.options.lease_ns
        )

    # -- transfer -------------------------------------------------------------------------------------------------

    def begin_transfer(self, target: str, turn: Turn) -> None:
        """Bring ``target`` up to date, then tell it to stand (dissertation, section 3.10)."""
        self.transfer = Transfer(target, turn.now + self.options.election_ns)
        self._hand_over(self.transfer, turn)

    def _hand_over(self, transfer: Transfer, turn: Turn) -> None:
        if transfer.sent or self.peers[transfer.target].match < self.stable.log.last_index:
            return
        transfer.sent = True
        # For good: voters break their loyalty for a transfer, and the message may arrive long after we gave it up.
        self.lease_given_up = True
        turn.send(at("server", transfer.target), TimeoutNow(term=self.stable.term))

    # -- sending --------------------------------------------------------------------------------------------------

    def _prove(self) -> None:
        answered = [self.rounds.round, *(p.acked_round for p in self.peers.values())]
        self.rounds.prove(reached_by_majority(answered))

    def _replicate_to_all(self, turn: Turn) -> None:
        for peer, progress in self.peers.items():
            self._replicate(peer, progress, turn)

    def _replicate(self, peer: str, progress: Progress, turn: Turn) -> None:
        log, most = self.stable.log, self.options.frame_bytes
        while progress.next <= log.last_index and progress.may_send(log.size_from(progress.next), self.options):
            packed = self._pack(progress.next, most)
            self._send(peer, progress.next - 1, packed, self.rounds.round, turn)
            progress.sent(progress.next + len(packed) - 1, sum(map(len, packed)))
            if progress.state is State.PROBE:
                break

    def _pack(self, first: int, most: int) -> tuple[bytes, ...]:
        """Peers mostly want the same entries at the same time: packed once for all of them."""
        last = self.stable.log.last_index
        if self._packed[:2] != (first, last):
            self._packed = (first, last, tuple(e.packed for e in self.stable.log.batch(first, most)))
        return self._packed[2]

    def _send(self, peer: str, prev: int, packed: tuple[bytes, ...], number: int, turn: Turn) -> None:
        log = self.stable.log
        prev_term = log.term_at(prev)
        if prev_term is None:
            raise LookupError(f"{peer} needs entries from {prev + 1} on, the log begins at {log.offset + 1}")
        message = AppendEntries(
            term=self.stable.term,
            leader=self.me,
            prev_index=prev,
            prev_term=prev_term,
            entries=packed,
            commit=self.commit_index,
            round=number,
        )
        turn.send(at("server", peer), message, early=True)
