"""What other servers say, and what this one does about each message; ``role_changes`` says what becomes of it."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.doubts import CEILING, FARTHEST, Implausible, plausible
from lictor_actors.raft.election import judge, refuse
from lictor_actors.raft.facts import CANDIDATE, FOLLOWER, LEADER, LEAPS_SAID_NS, PRE_CANDIDATE
from lictor_actors.raft.follower import accept
from lictor_actors.raft.log import Entry
from lictor_actors.raft.role_changes import RoleChanges
from lictor_messages.base import Message
from lictor_messages.raft import (
    AppendAnswer,
    AppendEntries,
    InstallSnapshot,
    RequestVote,
    SnapshotAnswer,
    TimeoutNow,
    Vote,
)


class Receiving(RoleChanges):
    """A message is weighed before anything changes; a higher term is adopted, a lower one is answered with the own."""

    def step(self, source: str, message: Message, turn: Turn) -> None:
        """Handle what the server on node ``source`` says."""
        try:
            self._step(source, message, turn)
        except Implausible as doubt:
            self._refuse(doubt, source, message, turn)

    def _step(self, source: str, message: Message, turn: Turn) -> None:
        if source == self.me:
            raise Implausible("own_name", "it comes in this server's own name")
        entries = plausible(message, self.fault)
        if self.term > CEILING:
            # It was driven there when such terms were still believed: the others would not understand a word.
            turn.count("raft_beyond_the_last_term")
            return
        if self.disk_full:
            self._overhear(source, message, turn)
            return
        if not self.term and not self.identity and self._stable.blank:
            self._stable.draw_identity(turn)  # before anything is promised on this disk
        match message:
            case AppendEntries():
                self._append_entries(source, message, entries, turn)
            case AppendAnswer():
                self._append_answer(source, message, turn)
            case InstallSnapshot():
                self._install_snapshot(source, message, turn)
            case SnapshotAnswer():
                self._snapshot_answer(source, message, turn)
            case RequestVote():
                self._request_vote(source, message, turn)
            case Vote():
                self._vote(source, message, turn)
            case TimeoutNow():
                self._timeout_now(source, message, turn)
            case _:
                raise TypeError(f"{message.kind} is not a message of Raft")

    def _refuse(self, doubt: Implausible, source: str, message: Message, turn: Turn) -> None:
        """Counted each time, said once: a liar may speak a thousand times a second."""
        turn.count(f"raft_refused_{doubt.name}")
        if doubt.name not in self._doubted:
            self._doubted[doubt.name] = None
            turn.note(f"raft: refuses {message.kind} from {source!r}: {doubt} (further ones are counted only)")

    def _is_too_far(self, source: str, term: int, turn: Turn) -> bool:
        """Approach a term that is too far above the own one to be believed; True if it is."""
        if term <= self.term + FARTHEST:
            return False
        turn.count("raft_term_too_far")
        if turn.now >= self._leapt + LEAPS_SAID_NS:
            self._leapt = turn.now
            turn.note(
                f"raft: {source!r} speaks of term {term}, this server is in {self.term} and moves on by {FARTHEST}"
            )
        self._become_follower(self.term + FARTHEST, "", turn)
        return True

    def _overhear(self, source: str, message: Message, turn: Turn) -> None:
        """Nothing can be taken on and nothing said; requests can still be passed on to the leader.

        That is no contact: what stands here grows older with each entry that is passed over.
        """
        if isinstance(message, AppendEntries | InstallSnapshot) and 0 <= message.term - self.term <= FARTHEST:
            self._follow(source, message.term, turn)

    def _append_entries(self, source: str, message: AppendEntries, entries: list[Entry], turn: Turn) -> None:
        if self._is_too_far(source, message.term, turn):
            return
        if message.term < self.term:
            # Answered, not ignored: a leader that was cut off learns of the new term only from us.
            self._say(
                source, AppendAnswer(term=self.term, ok=False, match=message.prev_index, round=message.round), turn
            )
            return
        self._hear_leader(source, message.term, turn)
        answer = accept(message, entries, self._stable, self._commit_index, turn)
        if entries:
            self._storing.append((entries[-1].index, turn.now))
        else:
            turn.sample("raft.rpc.processHeartbeat", 0.0)
        if answer.ok:
            # Not beyond what this message vouches for: what lies behind may be a deposed leader's.
            self._commit_index = max(self._commit_index, min(message.commit, answer.match))
        newcomer = self._newcomer
        self._say(source, answer.model_copy(update={"newcomer": newcomer}) if newcomer else answer, turn)

    def _hear_leader(self, source: str, term: int, turn: Turn) -> None:
        self._follow(source, term, turn)
        self._heard_leader = turn.now

    def _follow(self, source: str, term: int, turn: Turn) -> None:
        if term > self.term or self.role is not FOLLOWER or self.leader != source:
            self._become_follower(term, source, turn)
        self._quiet_since = turn.now

    def _install_snapshot(self, source: str, message: InstallSnapshot, turn: Turn) -> None:
        if self._is_too_far(source, message.term, turn):
            return
        if message.term < self.term:
            self._say(source, SnapshotAnswer(term=self.term, index=message.index, offset=0), turn)
            return
        self._hear_leader(source, message.term, turn)
        turn.sample("raft.rpc.installSnapshot", 0.0)
        self._say(source, self._install(message, turn), turn)

    def _snapshot_answer(self, source: str, message: SnapshotAnswer, turn: Turn) -> None:
        if self._is_too_far(source, message.term, turn):
            return
        if message.term > self.term:
            self._become_follower(message.term, "", turn)
        elif message.term == self.term and self._leading:
            self._leading.snapshot_answered(source, message, turn)

    def _append_answer(self, source: str, message: AppendAnswer, turn: Turn) -> None:
        if self._is_too_far(source, message.term, turn):
            return
        if message.term > self.term:
            self._become_follower(message.term, "", turn)
        elif message.term == self.term and self._leading:
            self._leading.answered(source, message, turn)
            self._after_leading(self._leading, turn)

    def _request_vote(self, source: str, message: RequestVote, turn: Turn) -> None:
        turn.sample("raft.rpc.requestVote", 0.0)
        if (self._loyal(turn.now) and not message.transfer) or not self.admitted:
            self._say(source, refuse(message, self._stable), turn)
            return
        if self._is_too_far(source, message.term, turn):
            return
        if message.term > self.term and not message.pre:
            self._become_follower(message.term, "", turn)
        vote = judge(message, source, self._stable)
        if vote.granted and not vote.pre:
            self._quiet_since = turn.now
            if self._stable.vote != source:
                self._stable.set_term(self.term, source, turn)
        self._say(source, vote, turn)

    def _loyal(self, now: int) -> bool:
        """A leader is loyal to itself: if no majority hears it, it steps down by its own heartbeat timer."""
        return self.role is LEADER or now - self._heard_leader < self.options.election_ns

    def _vote(self, source: str, message: Vote, turn: Turn) -> None:
        if self._is_too_far(source, message.term, turn):
            return
        if not message.granted:
            if message.term > self.term:
                self._become_follower(message.term, "", turn)
        elif self._is_for_this_ballot(message):
            self._ballot.grant(source)
            self._count(turn)

    def _is_for_this_ballot(self, vote: Vote) -> bool:
        if vote.pre:
            return self.role is PRE_CANDIDATE and vote.term == self.term + 1
        return self.role is CANDIDATE and vote.term == self.term

    def _timeout_now(self, source: str, message: TimeoutNow, turn: Turn) -> None:
        called = message.term == self.term and self.role is FOLLOWER and self.leader == source
        if called and self._may_stand and not self._at_the_ceiling(turn):
            self._become_candidate(turn, transfer=True)
