"""All that a server knows only while it leads: peers' progress, rounds, reads, a transfer. Gone when it steps down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.configuration import ChangeRefused, Configuration
from lictor_actors.raft.doubts import Implausible
from lictor_actors.raft.entry_times import EntryTimes, sample_upto
from lictor_actors.raft.log import Entry, EntryType
from lictor_actors.raft.options import RaftOptions
from lictor_actors.raft.progress import Progress
from lictor_actors.raft.quorum import reached_by_majority
from lictor_actors.raft.reads import Rounds
from lictor_actors.raft.replication import Replication
from lictor_actors.raft.stable import Stable
from lictor_messages.envelope import at
from lictor_messages.raft import AppendAnswer, SnapshotAnswer, TimeoutNow


class Overloaded(Exception):
    """Too much waits for a quorum's answer already; nothing of this proposal was done."""


class Transfer:
    """LeaderState on its way to ``target``; given up at ``until``."""

    __slots__ = ("sent", "target", "until")

    def __init__(self, target: str, until: int) -> None:
        self.target = target
        self.until = until
        self.sent = False


class LeaderState:
    """One term of one leader."""

    def __init__(self, me: str, stable: Stable, options: RaftOptions, commit_index: int, now: int) -> None:
        self.me = me
        self.stable = stable
        self.options = options
        self._lease_ns = options.lease_ns
        self.first_index = stable.log.last_index + 1
        """The no-op: nothing of an earlier term is committed before it is (section 5.4.2)."""
        self._replication = Replication(me, stable, options, commit_index)
        self._replication.reconfigured(self.first_index, now)
        self.rounds = Rounds()
        self.times = EntryTimes()
        self.transfer: Transfer | None = None
        self.lease_given_up = False
        self._uncommitted_bytes = 0
        self._reads = 0

    @property
    def commit_index(self) -> int:
        """The last index known to be committed."""
        return self._replication.commit_index

    @property
    def entries_sent(self) -> int:
        """See ``Replication``."""
        return self._replication.entries_sent

    @property
    def peers(self) -> Mapping[str, Progress]:
        """All other servers of the configuration, voters or not."""
        return self._replication.peers

    # -- proposals ------------------------------------------------------------------------------------------------

    def open(self, turn: Turn) -> None:
        """The first round and the no-op travel together."""
        self._replication.round = self.rounds.begin(turn.now, None)
        self._prove()
        self.append("noop", [b""], turn)
        forced = self.stable.configurations.forced
        if forced:
            self.reconfigure(forced.configuration, turn)

    def append(self, type_: EntryType, data: Sequence[bytes], turn: Turn) -> range:
        """Add entries of this term to the own log and send them; returns their indexes."""
        size = sum(map(len, data))
        if self._uncommitted_bytes and self._uncommitted_bytes + size > self.options.uncommitted_bytes:
            raise Overloaded(f"{self._uncommitted_bytes} bytes wait for a quorum")
        first, term = self.stable.log.last_index + 1, self.stable.term
        self.stable.append([Entry(first + i, term, type_, d) for i, d in enumerate(data)], turn)
        self._uncommitted_bytes += size
        self.times.appended(first + len(data) - 1, turn.now)
        self._replication.to_all(turn)
        return range(first, first + len(data))

    def reconfigure(self, configuration: Configuration, turn: Turn) -> None:
        """Append this configuration: it is in force from now on, for this leader as for all others."""
        self.append("configuration", [configuration.pack()], turn)
        self._replication.reconfigured(self.stable.log.last_index, turn.now)
        self._replication.to_all(turn)
        self.advance_commit()

    def check_new_voters(self, configuration: Configuration) -> None:
        """Raise ChangeRefused unless each new voter has the configuration that let it in, and is let in by it."""
        present = self.stable.configurations.latest
        for name in configuration.voters:
            if name in present.configuration.voters or name == self.me:
                continue
            progress = self.peers.get(name)
            if progress is None or progress.match < present.index or progress.newcomer:
                raise ChangeRefused(f"{name} has to be a non-voter first, and to catch up")

    @property
    def voted_out(self) -> bool:
        """True if a committed configuration has this leader no longer as a voter: its work is done (D 4.2.2)."""
        return not self._replication.counts_me and self.stable.configurations.latest.index <= self.commit_index

    # -- rounds ---------------------------------------------------------------------------------------------------

    def begin_round(self, turn: Turn) -> None:
        """A heartbeat to every peer: keeps followers loyal, proves leadership, finds lost messages."""
        number = self.rounds.begin(turn.now, self.commit_index if self.own_term_committed else None)
        self._replication.heartbeat(number, turn)
        self._prove()

    def tick(self, turn: Turn) -> None:
        """A heartbeat is due."""
        if self.transfer and turn.now >= self.transfer.until:
            self.transfer = None
        self.begin_round(turn)

    def heard_by_quorum_since(self, now: int) -> int:
        """The moment since which a majority of the voters, this server included if it is one, has answered."""
        return self._reached(now, [p.heard for p in self._replication.voting])

    def _reached(self, own: int, others: list[int]) -> int:
        return reached_by_majority([own, *others] if self._replication.counts_me else others)

    # -- answers --------------------------------------------------------------------------------------------------

    def answered(self, peer: str, answer: AppendAnswer, turn: Turn) -> None:
        """A peer answered in this term, for better or worse."""
        progress = self.peers.get(peer)
        if progress is None:
            return
        self._doubt(answer)
        progress.heard = turn.now
        progress.known_as(answer.newcomer, self.stable.log.last_index + 1)
        if answer.ok:
            sample_upto(answer.match, f"raft.replication.appendEntries.rpc;peer_id={peer}", progress.unanswered, turn)
            if progress.matched(answer.match):
                self.advance_commit()
        else:
            agreed = self.stable.log.last_not_above(answer.hint_index, answer.hint_term)
            progress.refused(answer.match, agreed, newest=answer.round > progress.acked_round)
        if answer.round > progress.acked_round:
            progress.acked_round = answer.round
            asked, since = progress.asked
            if answer.round == asked:
                turn.sample(f"raft.replication.heartbeat;peer_id={peer}", (turn.now - since) / 1e6)
            self._prove()
        self._replication.to(peer, progress, turn)
        self._replication.find_lost_chunk(peer, progress, answer.round, turn)
        if self.transfer:
            self._hand_over(self.transfer, turn)

    def _doubt(self, answer: AppendAnswer) -> None:
        last = self.stable.log.last_index
        if answer.match > last:
            raise Implausible("match", f"it speaks of entry {answer.match} of a log that ends at {last}")
        if answer.round > self.rounds.round:
            raise Implausible("round", f"it answers round {answer.round}, and the last one sent is {self.rounds.round}")
        if answer.hint_index > answer.match or answer.hint_term > answer.term:
            what = f"its hint is entry {answer.hint_index} of term {answer.hint_term}"
            raise Implausible("hint", f"{what}, and it was asked for {answer.match} in term {answer.term}")

    def snapshot_answered(self, peer: str, answer: SnapshotAnswer, turn: Turn) -> None:
        """A peer has staged a part of a snapshot."""
        progress = self.peers.get(peer)
        if progress is not None:
            self._replication.chunk_wanted(peer, progress, answer.index, answer.offset, turn)
            progress.heard = turn.now

    def held_from(self, now: int) -> int:
        """The log should keep what follows this index."""
        return self._replication.held_from(now)

    def advance_commit(self) -> None:
        """Commit what a majority has on disk, if it ends with an entry of this term (section 5.4.2, figure 8)."""
        reached = self._reached(self.stable.durable_index, [p.match for p in self._replication.voting])
        if reached > self.commit_index and self.stable.log.term_at(reached) == self.stable.term:
            freed = self.stable.log.entries(max(self.commit_index + 1, self.first_index), reached + 1)
            self._uncommitted_bytes -= sum(len(entry.data) for entry in freed)
            self._replication.commit_index = reached

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
        """True if no other server can have been elected by now."""
        sent = self.rounds.proved_sent
        return sent is not None and self.own_term_committed and not self.lease_given_up and now < sent + self._lease_ns

    # -- transfer -------------------------------------------------------------------------------------------------

    def begin_transfer(self, target: str, turn: Turn) -> None:
        """Bring ``target`` up to date, then tell it to stand (dissertation, section 3.10)."""
        self.transfer = Transfer(target, turn.now + self.options.election_ns)
        self._hand_over(self.transfer, turn)

    def successor(self, now: int) -> str:
        """The voter that is furthest and was heard lately; "" if there is none."""
        voters = [peer for peer, progress in self.peers.items() if progress in self._replication.voting]
        heard = [peer for peer in voters if now - self.peers[peer].heard < self.options.election_ns]
        return max(heard, key=lambda peer: self.peers[peer].match, default="")

    def resign(self, turn: Turn) -> None:
        """This leader is about to stop: a successor that has everything need not wait for an election time-out."""
        target = self.successor(turn.now)
        if target:
            self._hand_over(Transfer(target, turn.now), turn)

    def _hand_over(self, transfer: Transfer, turn: Turn) -> None:
        progress = self.peers.get(transfer.target)
        if transfer.sent or progress is None or progress.match < self.stable.log.last_index:
            return
        transfer.sent = True
        # For good: voters break their loyalty for a transfer, and the message may arrive long after we gave it up.
        self.lease_given_up = True
        # Early: it says nothing but the term, and a leader whose disk stands still has to be able to say it.
        turn.send(at("server", transfer.target), TimeoutNow(term=self.stable.term), early=True)

    def _prove(self) -> None:
        answered = [p.acked_round for p in self._replication.voting]
        self.rounds.prove(self._reached(self.rounds.round, answered))
