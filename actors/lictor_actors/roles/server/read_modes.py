"""By what right a query is answered here: stale ones by any server, all others by the leader.

- ``stale``: from what this server has applied, if it heard a leader lately enough for the asker.
  One that still applies what it knows to be committed is as good as one that did not hear it.
- ``default``: under the leader's lease, asking nobody.
- ``consistent``, and default without a lease: after a round in which a majority still took this server for its leader.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import Raft, Role
from lictor_actors.roles.server.leader.session_timers import SessionTimers
from lictor_actors.roles.server.pictures import Snapshots
from lictor_actors.roles.server.reads import Reads
from lictor_actors.store.admission import not_rendered
from lictor_actors.store.store import Store
from lictor_messages.answers import Query
from lictor_messages.refusals import Refused
from lictor_messages.sessions import RenewSession, Sessions
from lictor_messages.slices import ReadSlice
from lictor_messages.snapshots import OpenSnapshot, ReadSnapshot, SnapshotOpened

SNAPSHOT_QUERIES = (OpenSnapshot, ReadSnapshot)


class ReadModes:
    """Decides when, and hands the query to whoever knows what."""

    def __init__(self, raft: Raft, store: Store, reads: Reads, sessions: SessionTimers, snapshots: Snapshots) -> None:
        self._raft = raft
        self._store = store
        self._reads = reads
        self._sessions = sessions
        self._snapshots = snapshots
        self._confirming: dict[int, tuple[Query, Ticket]] = {}
        """Queries that wait for a round, by the id of their read."""

    def ask(self, query: Query, applied: int, turn: Turn) -> bool:
        """Answer the query in hand, now or after a round; False if that is the leader's to do, and this is none."""
        if type(query) is ReadSlice:  # of an answer that was given already, by what right is no matter any more
            self._reads.large.read(query, turn.ticket(), turn)
        elif applied and self._fresh_enough(query, turn):
            self._read(query, turn.ticket(), turn)
        elif self._raft.role is not Role.LEADER:
            return False
        elif query.consistency == "default" and self._raft.lease_valid(turn.now) and not self._raft.behind:
            self._read(query, turn.ticket(), turn)
        else:
            self._confirming[self._raft.read(turn)] = (query, turn.ticket())
        return True

    def confirmed(self, turn: Turn) -> None:
        """Answer what waited for a round that is over."""
        for read_id, _ in self._raft.take_reads():
            waiting = self._confirming.pop(read_id, None)
            if waiting is not None:
                self._read(*waiting, turn)

    def refuse_all(self, refusal: Refused, turn: Turn) -> None:
        """This server leads no more: whoever waits for a leader's answer has to find the new one."""
        for _, ticket in self._confirming.values():
            turn.answer(ticket, refusal, early=True)  # it was a read
        self._confirming.clear()
        self._reads.refuse_all(refusal, turn)

    def _fresh_enough(self, query: Query, turn: Turn) -> bool:
        if query.consistency != "stale" or isinstance(query, RenewSession) or self._raft.behind:
            return False
        return not query.max_stale_ns or self._raft.last_contact(turn.now) <= query.max_stale_ns

    def _read(self, query: Query, ticket: Ticket, turn: Turn) -> None:
        contact = self._raft.last_contact(turn.now)
        if isinstance(query, SNAPSHOT_QUERIES):
            self._read_snapshot(query, ticket, contact, turn)
        elif not self._store.answers(query):
            known = query.rendered and self._store.answers(query.model_copy(update={"rendered": False}))
            unknown = Refused(code="UnknownRequest", text=f"no query: {query.kind}")
            turn.answer(ticket, not_rendered(query) if known else unknown, early=True)
        elif isinstance(query, RenewSession) and not self._sessions.renew(self._store, query.id, turn):
            turn.answer(ticket, Sessions(index=self._store.sessions.table_index(), sessions=()))
        else:
            self._reads.known_leader = bool(self._raft.leader)
            self._reads.last_contact_ms = contact // 1_000_000
            self._reads.read(query, ticket, turn)

    def _read_snapshot(self, query: OpenSnapshot | ReadSnapshot, ticket: Ticket, contact_ns: int, turn: Turn) -> None:
        if query.rendered:
            turn.answer(ticket, not_rendered(query), early=True)
        elif isinstance(query, OpenSnapshot):
            self._open_snapshot(ticket, contact_ns, turn)
        else:
            self._snapshots.read(query, ticket, turn)

    def _open_snapshot(self, ticket: Ticket, contact_ns: int, turn: Turn) -> None:
        opened = SnapshotOpened(
            id="",
            server=turn.me,
            term=self._raft.term,
            at_ns=0,
            servers=self._raft.configuration,
            known_leader=bool(self._raft.leader),
            last_contact_ms=contact_ns // 1_000_000,
        )
        self._snapshots.open(self._store, ticket, opened, turn)
