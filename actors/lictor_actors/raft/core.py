"""Raft: several servers agree on one log, and every committed entry outlives any minority of them.

House rules of this file
- All changes of role happen in the ``become_*`` functions, and nowhere else.
- Nothing is done here: wishes go to the turn (send, set_timer, persist), facts are returned or taken.
- A send waits for the journal unless it says ``early``; only a leader's AppendEntries do (see ``leadership``).
- What is known only while leading lives in ``Leadership``, what survives a crash in ``Stable``.

Theory, in a page
- **Terms.** Time is cut into terms, each with at most one leader, because a server votes once a term and a leader
  needs a majority. Whoever sees a higher term adopts it and follows. A message of a lower term is refused.
- **Log matching.** An entry is accepted only where the one before it has the leader's term; so equal (index, term)
  means equal logs up to there.
- **Leader completeness.** Votes go only to logs that are at least as up-to-date as the voter's; so a leader's log
  holds every committed entry. A leader counts replicas only of its own term's entries; older ones are committed
  along with them. A no-op at the beginning of its term makes that happen at once.
- **Calm.** Before a server stands it asks, without raising any term, whether it would win (pre-vote), and voters are
  loyal to a leader that they heard within one shortest election time-out. A leader that no majority has answered
  for that long steps down (check-quorum). Both are needed: pre-vote alone keeps a leader that only a minority hears,
  check-quorum alone lets a half-connected server depose leaders for ever.
- **Loyalty after a restart.** A server that restarts cannot know whom it heard last; it is loyal to nobody in
  particular for one shortest election time-out. Only a server that never had a term may vote at once.

The election timer is not set anew at each heartbeat: when it fires, it is set again for what is left to wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.election import Ballot, judge, refuse
from lictor_actors.raft.facts import Facts, NotLeading, Role
from lictor_actors.raft.follower import accept
from lictor_actors.raft.leadership import Leadership
from lictor_actors.raft.log import Entry
from lictor_actors.raft.membership import pack_configuration
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.journal import JournalRecord
from lictor_messages.raft import (
    AppendAnswer,
    AppendEntries,
    ElectionDue,
    HeartbeatDue,
    RequestVote,
    TimeoutNow,
    Vote,
)

ELECTION = "raft.election"
HEARTBEAT = "raft.heartbeat"


class Raft(Facts):
    """One server's part in the agreement. Servers are named by node, ``n1.dc1``, and reached at ``server@n1.dc1``."""

    # -- life -----------------------------------------------------------------------------------------------------

    def recover(self, record: JournalRecord) -> None:
        """Replay one record of the journal; before ``start``."""
        self._stable.recover(record)
        self._commit_index = self._taken = max(self._commit_index, self._stable.log.offset)

    def start(self, turn: Turn) -> None:
        """The whole journal has been replayed: follow, and wait for a leader."""
        never_served = self._stable.term == 0
        self._heard_leader = turn.now - (self.options.election_ns if never_served else 0)
        self._quiet_since = turn.now
        self._draw_timeout(turn)

    def bootstrap(self, servers: tuple[str, ...], turn: Turn) -> None:
        """Begin the log with this configuration; the same on each of ``servers``, and nothing if there is a log."""
        if self._stable.log.last_index:
            return
        if self._stable.term == 0:
            self._stable.set_term(1, "", turn)
        self._stable.append([Entry(1, 1, "configuration", pack_configuration(servers))], turn)
        # No lease can be out there yet, so the first election need not wait for loyalty to end.
        self._quiet_since = turn.now
        self._arm(turn.rng.randrange(self.options.heartbeat_ns // 2, self.options.election_ns), turn)

    def due(self, message: Message, turn: Turn) -> None:
        """One of the timers fired."""
        match message:
            case HeartbeatDue():
                self._heartbeat_due(turn)
            case ElectionDue():
                self._election_due(turn)
            case _:
                raise TypeError(f"{message.kind} is not a timer of Raft")

    def durable(self, upto: int, turn: Turn) -> None:
        """Records up to number ``upto`` are on disk: now the own copy, and the own vote, count."""
        self._stable.durable(upto)
        if self._leading:
            self._leading.advance_commit()
            self._after_leading(self._leading, turn)
        elif self.role is Role.CANDIDATE:
            self._count(turn)

    # -- what the server asks for ---------------------------------------------------------------------------------

    def propose(self, data: Sequence[bytes], turn: Turn) -> range:
        """Put commands into the log; returns their indexes. Raises NotLeading or Overloaded: then nothing was done."""
        if self._leading is None or self._leading.transfer:
            raise NotLeading("" if self._leading else self.leader)
        return self._leading.append("command", data, turn)

    def read(self, turn: Turn) -> int:
        """Ask for a linearizable read; its id comes back from ``take_reads``, or never if this server steps down.

        Raises NotLeading.
        """
        if self._leading is None:
            raise NotLeading(self.leader)
        read = self._leading.read()
        self._after_leading(self._leading, turn)
        return read

    def lease_valid(self, now: int) -> bool:
        """True if this server may answer default reads at ``now`` from what it has applied, asking nobody."""
        return self._leading is not None and self._leading.lease_valid(now)

    def transfer_leadership(self, target: str, turn: Turn) -> None:
        """Hand over to ``target``, if it catches up within one election time-out. Raises NotLeading, LookupError."""
        if self._leading is None:
            raise NotLeading(self.leader)
        if target not in self._leading.peers:
            raise LookupError(f"{target} is not a peer of {self.me}")
        self._leading.begin_transfer(target, turn)

    def take_committed(self) -> list[Entry]:
        """Entries committed since the last call, in order."""
        if self._taken == self._commit_index:
            return []
        first, self._taken = self._taken + 1, self._commit_index
        return list(self._stable.log.entries(first, self._commit_index + 1))

    def take_reads(self) -> list[tuple[int, int]]:
        """(read id, index): the read may be served once everything up to ``index`` is applied."""
        taken, self._reads = self._reads, []
        return taken

    # -- messages -------------------------------------------------------------------------------------------------

    def step(self, source: str, message: Message, turn: Turn) -> None:
        """Handle what the server on node ``source`` says."""
        match message:
            case AppendEntries():
                self._append_entries(source, message, turn)
            case AppendAnswer():
                self._append_answer(source, message, turn)
            case RequestVote():
                self._request_vote(source, message, turn)
            case Vote():
                self._vote(source, message, turn)
            case TimeoutNow():
                self._timeout_now(source, message, turn)
            case _:
                raise TypeError(f"{message.kind} is not a message of Raft")

    def _append_entries(self, source: str, message: AppendEntries, turn: Turn) -> None:
        if message.term < self.term:
            # Answered, not ignored: a leader that was cut off learns of the new term only from us.
            self._say(
                source, AppendAnswer(term=self.term, ok=False, match=message.prev_index, round=message.round), turn
            )
            return
        if message.term > self.term or self.role is not Role.FOLLOWER or self.leader != source:
            self._become_follower(message.term, source, turn)
        self._heard_leader = self._quiet_since = turn.now
        answer = accept(message, self._stable, self._commit_index, turn)
        if answer.ok:
            # Not beyond what this message vouches for: what lies behind may be a deposed leader's.
            self._commit_index = max(self._commit_index, min(message.commit, answer.match))
        self._say(source, answer, turn)

    def _append_answer(self, source: str, message: AppendAnswer, turn: Turn) -> None:
        if message.term > self.term:
            self._become_follower(message.term, "", turn)
        elif message.term == self.term and self._leading:
            self._leading.answered(source, message, turn)
            self._after_leading(self._leading, turn)

    def _request_vote(self, source: str, message: RequestVote, turn: Turn) -> None:
        if self._loyal(turn.now) and not message.transfer:
            self._say(source, refuse(message, self._stable), turn)
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
        return self.role is Role.LEADER or now - self._heard_leader < self.options.election_ns

    def _vote(self, source: str, message: Vote, turn: Turn) -> None:
        if not message.granted:
            if message.term > self.term:
                self._become_follower(message.term, "", turn)
        elif self._is_for_this_ballot(message):
            self._ballot.grant(source)
            self._count(turn)

    def _is_for_this_ballot(self, vote: Vote) -> bool:
        if vote.pre:
            return self.role is Role.PRE_CANDIDATE and vote.term == self.term + 1
        return self.role is Role.CANDIDATE and vote.term == self.term

    def _timeout_now(self, source: str, message: TimeoutNow, turn: Turn) -> None:
        if message.term == self.term and self.role is Role.FOLLOWER and self.leader == source:
            self._become_candidate(turn, transfer=True)

    # -- timers ---------------------------------------------------------------------------------------------------

    def _election_due(self, turn: Turn) -> None:
        if self.role is Role.LEADER:
            return
        left = self._quiet_since + self._timeout_ns - turn.now
        if left > 0:
            turn.set_timer(ELECTION, left, ElectionDue())
        elif self.me in self.configuration:
            self._become_pre_candidate(turn)
        else:
            self._quiet_since = turn.now
            self._draw_timeout(turn)

    def _heartbeat_due(self, turn: Turn) -> None:
        if self._leading is None:
            return
        if turn.now - self._leading.heard_by_quorum_since(turn.now) >= self.options.election_ns:
            turn.note(f"raft: no quorum answers in term {self.term}")
            self._become_follower(self.term, "", turn)
            return
        self._leading.tick(turn)
        self._after_leading(self._leading, turn)
        turn.set_timer(HEARTBEAT, self.options.heartbeat_ns, HeartbeatDue())

    def _draw_timeout(self, turn: Turn) -> None:
        self._arm(turn.rng.randrange(self.options.election_ns, 2 * self.options.election_ns), turn)

    def _arm(self, timeout_ns: int, turn: Turn) -> None:
        self._timeout_ns = timeout_ns
        turn.set_timer(ELECTION, self._quiet_since + timeout_ns - turn.now, ElectionDue())

    # -- roles ----------------------------------------------------------------------------------------------------

    def _become_follower(self, term: int, leader: str, turn: Turn) -> None:
        if self.role is Role.LEADER and term == self.term and leader:
            raise RuntimeError(f"{leader} and {self.me} both lead term {term}")
        if term > self.term:
            self._stable.set_term(term, "", turn)
        if self._leading:
            self._leading = None
            self._reads = []
            turn.cancel_timer(HEARTBEAT)
        if self.role is Role.LEADER or leader:
            self._quiet_since = turn.now
            self._draw_timeout(turn)
        if leader:
            turn.note(f"raft: follows {leader} in term {term}")
        self.role = Role.FOLLOWER
        self.leader = leader

    def _become_pre_candidate(self, turn: Turn) -> None:
        self.role = Role.PRE_CANDIDATE
        self.leader = ""
        self._stand(turn)
        self._ballot.grant(self.me)
        self._ask_for_votes(RequestVote(term=self.term + 1, pre=True, **self._log_end()), turn)
        self._count(turn)

    def _become_candidate(self, turn: Turn, *, transfer: bool = False) -> None:
        self.role = Role.CANDIDATE
        self.leader = ""
        self._stable.set_term(self.term + 1, self.me, turn)
        self._stand(turn)
        self._ask_for_votes(RequestVote(term=self.term, transfer=transfer, **self._log_end()), turn)

    def _become_leader(self, turn: Turn) -> None:
        turn.note(f"raft: leads term {self.term}")
        self.role = Role.LEADER
        self.leader = self.me
        self._leading = Leadership(self.me, self._stable, self.options, self._commit_index, turn.now)
        self._leading.open(turn)
        turn.cancel_timer(ELECTION)
        turn.set_timer(HEARTBEAT, self.options.heartbeat_ns, HeartbeatDue())

    def _stand(self, turn: Turn) -> None:
        self._ballot = Ballot(self.configuration)
        self._quiet_since = turn.now
        self._draw_timeout(turn)

    def _ask_for_votes(self, request: RequestVote, turn: Turn) -> None:
        for server in self.configuration:
            if server != self.me:
                self._say(server, request, turn)

    def _count(self, turn: Turn) -> None:
        """The own vote is promised to nobody else once it is on disk, and counts from then on."""
        if self.role is Role.CANDIDATE and self._stable.vote_durable:
            self._ballot.grant(self.me)
        if self._ballot.won:
            if self.role is Role.PRE_CANDIDATE:
                self._become_candidate(turn)
            else:
                self._become_leader(turn)

    def _log_end(self) -> dict[str, int]:
        return {"last_index": self.last_index, "last_term": self.last_term}

    def _after_leading(self, leading: Leadership, turn: Turn) -> None:
        leading.begin_wanted_round(turn)
        self._commit_index = leading.commit_index
        self._reads.extend(leading.rounds.take_confirmed())

    def _say(self, server: str, message: Message, turn: Turn) -> None:
        turn.send(at("server", server), message)
