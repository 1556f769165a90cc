"""How a server becomes what it is to the others: timers that fire, votes that come in, leadership that ends."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.doubts import CEILING
from lictor_actors.raft.election import Ballot
from lictor_actors.raft.facts import CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE
from lictor_actors.raft.leader_state import LeaderState
from lictor_actors.raft.snapshotting import Snapshotting
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.raft import ElectionDue, HeartbeatDue, RequestVote

ELECTION = "raft.election"
HEARTBEAT = "raft.heartbeat"
CURE = (
    "No cluster comes there by itself: a message was forged. Stop all servers. On the one whose log is longest"
    " run `lictor operator raft recover -reset-term -data-dir=… -peer=<its name>`, on the others `lictor operator "
    "set-aside -data-dir=…`. Then start them all"
)


class RoleChanges(Snapshotting):
    """The only place where the role, the leader and the timers change."""

    def resign(self, why: str, turn: Turn) -> None:
        """Lead no more; if some voter has everything it is told to stand at once."""
        if self._leading:
            turn.note(f"raft: resigns, {why}")
            self._leading.resign(turn)
            self._become_follower(self.term, "", turn)

    # -- timers ---------------------------------------------------------------------------------------------------

    def _election_due(self, turn: Turn) -> None:
        if self.role is LEADER:
            return
        left = self._quiet_since + self._timeout_ns - turn.now
        if left > 0:
            turn.set_timer(ELECTION, left, ElectionDue())
        elif self._may_stand and not self.disk_full and not self._at_the_ceiling(turn):
            self._become_pre_candidate(turn)
        else:
            self.leader = ""
            self._quiet_since = turn.now
            self._draw_timeout(turn)

    @property
    def _may_stand(self) -> bool:
        """A voter of a configuration that may be the cluster's: also one that an uncommitted change removes (D 4.2.2).

        It may be the only one whose log is long enough to win, and then it is needed to decide about that change.
        """
        return any(
            (row := configuration.row(self.me)) is not None and row.voter and row.identity == self.identity
            for configuration in self._stable.configurations.possible(self._commit_index)
        )

    @property
    def _alone(self) -> bool:
        """No configuration that may be the cluster's has another voter: no other server can win a vote or hold a lease.

        One that an operator has forced does not count: those who were voters before may be running still.
        """
        configurations = self._stable.configurations
        possible = configurations.possible(self._commit_index)
        return not configurations.forced and {configuration.voters for configuration in possible} == {(self.me,)}

    def _at_the_ceiling(self, turn: Turn) -> bool:
        """True in the last term there is: the next one the others would refuse as malformed."""
        if self.term < CEILING:
            return False
        if not self._said_ceiling:
            self._said_ceiling = True
            turn.note(f"raft: will not stand again: {self.term} is the last term there is, or beyond it. {CURE}")
        return True

    def _heartbeat_due(self, turn: Turn) -> None:
        if self._leading is None:
            return
        silence = turn.now - self._leading.heard_by_quorum_since(turn.now)
        turn.sample("raft.leader.lastContact", silence / 1e6)
        if silence >= self.options.election_ns:
            turn.note(f"raft: no quorum answers in term {self.term}")
            self._become_follower(self.term, "", turn)
            return
        if turn.now - self._stable.unwritten_since(turn.now) >= self.options.election_ns:
            self.resign("its disk stands still", turn)
            return
        turn.set_timer(HEARTBEAT, self.options.heartbeat_ns, HeartbeatDue())
        self._leading.tick(turn)
        self._after_leading(self._leading, turn)

    def _draw_first_timeout(self, shortest: int, longest: int, turn: Turn) -> None:
        """What this life waits before it stands. A time-out parts those that compete: who is alone needs none."""
        self._quiet_since = turn.now
        self._arm(0 if self._alone else turn.rng.randrange(shortest, longest), turn)

    def _draw_timeout(self, turn: Turn) -> None:
        self._arm(turn.rng.randrange(self.options.election_ns, 2 * self.options.election_ns), turn)

    def _arm(self, timeout_ns: int, turn: Turn) -> None:
        self._timeout_ns = timeout_ns
        turn.set_timer(ELECTION, self._quiet_since + timeout_ns - turn.now, ElectionDue())

    # -- roles ----------------------------------------------------------------------------------------------------

    def _become_follower(self, term: int, leader: str, turn: Turn) -> None:
        if self.role is LEADER and term == self.term and leader:
            raise RuntimeError(f"{leader} and {self.me} both lead term {term}")
        if term > self.term:
            self._stable.set_term(term, "", turn)
        if self._leading:
            self._leading = None
            self._reads = []
            turn.cancel_timer(HEARTBEAT)
        if self.role is LEADER or leader:
            self._quiet_since = turn.now
            self._draw_timeout(turn)
        self.became["follower"] += self.role is not FOLLOWER or bool(leader)
        self._storing.clear()  # another leader's entries may take their places
        if leader:
            turn.note(f"raft: follows {leader} in term {term}")
        self.role = FOLLOWER
        self.leader = leader

    def _become_pre_candidate(self, turn: Turn) -> None:
        self.role = PRE_CANDIDATE
        self.leader = ""
        self._stand(turn)
        self._ballot.grant(self.me)
        self._ask_for_votes(RequestVote(term=self.term + 1, pre=True, **self._log_end()), turn)
        self._count(turn)

    def _become_candidate(self, turn: Turn, *, transfer: bool = False) -> None:
        self.role = CANDIDATE
        self.became["candidate"] += 1
        self.leader = ""
        self._stable.set_term(self.term + 1, self.me, turn)
        turn.note(f"raft: stands for term {self.term}")
        self._stand(turn)
        self._ask_for_votes(RequestVote(term=self.term, transfer=transfer, **self._log_end()), turn)

    def _become_leader(self, turn: Turn) -> None:
        turn.note(f"raft: leads term {self.term}")
        self.role = LEADER
        self.became["leader"] += 1
        self.leader = self.me
        self._leading = LeaderState(self.me, self._stable, self.options, self._commit_index, turn.now)
        self._leading.open(turn)
        turn.cancel_timer(ELECTION)
        turn.set_timer(HEARTBEAT, self.options.heartbeat_ns, HeartbeatDue())
        self._at_the_ceiling(turn)  # now, while it leads, there is time for the cure

    def _stand(self, turn: Turn) -> None:
        self._ballot = Ballot(self.configuration)
        self._quiet_since = turn.now
        self._draw_timeout(turn)

    def _ask_for_votes(self, request: RequestVote, turn: Turn) -> None:
        for server in self.configuration:
            if server != self.me:
                self._say(server, request, turn)

    def _count(self, turn: Turn) -> None:
        """The own vote counts once it is on disk: from then on no other candidate can get it."""
        if self.role is CANDIDATE and self._stable.vote_durable:
            self._ballot.grant(self.me)
        if self._ballot.won:
            if self.role is PRE_CANDIDATE:
                self._become_candidate(turn)
            else:
                self._become_leader(turn)

    def _log_end(self) -> dict[str, int]:
        return {"last_index": self.last_index, "last_term": self.last_term}

    def _after_leading(self, leading: LeaderState, turn: Turn) -> None:
        leading.begin_wanted_round(turn)
        self._commit_index = leading.commit_index
        leading.times.reached(self.durable_index, self._commit_index, turn)
        self._reads.extend(leading.rounds.take_confirmed())
        if leading.voted_out:
            self.resign("it is no voter any more", turn)

    def _say(self, server: str, message: Message, turn: Turn) -> None:
        turn.send(at("server", server), message)
