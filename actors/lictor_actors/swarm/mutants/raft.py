"""Bugs in Raft, and in what rests on its promises.

A patch is in force inside ``with planted(bug):`` and nowhere else (see ``patch``).
"""

from __future__ import annotations

from collections.abc import Sequence

from lictor_actors.kernel.effects import Effect
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Configuration, Raft, Role
from lictor_actors.raft.facts import Facts
from lictor_actors.raft.leader_state import LeaderState
from lictor_actors.raft.log import Entry as LogEntry
from lictor_actors.raft.log import Log
from lictor_actors.raft.role_changes import RoleChanges
from lictor_actors.raft.stable import Stable
from lictor_actors.roles.server.server import Server
from lictor_actors.swarm.patch import Patch
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope


def commits_older_terms_by_counting(patch: Patch) -> None:
    """A leader commits whatever a majority holds, also entries of earlier terms (figure 8 of the paper)."""

    def advance_commit(self: LeaderState) -> None:
        replication = self._replication
        reached = self._reached(self.stable.durable_index, [p.match for p in replication.voting])
        replication.commit_index = max(replication.commit_index, reached)

    batch = Log.batch

    def one_by_one(self: Log, lo: int, most_bytes: int) -> Sequence[LogEntry]:
        return batch(self, lo, 1)

    patch.set(LeaderState, "advance_commit", advance_commit)
    patch.set(Log, "batch", one_by_one)  # no bug: frames so small that one entry fills them


def forgets_its_vote(patch: Patch) -> None:
    """Term and vote are kept in memory only."""

    def set_term(self: Stable, term: int, vote: str, turn: Turn) -> None:
        self.term, self.vote, self.vote_durable = term, vote, True

    patch.set(Stable, "set_term", set_term)


def answers_before_the_disk(patch: Patch) -> None:
    """Nothing that is sent waits for the journal."""
    patch.set(Life, "may_leave", lambda self, send: True)


def stands_without_asking(patch: Patch) -> None:
    """No pre-vote: who hears no leader raises the term at once."""
    patch.set(RoleChanges, "_become_pre_candidate", lambda self, turn: self._become_candidate(turn))


def trusts_the_wall_clock(patch: Patch) -> None:
    """Servers measure leases, loyalty and patience with the clock that people set."""

    def turn_by_wall(self: Life, message: Message, envelope: Envelope | None, now: int, wall: int) -> list[Effect]:
        if not isinstance(self.actor, Server):
            return turn(self, message, envelope, now, wall)
        if envelope is not None:
            envelope.arrived = -1  # the host stamped it by the other clock: every budget would seem spent
        return turn(self, message, envelope, wall, wall)

    turn = Life.turn
    patch.set(Life, "turn", turn_by_wall)


def changes_before_a_commit_of_its_own(patch: Patch) -> None:
    """A new leader changes the configuration before anything of its own term is committed (raft-dev, July 2015)."""

    def reconfigure(self: Raft, configuration: Configuration, turn: Turn) -> None:
        hasty = Patch()
        hasty.set(LeaderState, "own_term_committed", True)
        try:
            real(self, configuration, turn)
        finally:
            hasty.undo()

    real = Raft.reconfigure
    patch.set(Raft, "reconfigure", reconfigure)
    patch.set(Facts, "ready", property(lambda self: self.role is Role.LEADER))


def changes_while_a_change_is_under_way(patch: Patch) -> None:
    """A leader changes the configuration again, and the change before is not committed (dissertation, section 4.1)."""
    patch.set(Facts, "settled_members", property(lambda self: self._stable.configurations.latest))


def reads_join_a_round_under_way(patch: Patch) -> None:
    """A read that must be confirmed is confirmed by the next round that comes home, and that left before the read."""

    def hasty(self: LeaderState) -> int:
        rounds = self.rounds
        if rounds.proved == rounds.round or not self.own_term_committed:
            return read(self)
        self._reads += 1
        rounds._attached.appendleft((rounds._sent[0][0], self.commit_index, [self._reads]))
        return self._reads

    read = LeaderState.read
    patch.set(LeaderState, "read", hasty)
