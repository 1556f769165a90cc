"""Bugs in the store, in what answers from it, and in what an agent writes to it.

A patch is in force inside ``with planted(bug):`` and nowhere else (see ``patch``).
"""

from __future__ import annotations

from typing import Any

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.anti_entropy import AntiEntropy
from lictor_actors.roles.dns.standing_reads import FOREVER, StandingRead, StandingReads
from lictor_actors.roles.dns.tails import Tails
from lictor_actors.roles.server.leader import reconcile
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_actors.roles.server.leader.session_timers import SessionTimers
from lictor_actors.roles.server.queries import Queries
from lictor_actors.store.dedup import Dedup
from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.families.kv.family import KV
from lictor_actors.store.families.kv.table import KeyTable
from lictor_actors.store.watches import Watches
from lictor_actors.swarm.patch import Patch
from lictor_messages.answers import Query
from lictor_messages.kv import Entries, Entry, GetKey
from lictor_messages.sessions import RenewSession


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
            self._read(query, turn.ticket(), "", leading, turn)
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
