"""The table of sessions: how they begin, what ends them, and what goes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_actors.store.families.sessions.locks import Locks
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.ordered import Ordered
from lictor_actors.store.rows import stamped
from lictor_messages.answers import Written
from lictor_messages.bounds import INT64_MAX
from lictor_messages.durations import go_duration, parse_go_duration
from lictor_messages.kv import PutKey
from lictor_messages.refusals import Refused
from lictor_messages.sessions import (
    TTL_MAX_NS,
    TTL_MIN_NS,
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
    SessionRecord,
    Sessions,
)

SESSIONS = "sessions"
UUID_LENGTH = 36
BEHAVIORS = ("release", "delete")


class SessionTable:
    """Sessions by id, by node, and by the checks that they stand on."""

    __slots__ = ("_opened", "by_check", "by_node", "catalog", "indexes", "locks", "on_end", "rows", "ttl_min_ns")

    def __init__(self, indexes: Indexes, catalog: CatalogTables, locks: Locks) -> None:
        self.indexes = indexes
        self.catalog = catalog
        self.locks = locks
        self.rows: Ordered[str, SessionRecord] = Ordered()
        self.by_node: dict[str, dict[str, None]] = {}
        """Folded node → ids of its sessions."""
        self.by_check: dict[tuple[str, str], dict[str, None]] = {}
        """(Folded node, folded check id) → ids of the sessions that end with that check."""
        self.on_end: list[Callable[[str, int], None]] = []
        """Told of each session that ends, and at which index: what else was tied to it."""
        self._opened: list[SessionRecord] = []
        self.ttl_min_ns = TTL_MIN_NS

    # writes

    def create(self, command: CreateSession, index: int) -> Written | Refused:
        """Begin a session; its node and checks must exist, the checks not be critical."""
        session = command.session
        why = session_fault(session, self.ttl_min_ns) or self._missing(session)
        if why:
            return Refused(code="Invalid", text=why)
        if session.id in self.rows:
            return Refused(code="Invalid", text=f"session {session.id} exists already")
        self._insert(session, index)
        return Written(index=index)

    def destroy(self, command: DestroySession, index: int) -> Written:
        """End a session; one that is not there has ended already."""
        self.end(command.id, index)
        return Written(index=index)

    def put(self, command: PutKey, index: int) -> Written | Refused:
        """A write to a key that takes the lock or gives it back."""
        if command.release is not None:
            if not command.release:
                return Refused(code="Invalid", text="missing session")
            ok = self.locks.release(command.key, command.value, command.flags, command.release, index)
            return Written(ok=ok, index=index)
        session = command.acquire or ""
        if self.locks.delayed(command.key):
            return Written(ok=False, index=index)
        why = self.fault(session)
        if why:
            return Refused(code="Invalid", text=why)
        ok = self.locks.acquire(command.key, command.value, command.flags, session, index)
        return Written(ok=ok, index=index)

    def end(self, session_id: str, index: int) -> None:
        """The session is over, for whatever reason."""
        session = self.rows.pop(session_id, None)
        if session is None:
            return
        _drop(self.by_node, fold(session.node), session_id)
        for check_id in _checks(session):
            _drop(self.by_check, (fold(session.node), check_id), session_id)
        self._touch(session, index)
        self.locks.lose(session, index)
        for told in self.on_end:
            told(session_id, index)

    def node_gone(self, node: str, index: int) -> None:
        """A node (folded) was deregistered."""
        for session_id in sorted(self.by_node.get(node, ())):
            self.end(session_id, index)

    def check_lost(self, node: str, check_id: str, index: int) -> None:
        """A check (folded) became critical or is no more."""
        for session_id in sorted(self.by_check.get((node, check_id), ())):
            self.end(session_id, index)

    def load(self, session: SessionRecord) -> None:
        """Take a row as it is."""
        self.rows[session.id] = session
        self.by_node.setdefault(fold(session.node), {})[session.id] = None
        for check_id in _checks(session):
            self.by_check.setdefault((fold(session.node), check_id), {})[session.id] = None

    def fault(self, session_id: str) -> str:
        """Why nothing can be tied to this session, in Consul's words; "" if it can."""
        if not session_id:
            return "missing session"
        if len(session_id) != UUID_LENGTH:
            return "failed session lookup: index error: UUID must be 36 characters"
        return "" if session_id in self.rows else f'invalid session "{session_id}"'

    def _insert(self, session: SessionRecord, index: int) -> None:
        row = stamped(session, None, index)
        assert row is not None
        self.load(row)
        self._touch(row, index)
        self._opened.append(row)

    def _missing(self, session: SessionRecord) -> str:
        if self.catalog.node(session.node) is None:
            return "Missing node registration"
        for check_id in (*session.node_checks, *session.service_checks):
            check = self.catalog.check(session.node, check_id)
            if check is None:
                return f"Missing check '{check_id}' registration"
            if check.status == "critical":
                return f"Check '{check_id}' is in critical state"
        return ""

    def _touch(self, session: SessionRecord, index: int) -> None:
        self.indexes.bump(SESSIONS, index)
        self.indexes.touch("session", session.id)
        self.indexes.touch("sessions of", fold(session.node))

    # reads

    def get(self, query: GetSession | RenewSession) -> Sessions:
        """One session."""
        row = self.rows.get(query.id)
        return self._answer((row,) if row is not None else ())

    def of_node(self, query: ListNodeSessions) -> Sessions:
        """The sessions of a node."""
        ids = sorted(self.by_node.get(fold(query.node), ()))
        return self._answer(tuple(self.rows[session_id] for session_id in ids))

    def all(self, _: ListSessions) -> Sessions:
        """Every session."""
        return self._answer(tuple(self.rows.values()))

    def table_index(self) -> int:
        """The index that every query on sessions reports."""
        return max(1, self.indexes.table(SESSIONS))

    def version(self, _: object) -> int:
        """See ``table_index``."""
        return self.table_index()

    def take_opened(self) -> list[SessionRecord]:
        """The sessions that began since the last call: the leader starts their TTL."""
        opened, self._opened = self._opened, []
        return opened

    def __iter__(self) -> Iterator[SessionRecord]:
        return iter(self.rows.values())

    def _answer(self, rows: tuple[SessionRecord, ...]) -> Sessions:
        return Sessions(index=self.table_index(), sessions=rows)


def ttl_ns(session: SessionRecord) -> int:
    """The session's TTL in nanoseconds, 0 if it has none."""
    return parse_go_duration(session.ttl) if session.ttl else 0


def session_fault(session: SessionRecord, ttl_min_ns: int = TTL_MIN_NS) -> str:
    """Why no session can be like this, in Consul's words; "" if it can."""
    if len(session.id) != UUID_LENGTH:
        return "Must provide ID"
    if not session.node:
        return "Must provide Node"
    if session.behavior not in BEHAVIORS:
        return f"Invalid Behavior setting '{session.behavior}'"
    if not 0 <= session.lock_delay_ns <= INT64_MAX:
        return f"Invalid LockDelay '{session.lock_delay_ns}', must be a number of nanoseconds from 0 to {INT64_MAX}"
    return _ttl_fault(session.ttl, ttl_min_ns)


def _ttl_fault(ttl: str, least_ns: int) -> str:
    if not ttl:
        return ""
    try:
        ns = parse_go_duration(ttl)
    except ValueError as error:
        return f"Session TTL '{ttl}' invalid: {error}"
    if ns == 0 or least_ns <= ns <= TTL_MAX_NS:
        return ""
    bounds = f"[{go_duration(least_ns)}={go_duration(TTL_MAX_NS)}]"
    return f"Invalid Session TTL '{ns}', must be between {bounds}"


def _checks(session: SessionRecord) -> Iterator[str]:
    """Folded ids of the checks that the session stands on, each once."""
    return iter(dict.fromkeys(fold(check_id) for check_id in (*session.node_checks, *session.service_checks)))


def _drop(table: dict[str, dict[str, None]] | dict[tuple[str, str], dict[str, None]], key: object, row: str) -> None:
    rows = table[key]  # type: ignore[index]
    del rows[row]
    if not rows:
        del table[key]  # type: ignore[arg-type]
