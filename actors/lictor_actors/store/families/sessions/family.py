"""Sessions and locks, as the store holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lictor_actors.consul.json_rows import session_json
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.catalog.family import CATALOG
from lictor_actors.store.families.catalog.tables import fold
from lictor_actors.store.families.kv.family import KV
from lictor_actors.store.families.kv.guards import operation as of_key_operation
from lictor_actors.store.families.sessions import guards
from lictor_actors.store.families.sessions.invariants import check_locks, check_sessions
from lictor_actors.store.families.sessions.locks import Locks
from lictor_actors.store.families.sessions.table import SESSIONS as TABLE
from lictor_actors.store.families.sessions.table import SessionTable, session_fault
from lictor_actors.store.families.sessions.transactions import lend_sessions, lock, on_session, unlock
from lictor_actors.store.family import Family, Operations, Parts, Read, SliceRule, Write, never_blocks
from lictor_actors.store.guard import constant
from lictor_actors.store.snapshot.foreign import row_is, stamps_fault
from lictor_actors.store.snapshot.tables import Table, values
from lictor_messages.answers import Query
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
    SessionRecord,
    Sessions,
)


def _make(parts: Parts) -> SessionTable:
    """The tables of keys and of the catalog are told: sessions take locks, and end with what they stand on."""
    kv, catalog = KV.of(parts), CATALOG.of(parts)
    sessions = SessionTable(parts.indexes, catalog, Locks(kv, parts.clock))
    kv.locking = sessions
    catalog.dependants += (sessions,)
    return sessions


def _load_lock_delay(sessions: SessionTable, row: Any) -> None:
    key, lost, delay = row[:3]
    sessions.locks.delays[key] = (lost, delay)


def _state(sessions: SessionTable) -> Iterator[object]:
    yield from sessions
    yield list(sessions.locks)


def _inherit(new: SessionTable, old: SessionTable) -> None:
    new.ttl_min_ns = old.ttl_min_ns


def _sessions(_: Query, answer: Sessions) -> object:
    return [session_json(session) for session in answer.sessions]


def _seen(_: Query, answer: Sessions, sight: Sight) -> Sessions:
    seen = tuple(session for session in answer.sessions if sight.sees("session", "read", session.node))
    return answer.model_copy(update={"sessions": seen})


def _node_of(sessions: SessionTable, session_id: str) -> str | None:
    session = sessions.rows.get(session_id)
    return None if session is None else session.node


def session_weight(session: SessionRecord) -> int:
    """Bytes of its JSON, about."""
    return 350 + sum(map(len, session.node_checks)) + 3 * len(session.node_checks) + 30 * len(session.service_checks)


SESSIONS = Family(
    name="sessions",
    make=_make,
    writes=(
        Write(CreateSession, SessionTable.create, guards.create),
        Write(DestroySession, SessionTable.destroy, guards.of_stored),
    ),
    reads=(
        Read(
            GetSession,
            SessionTable.get,
            SessionTable.version,
            lambda query: (("session", query.id),),
            constant(guards.EVERY),
        ),
        Read(RenewSession, SessionTable.get, SessionTable.version, never_blocks, guards.of_stored),
        Read(
            ListNodeSessions,
            SessionTable.of_node,
            SessionTable.version,
            lambda query: (("sessions of", fold(query.node)),),
            guards.of_node,
        ),
        Read(
            ListSessions,
            SessionTable.all,
            SessionTable.version,
            lambda _: (("table", TABLE),),
            constant(guards.EVERY),
        ),
    ),
    tables=(
        Table(
            "sessions",
            lambda sessions: values(sessions.rows),
            SessionTable.load,
            covers=("rows", "by_node", "by_check"),
            fault=lambda row, index: stamps_fault(row, index) or session_fault(row),
            record=SessionRecord,
        ),
        Table(
            "lock-delays",
            lambda sessions: tuple(sessions.locks),
            _load_lock_delay,
            covers=("locks.delays",),
            fault=lambda row, _: "" if row_is(row, str, int, int) else "no lock-delay",
        ),
    ),
    state=_state,
    check=check_sessions,
    check_large=check_locks,
    inherit=_inherit,
    operations=(
        Operations("session", on_session, guards.of_stored, writes=("delete",)),
        Operations("kv", lock, of_key_operation, writes=("lock",)),
        Operations("kv", unlock, of_key_operation, writes=("unlock",)),
    ),
    lend=lend_sessions,
    shapes={Sessions: _sessions},
    hides={Sessions: _seen},
    names={"session": _node_of},
    cuts=(SliceRule(Sessions, "sessions", session_weight),),
)
