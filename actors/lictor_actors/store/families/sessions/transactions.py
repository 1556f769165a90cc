"""What transactions do with sessions, and with the locks that they hold."""

from __future__ import annotations

from lictor_actors.store.families.catalog.lending import concerned
from lictor_actors.store.families.kv.transactions import check_key, named, without_value
from lictor_actors.store.families.sessions.table import SessionTable
from lictor_actors.store.txn.errors import Failed
from lictor_messages.sessions import DestroySession
from lictor_messages.txn import KeyOperation, Operation, Result, SessionOperation

Results = tuple[Result, ...]


def on_session(sessions: SessionTable, op: SessionOperation, index: int) -> Results:
    """The end of a session."""
    if op.verb != "delete":
        raise Failed(f'unknown Session verb "{op.verb}"')
    sessions.destroy(DestroySession(id=op.id), index)
    return ()


def lock(sessions: SessionTable, op: KeyOperation, index: int) -> Results:
    """A key is set by who gets its lock."""
    check_key(op)
    if sessions.locks.delayed(op.key):
        raise Failed(f'failed to lock key "{op.key}" due to lock delay')
    why = sessions.fault(op.session)
    if why:
        raise Failed(why)
    if not sessions.locks.acquire(op.key, op.value, op.flags, op.session, index):
        raise Failed(f'failed to lock key "{op.key}", lock is already held')
    return without_value(sessions.locks.kv.entries[op.key])


def unlock(sessions: SessionTable, op: KeyOperation, index: int) -> Results:
    """A key is set by who gives its lock back."""
    check_key(op)
    if not op.session:
        raise Failed("missing session")
    if not sessions.locks.release(op.key, op.value, op.flags, op.session, index):
        raise Failed(f'failed to unlock key "{op.key}", lock isn\'t held, or is held by another session')
    return without_value(sessions.locks.kv.entries[op.key])


def lend_sessions(sessions: SessionTable, scratch: SessionTable, operations: tuple[Operation, ...]) -> None:
    """Sessions that are named, or on a node that is: one that ends lets go of named keys. And the keys' lock-delays."""
    nodes = concerned(sessions.catalog, operations)
    ids = dict.fromkeys(session for name in nodes for session in sessions.by_node.get(name, ()))
    ids.update(dict.fromkeys(map(_named, operations)))
    for session in ids:
        if session in sessions.rows:
            scratch.load(sessions.rows[session])
    for key in named(operations):
        if key in sessions.locks.delays:
            scratch.locks.delays[key] = sessions.locks.delays[key]


def _named(operation: Operation) -> str:
    if operation.kv is not None:
        return operation.kv.session
    return operation.session.id if operation.session is not None else ""
