"""By what right a query is answered here: stale ones by any server, all others by the leader.

- ``stale``: from what this server has applied, if it heard a leader lately enough for the asker.
  One that still applies what it knows to be committed is as good as one that did not hear it.
- ``default``: under the leader's lease, without asking the others.
- ``consistent``, and default without a lease: after a round in which a majority still took this server for its leader.
"""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import Raft
from lictor_actors.roles.server.archives import Archives
from lictor_actors.roles.server.authorize import ABOUT_ACLS, OFF, OWN, Authorize
from lictor_actors.roles.server.cluster_status import STATUS_QUERIES, ClusterStatus
from lictor_actors.roles.server.founding import Founding
from lictor_actors.roles.server.leader.leadership import Leadership, Unconfirmed
from lictor_actors.roles.server.reads import Reads
from lictor_actors.roles.server.to_leader import to_leader
from lictor_actors.store.admission import not_rendered
from lictor_actors.store.store import Store
from lictor_messages.acl_replication import GetAclReplication
from lictor_messages.answers import Query
from lictor_messages.autopilot import GetAutopilotHealth
from lictor_messages.members import Member
from lictor_messages.queries import ExecutePreparedQuery, ExplainPreparedQuery
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions
from lictor_messages.sessions import RenewSession, Sessions
from lictor_messages.slices import ReadSlice
from lictor_messages.snapshots import OpenSnapshot, ReadSnapshot, SnapshotOpened
from lictor_messages.txn import ReadTransaction

OF_THE_SERVERS = frozenset((*STATUS_QUERIES, GetAutopilotHealth, GetAclReplication))
"""Queries that rest on what Raft and gossip know."""
SNAPSHOT_QUERIES = frozenset((OpenSnapshot, ReadSnapshot))
TIMED: Mapping[type[Query], str] = {
    RenewSession: "session.renew",
    ReadTransaction: "txn.read",
    ExecutePreparedQuery: "prepared-query.execute",
    ExplainPreparedQuery: "prepared-query.explain",
}
# Sets of classes: to find that a query is in none takes a quarter of the time of an ``isinstance`` that fails.


class Queries:
    """Decides when a query may be answered, and from where: the store, a picture of it, or what Raft knows."""

    def __init__(
        self,
        options: ServerOptions,
        raft: Raft,
        store: Store,
        members: Mapping[str, Member],
        reads: Reads,
        archives: Archives,
        founding: Founding,
        acl: Authorize,
    ) -> None:
        self._raft = raft
        self._store = store
        self._members = members
        self._status = ClusterStatus(options, raft)
        self._reads = reads
        self._archives = archives
        self._founding = founding
        self._acl = acl
        self.asked = 0

    def ask(self, query: Query, applied: int, leading: Leadership | None, turn: Turn) -> None:
        """Answer the query in hand, now or after a round; what only a leader knows is passed on to it."""
        self.asked += 1
        if type(query) in OF_THE_SERVERS:
            self._of_the_servers(query, applied, leading, turn)
        elif type(query) is ReadSlice:  # of an answer that was given already: by what right is settled
            self._reads.large.read(query, turn.ticket(), turn)
        elif not (stale := self._stale_enough(query, applied, turn)) and leading is None:
            to_leader(self._raft, turn)
        elif self._acl.remote.waits(turn):
            pass  # until its token is known
        elif stale or leading is None or (query.consistency == "default" and self._leads_for_sure(turn)):
            self._read(query, turn.ticket(), _token(turn), leading, turn)
        else:
            leading.unconfirmed[self._raft.read(turn)] = Unconfirmed(query, turn.ticket(), _token(turn), turn.now)

    def confirmed(self, leading: Leadership, turn: Turn) -> None:
        """Answer what waited for a round that is over."""
        for read_id, _ in self._raft.take_reads():
            waiting = leading.unconfirmed.pop(read_id, None)
            if waiting is not None:
                turn.sample("rpc.consistentRead", (turn.now - waiting.began) / 1e6)
                self._read(waiting.query, waiting.ticket, waiting.token, leading, turn)

    def _of_the_servers(self, query: Query, applied: int, leading: Leadership | None, turn: Turn) -> None:
        if self._acl.remote.waits(turn):
            return
        refused = self._acl.refuses_query(query, self._acl.sight(_token(turn), turn)) if self._acl.on else None
        if isinstance(refused, Refused) and refused.code == "AclNotFound" and self._may_be_known(query, leading):
            to_leader(self._raft, turn)
        elif refused is not None:
            turn.reply(refused, early=True)
        elif self._status.answers(query):
            self._status.reply(query, self._members, applied, turn)
        else:
            self._leaders_view(query, applied, leading, turn)

    def _may_be_known(self, query: Query, leading: Leadership | None) -> bool:
        """Whether the leader may have a token that has not come here yet: one may be used as soon as it is made."""
        return leading is None and bool(self._raft.leader) and query.consistency != "stale"

    def _leaders_view(self, query: Query, applied: int, leading: Leadership | None, turn: Turn) -> None:
        """What only a leader knows of the servers."""
        if leading is None:
            to_leader(self._raft, turn, self._founding.waiting)
        elif query.rendered:
            turn.reply(not_rendered(query), early=True)
        elif isinstance(query, GetAutopilotHealth):
            # Early: what the leader thinks of the others rests on no write.
            turn.reply(leading.configuration.health(max(applied, 1), turn), early=True)
        elif isinstance(query, GetAclReplication):
            turn.reply(leading.replication.status(max(applied, 1)), early=True)

    def _stale_enough(self, query: Query, applied: int, turn: Turn) -> bool:
        """Whether this server may answer it without leading."""
        return query.consistency == "stale" and bool(applied) and self._fresh_enough(query, turn)

    def _leads_for_sure(self, turn: Turn) -> bool:
        return self._raft.lease_valid(turn.now) and not self._raft.behind

    def _fresh_enough(self, query: Query, turn: Turn) -> bool:
        if type(query) is RenewSession or self._raft.behind:
            return False
        return not query.max_stale_ns or self._raft.last_contact(turn.now) <= query.max_stale_ns

    def _read(self, query: Query, ticket: Ticket, token: str, leading: Leadership | None, turn: Turn) -> None:
        contact = self._raft.last_contact(turn.now)
        sight = self._acl.sight(token, turn) if self._acl.on else None
        refused = self._acl.refuses_query(query, sight) if self._acl.on or type(query) in ABOUT_ACLS else None
        if refused is not None or isinstance(sight, Refused):
            turn.answer(ticket, refused or OFF, early=True)
        elif type(query) in OWN:
            turn.answer(ticket, self._acl.about_itself(query, token, turn), early=True)
        elif type(query) in SNAPSHOT_QUERIES:
            self._read_snapshot(query, ticket, contact, turn)
        elif not self._store.answers(query):
            known = query.rendered and self._store.answers(query.model_copy(update={"rendered": False}))
            unknown = Refused(code="UnknownRequest", text=f"no query: {query.kind}")
            turn.answer(ticket, not_rendered(query) if known else unknown, early=True)
        elif type(query) in TIMED and not self._timed(query, leading, turn):
            turn.answer(ticket, Sessions(index=self._store.sessions.table_index(), sessions=()))
        else:
            self._reads.known_leader = bool(self._raft.leader)
            self._reads.last_contact_ms = contact // 1_000_000
            self._reads.read(query, ticket, turn, sight)

    def _timed(self, query: Query, leading: Leadership | None, turn: Turn) -> bool:
        """False for a session that is to be renewed and is no more."""
        turn.sample(TIMED[type(query)], 0.0)
        return not isinstance(query, RenewSession) or self._renewed(query, leading, turn)

    def _renewed(self, query: RenewSession, leading: Leadership | None, turn: Turn) -> bool:
        assert leading is not None, "only a leader knows how long a session still has"
        return leading.sessions.renew(query.id, turn)

    def _read_snapshot(self, query: Query, ticket: Ticket, contact_ns: int, turn: Turn) -> None:
        if query.rendered:
            turn.answer(ticket, not_rendered(query), early=True)
        elif isinstance(query, ReadSnapshot):
            self._archives.read(query, ticket, turn)
        else:
            self._open_snapshot(ticket, contact_ns, turn)

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
        self._archives.open(self._store, ticket, opened, turn)


def _token(turn: Turn) -> str:
    """Of the request in hand."""
    return turn.envelope.token if turn.envelope is not None else ""
