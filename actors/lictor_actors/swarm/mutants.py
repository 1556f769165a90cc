"""Classic bugs, each a patch of our own code: what the swarm is worth is how soon it finds them.

A patch is in force inside ``with planted(bug):`` and nowhere else (see ``patch``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from lictor_actors.roles.agent.anti_entropy import AntiEntropy
from lictor_actors.roles.dns.standing_reads import FOREVER, StandingRead, StandingReads
from lictor_actors.roles.dns.tails import Tails
from lictor_actors.roles.server.leader import reconcile
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_actors.roles.server.leader.session_timers import SessionTimers
from lictor_actors.roles.server.queries import Queries
from lictor_actors.roles.server.server import Server
from lictor_actors.store.dedup import Dedup
from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.families.kv.family import KV
from lictor_actors.store.families.kv.table import KeyTable
from lictor_actors.store.watches import Watches
from lictor_actors.swarm.patch import Patch
from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.membership import Membership
from lictor_actors.swim.suspicion import Suspicion
from lictor_actors.swim.updates import Hearing
from lictor_messages.answers import Query
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.envelope import Envelope
from lictor_messages.kv import Entries, Entry, GetKey
from lictor_messages.sessions import RenewSession
from lictor_messages.swim import Alive, Dead, SuspicionDue

# -- Raft --------------------------------------------------------------------------------------


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


# -- the store -----------------------------------------------------------------------------------


def applies_repeats(patch: Patch) -> None:
    """A write that comes again, after a time-out or by a network that says things twice, is done again."""
    patch.set(Dedup, "first_outcome", lambda self, asker, request, at_ns: None)


def snapshots_without_outcomes(patch: Patch) -> None:
    """A snapshot leaves out which requests were answered: a write that comes again after it is applied twice."""
    rows = Dedup.rows
    patch.set(Dedup, "rows", lambda self: rows(self)[:1])


def wakes_too_late(patch: Patch) -> None:
    """A blocked query is woken when the index is two beyond the one it knows: off by one."""

    def take(self: Watches[Any], group: Any, index: int) -> list[Any]:
        return _take(self, group, index - 1)

    _take = Watches._take
    patch.set(Watches, "_take", take)


def forgets_when_a_key_went(patch: Patch) -> None:
    """A key that is not there is answered as if there had never been one: at the first of all indexes."""

    def forgetful(self: KeyTable, query: GetKey) -> Entries:
        found = get(self, query)
        return found if found.entries else Entries(index=1, entries=())

    get = KeyTable.get
    patch.set(FAMILIES, "answers", {**FAMILIES.answers, GetKey: (KV, forgetful)})


def renews_sessions_anywhere(patch: Patch) -> None:
    """Any server renews a session that it knows of: also one that the others have ended long ago."""

    def ask(self: Queries, query: Query, applied: int, leading: Leadership | None, turn: Turn) -> None:
        if isinstance(query, RenewSession):
            self._read(query, turn.ticket(), leading, turn)
        else:
            asked(self, query, applied, leading, turn)

    def renewed(self: Queries, query: RenewSession, leading: Leadership | None, turn: Turn) -> bool:
        if leading is not None:
            return bool(lead_renewed(self, query, leading, turn))
        return query.id in self._store.sessions.rows

    asked, lead_renewed = Queries.ask, Queries._renewed
    patch.set(Queries, "ask", ask)
    patch.set(Queries, "_renewed", renewed)


def renews_in_vain(patch: Patch) -> None:
    """A renewal is answered, and the session's time goes on running out."""

    def renew(self: SessionTimers, session_id: str, turn: Turn) -> bool:
        return session_id in self._store.sessions.rows and session_id not in self._expiring

    patch.set(SessionTimers, "renew", renew)


def renews_what_is_ending(patch: Patch) -> None:
    """A session whose end is proposed is renewed all the same, and then that entry is applied."""

    def generous(self: SessionTimers, session_id: str, turn: Turn) -> bool:
        self._expiring, expiring = {}, self._expiring
        try:
            return renew(self, session_id, turn)
        finally:
            self._expiring = expiring

    renew = SessionTimers.renew
    patch.set(SessionTimers, "renew", generous)


def lists_without_tombstones(patch: Patch) -> None:
    """The index of a list is the newest of what is left: a deletion does not move it, or lets it fall."""

    def prefix_index(self: KeyTable, prefix: str, entries: tuple[Entry, ...]) -> int:
        newest = max((entry.modify_index for entry in entries), default=0) if prefix else 0
        return newest or max(1, self.table_index())

    patch.set(KeyTable, "_prefix_index", prefix_index)


def resolves_from_memory(patch: Patch) -> None:
    """What DNS has prepared of a service is said for ever, also when the read that it rests on has gone."""

    def stand(self: StandingReads[Any], read: StandingRead, turn: Turn) -> None:
        real(self, read, turn)
        read.until = FOREVER

    real = StandingReads._stand
    patch.set(StandingReads, "_stand", stand)
    patch.set(Tails, "drop", lambda self, basis: None)


def takes_silence_for_success(patch: Patch) -> None:
    """An agent believes that a write to the catalog is done that was never answered."""

    def round_late(self: AntiEntropy, turn: Turn) -> None:
        if self._round:
            self._round.clear()
            self._round_over(turn)

    patch.set(AntiEntropy, "round_late", round_late)


def overlooks_failed_members(patch: Patch) -> None:
    """The leader brings the catalog in line with members that live or have left, and not with those that failed."""
    patch.set(reconcile, "_failed", lambda member, catalog: None)


# -- SWIM ----------------------------------------------------------------------------------------


def believes_old_news(patch: Patch) -> None:
    """A dead member is alive again as soon as anyone still says so."""

    def gullible(self: Membership, claim: Alive, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        peer = self._members.get(claim.node)
        if peer is not None and not peer.present:
            peer.incarnation = min(peer.incarnation, claim.incarnation - 1)
        return bool(alive(self, claim, data, hearing, turn))

    alive = Membership.alive
    patch.set(Membership, "alive", gullible)


def forgets_to_cancel_suspicions(patch: Patch) -> None:
    """The timer of a suspicion that was refuted goes on, and kills."""

    def cancel_timer(self: Turn, name: str) -> None:
        if not name.startswith("suspicion:"):
            cancel(self, name)

    def suspicion_due(self: Membership, due: SuspicionDue, turn: Turn) -> None:
        peer = self._members.others.get(due.node)
        if peer is not None and peer.present:
            claim = Dead(node=peer.node, incarnation=peer.incarnation, accuser=self._members.me.node)
            self._transitions.bury(peer, claim, pack_body(claim), turn)

    cancel = Turn.cancel_timer
    patch.set(Turn, "cancel_timer", cancel_timer)
    patch.set(Membership, "suspicion_due", suspicion_due)


def waits_for_ever(patch: Patch) -> None:
    """A suspicion ends by a refutation only: nobody is ever declared dead."""
    patch.set(Membership, "suspicion_due", lambda self, due, turn: None)


def suspects_too_briefly(patch: Patch) -> None:
    """Who is suspected has a tenth of the time to refute it: the multiplier was forgotten."""
    deadline = Suspicion.__dict__["deadline"].fget
    patch.set(Suspicion, "deadline", property(lambda self: self._start + (deadline(self) - self._start) // 10))


def repeats_events(patch: Patch) -> None:
    """Every copy of a user event that gossip brings is delivered."""
    patch.set(UserEvents, "_slot", lambda self, ltime: ())
