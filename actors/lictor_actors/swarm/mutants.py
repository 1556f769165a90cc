"""Classic bugs, each a patch of our own code: what the swarm is worth is how soon it finds them.

A patch is in force inside ``with planted(bug):`` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from lictor_actors.kernel.effects import Effect
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Configuration, Raft, Role
from lictor_actors.raft.facts import Facts
from lictor_actors.raft.leadership import Leadership
from lictor_actors.raft.log import Entry, Log
from lictor_actors.raft.role_changes import RoleChanges
from lictor_actors.raft.stable import Stable
from lictor_actors.roles import reconcile
from lictor_actors.roles.read_modes import ReadModes
from lictor_actors.roles.server import Server
from lictor_actors.store.dedup import Dedup
from lictor_actors.store.kv import KeyTable
from lictor_actors.store.watches import Watches
from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.membership import Membership
from lictor_actors.swim.suspicion import Suspicion
from lictor_actors.swim.updates import Hearing
from lictor_messages.answers import Query
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.envelope import Envelope
from lictor_messages.kv import Entries, GetKey
from lictor_messages.sessions import RenewSession
from lictor_messages.swim import Alive, Dead, SuspicionDue


class Patch:
    """Changes attributes of classes and modules, and puts them back."""

    def __init__(self) -> None:
        self._before: list[tuple[type | ModuleType, str, Any]] = []

    def set(self, owner: type | ModuleType, name: str, value: Any) -> None:
        """From now on the owner has this instead."""
        self._before.append((owner, name, owner.__dict__[name]))
        setattr(owner, name, value)

    def undo(self) -> None:
        """Put everything back, the last change first."""
        while self._before:
            owner, name, value = self._before.pop()
            setattr(owner, name, value)


Bug = Callable[[Patch], None]


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Our code with this bug."""
    patch = Patch()
    try:
        bug(patch)
        yield
    finally:
        patch.undo()


# -- Raft --------------------------------------------------------------------------------------


def commits_older_terms_by_counting(patch: Patch) -> None:
    """A leader commits whatever a majority holds, also entries of earlier terms (figure 8 of the paper)."""

    def advance_commit(self: Leadership) -> None:
        replication = self._replication
        reached = self._reached(self.stable.durable_index, [p.match for p in replication.voting])
        replication.commit_index = max(replication.commit_index, reached)

    batch = Log.batch

    def one_by_one(self: Log, lo: int, most_bytes: int) -> Sequence[Entry]:
        return batch(self, lo, 1)

    patch.set(Leadership, "advance_commit", advance_commit)
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
        hasty.set(Leadership, "own_term_committed", True)
        try:
            real(self, configuration, turn)
        finally:
            hasty.undo()

    real = Raft.reconfigure
    patch.set(Raft, "reconfigure", reconfigure)
    patch.set(Facts, "ready", property(lambda self: self.role is Role.LEADER))


def changes_while_a_change_is_under_way(patch: Patch) -> None:
    """A leader changes the configuration again, and the change before is not committed (dissertation, section 4.1)."""
    patch.set(Facts, "settled_members", property(lambda self: self._stable.membership.latest))


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
    patch.set(KeyTable, "get", forgetful)


def renews_sessions_anywhere(patch: Patch) -> None:
    """Any server renews a session that it knows of: also one that the others have ended long ago."""

    def fresh_enough(self: ReadModes, query: Query, turn: Turn) -> bool:
        return isinstance(query, RenewSession) or bool(fresh(self, query, turn))

    fresh = ReadModes._fresh_enough
    patch.set(ReadModes, "_fresh_enough", fresh_enough)


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
            self._bury(peer, claim, pack_body(claim), turn)

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
