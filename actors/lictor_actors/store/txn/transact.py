"""Transactions: all operations or none.

A transaction that may fail is first rehearsed on a small store that borrows the rows it concerns: if every operation
goes through there, it does so on the real one, and no undoing is ever needed. Texts and rules are those of Consul's
state store and its /v1/txn page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.families.kv.table import cas_holds
from lictor_actors.store.ordered import keys_under
from lictor_actors.store.txn.catalog import on_check, on_node, on_service
from lictor_actors.store.txn.errors import Failed
from lictor_actors.store.txn.rehearsal import borrowed
from lictor_messages.kv import DeleteKey, Entry, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.sessions import DestroySession
from lictor_messages.txn import (
    OPERATIONS_MOST,
    Failure,
    KeyOperation,
    Operation,
    ReadTransaction,
    Result,
    SessionOperation,
    Transact,
    Transacted,
)

if TYPE_CHECKING:
    from lictor_actors.store.store import Store

Results = tuple[Result, ...]
READ_MOST = 16 * 1024 * 1024
"""Bytes that one transaction may read: a hundred trees of all keys would be a hundred times the store."""
NEVER_FAIL = ("set", "delete", "delete-tree", "get-tree", "get-or-empty")


def transact(store: Store, command: Transact, index: int) -> Transacted:
    """Do all operations, or none and say which fail."""
    if not all(map(_never_fails, command.operations)):
        rehearsed = perform(borrowed(store, command.operations), command.operations, index)
        if rehearsed.failures:
            return rehearsed
    return perform(store, command.operations, index)


def read_transaction(store: Store, query: ReadTransaction) -> Transacted:
    """Do operations that only read; a verb that writes is refused like an unknown one."""
    index = max(1, store.applied)
    refused = too_much(store, query.operations)
    if refused is not None:
        raise QueryRefused(refused)
    failures = tuple(
        Failure(op_index=place, what="a transaction that is not written to the log can only read")
        for place, operation in enumerate(query.operations)
        if not reads_only(operation)
    )
    if failures:
        return Transacted(index=index, failures=failures)
    return perform(store, query.operations, index)


def too_much(store: Store, operations: tuple[Operation, ...]) -> Refused | None:
    """Why there are too many operations, or why what they read now would be too large to be answered."""
    if len(operations) > OPERATIONS_MOST:
        text = f"Transaction contains too many operations ({len(operations)} > {OPERATIONS_MOST})"
        return Refused(code="TooLarge", text=text)
    entries, left = store.kv.entries, READ_MOST
    written = sum(len(operation.kv.value) for operation in operations if operation.kv is not None)
    for verb, key in ((operation.kv.verb, operation.kv.key) for operation in operations if operation.kv is not None):
        if verb in ("get", "get-or-empty"):
            left -= max(written, len(entries[key].value) if key in entries else 0)
        elif verb == "get-tree":
            left -= written + sum(len(key) + len(entries[key].value) for key in keys_under(entries, key))
        if left < 0:
            text = f"Transaction reads more than {READ_MOST} bytes: read less in each"
            return Refused(code="TooLarge", text=text)
    return None


def reads_only(operation: Operation) -> bool:
    """Whether this operation needs no entry of the log."""
    if operation.kv is not None:
        return operation.kv.verb in READ_VERBS
    parts = (operation.node, operation.service, operation.check, operation.session)
    return all(part is None or part.verb == "get" for part in parts)


def perform(store: Store, operations: tuple[Operation, ...], index: int) -> Transacted:
    """Do one after the other, whatever fails; what was written before a failure stays written."""
    results: list[Result] = []
    failures: list[Failure] = []
    for place, operation in enumerate(operations):
        try:
            results += _one(store, operation, index)
        except Failed as failed:
            failures.append(Failure(op_index=place, what=str(failed)))
    if failures:
        return Transacted(index=index, failures=tuple(failures))
    return Transacted(index=index, results=tuple(results))


def _never_fails(operation: Operation) -> bool:
    return operation.kv is not None and operation.kv.verb in NEVER_FAIL and bool(operation.kv.key)


def _one(store: Store, operation: Operation, index: int) -> Results:
    if operation.kv is not None:
        verb = KEY_VERBS.get(operation.kv.verb)
        if verb is None:
            raise Failed(f'unknown KV verb "{operation.kv.verb}"')
        if not operation.kv.key and verb is not _delete_tree:
            raise Failed("Must provide key")  # what has no name could never be read or deleted over HTTP
        return verb(store, operation.kv, index)
    if operation.node is not None:
        return on_node(store.catalog, operation.node, index)
    if operation.service is not None:
        return on_service(store.catalog, operation.service, index)
    if operation.check is not None:
        return on_check(store.catalog, operation.check, index)
    if operation.session is not None:
        return _on_session(store, operation.session, index)
    raise Failed("an operation must be one of KV, Node, Service, Check and Session")


def _on_session(store: Store, op: SessionOperation, index: int) -> Results:
    if op.verb != "delete":
        raise Failed(f'unknown Session verb "{op.verb}"')
    store.sessions.destroy(DestroySession(id=op.id), index)
    return ()


# keys


def _set(store: Store, op: KeyOperation, index: int) -> Results:
    store.kv.put(PutKey(key=op.key, value=op.value, flags=op.flags), index)
    return _without_value(store.kv.entries[op.key])


def _cas(store: Store, op: KeyOperation, index: int) -> Results:
    if not cas_holds(op.index, store.kv.entries.get(op.key)):
        raise Failed(f'failed to set key "{op.key}", index is stale')
    return _set(store, op, index)


def _delete(store: Store, op: KeyOperation, index: int) -> Results:
    store.kv.delete(DeleteKey(key=op.key), index)
    return ()


def _delete_cas(store: Store, op: KeyOperation, index: int) -> Results:
    if not store.kv.delete(DeleteKey(key=op.key, cas=op.index), index).ok:
        raise Failed(f'failed to delete key "{op.key}", index is stale')
    return ()


def _delete_tree(store: Store, op: KeyOperation, index: int) -> Results:
    store.kv.delete(DeleteKey(key=op.key, recurse=True), index)
    return ()


def _lock(store: Store, op: KeyOperation, index: int) -> Results:
    if store.locks.delayed(op.key):
        raise Failed(f'failed to lock key "{op.key}" due to lock delay')
    why = store.sessions.fault(op.session)
    if why:
        raise Failed(why)
    if not store.locks.acquire(op.key, op.value, op.flags, op.session, index):
        raise Failed(f'failed to lock key "{op.key}", lock is already held')
    return _without_value(store.kv.entries[op.key])


def _unlock(store: Store, op: KeyOperation, index: int) -> Results:
    if not op.session:
        raise Failed("missing session")
    if not store.locks.release(op.key, op.value, op.flags, op.session, index):
        raise Failed(f'failed to unlock key "{op.key}", lock isn\'t held, or is held by another session')
    return _without_value(store.kv.entries[op.key])


def _get(store: Store, op: KeyOperation, _: int) -> Results:
    entry = store.kv.entries.get(op.key)
    if entry is None:
        raise Failed(f'key "{op.key}" doesn\'t exist')
    return (Result(kv=entry),)


def _get_or_empty(store: Store, op: KeyOperation, _: int) -> Results:
    return (Result(kv=store.kv.entries.get(op.key) or Entry(key=op.key)),)


def _get_tree(store: Store, op: KeyOperation, _: int) -> Results:
    return tuple(Result(kv=store.kv.entries[key]) for key in keys_under(store.kv.entries, op.key))


def _check_session(store: Store, op: KeyOperation, _: int) -> Results:
    entry = store.kv.entries.get(op.key)
    if entry is None:
        raise Failed(f'failed to check session, key "{op.key}" doesn\'t exist')
    if entry.session != op.session:
        raise Failed(f'failed session check for key "{op.key}", current session "{entry.session}" != "{op.session}"')
    return _without_value(entry)


def _check_index(store: Store, op: KeyOperation, _: int) -> Results:
    entry = store.kv.entries.get(op.key)
    if entry is None:
        raise Failed(f'failed to check index, key "{op.key}" doesn\'t exist')
    if entry.modify_index != op.index:
        raise Failed(f'failed index check for key "{op.key}", current modify index {entry.modify_index} != {op.index}')
    return _without_value(entry)


def _check_not_exists(store: Store, op: KeyOperation, _: int) -> Results:
    if op.key in store.kv.entries:
        raise Failed(f'key "{op.key}" exists')
    return ()


def _without_value(entry: Entry) -> Results:
    return (Result(kv=entry.model_copy(update={"value": b""})),)


READ_VERBS = ("get", "get-tree", "get-or-empty", "check-session", "check-index", "check-not-exists")
KEY_VERBS: dict[str, Callable[[Store, KeyOperation, int], Results]] = {
    "set": _set,
    "cas": _cas,
    "delete": _delete,
    "delete-cas": _delete_cas,
    "delete-tree": _delete_tree,
    "lock": _lock,
    "unlock": _unlock,
    "get": _get,
    "get-or-empty": _get_or_empty,
    "get-tree": _get_tree,
    "check-session": _check_session,
    "check-index": _check_index,
    "check-not-exists": _check_not_exists,
}
