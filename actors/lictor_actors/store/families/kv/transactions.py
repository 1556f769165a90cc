"""What transactions do with keys, but for their locks."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.store.families.kv.table import KeyTable, cas_holds
from lictor_actors.store.ordered import keys_under
from lictor_actors.store.txn.errors import Failed
from lictor_messages.kv import DeleteKey, Entry, PutKey
from lictor_messages.txn import KeyOperation, Operation, Result

Results = tuple[Result, ...]
NEVER_FAIL = ("set", "delete", "delete-tree", "get-tree", "get-or-empty")
"""Verbs that go through in any state, on a key with a name."""


def on_key(kv: KeyTable, op: KeyOperation, index: int) -> Results:
    """One operation on a key or a tree of them."""
    verb = WRITES.get(op.verb) or READS.get(op.verb)
    if verb is None:
        raise Failed(f'unknown KV verb "{op.verb}"')
    if verb is not _delete_tree:
        check_key(op)
    return verb(kv, op, index)


def check_key(op: KeyOperation) -> None:
    """Only a tree may be without a name: what has none could never be read or deleted over HTTP."""
    if not op.key:
        raise Failed("Must provide key")


def cannot_fail(op: KeyOperation) -> bool:
    """Whether the operation goes through in any state."""
    return op.verb in NEVER_FAIL and bool(op.key)


def lend_keys(kv: KeyTable, scratch: KeyTable, operations: tuple[Operation, ...]) -> None:
    """The keys that are named. Trees are never missed: no operation on a whole tree can fail."""
    for key in named(operations):
        entry = kv.entries.get(key)
        if entry is not None:
            scratch.load(entry)


def named(operations: tuple[Operation, ...]) -> tuple[str, ...]:
    """The keys that these operations name, each once."""
    return tuple(dict.fromkeys(operation.kv.key for operation in operations if operation.kv is not None))


def _set(kv: KeyTable, op: KeyOperation, index: int) -> Results:
    kv.put(PutKey(key=op.key, value=op.value, flags=op.flags), index)
    return without_value(kv.entries[op.key])


def _cas(kv: KeyTable, op: KeyOperation, index: int) -> Results:
    if not cas_holds(op.index, kv.entries.get(op.key)):
        raise Failed(f'failed to set key "{op.key}", index is stale')
    return _set(kv, op, index)


def _delete(kv: KeyTable, op: KeyOperation, index: int) -> Results:
    kv.delete(DeleteKey(key=op.key), index)
    return ()


def _delete_cas(kv: KeyTable, op: KeyOperation, index: int) -> Results:
    if not kv.delete(DeleteKey(key=op.key, cas=op.index), index).ok:
        raise Failed(f'failed to delete key "{op.key}", index is stale')
    return ()


def _delete_tree(kv: KeyTable, op: KeyOperation, index: int) -> Results:
    kv.delete(DeleteKey(key=op.key, recurse=True), index)
    return ()


def _get(kv: KeyTable, op: KeyOperation, _: int) -> Results:
    entry = kv.entries.get(op.key)
    if entry is None:
        raise Failed(f'key "{op.key}" doesn\'t exist')
    return (Result(kv=entry),)


def _get_or_empty(kv: KeyTable, op: KeyOperation, _: int) -> Results:
    return (Result(kv=kv.entries.get(op.key) or Entry(key=op.key)),)


def _get_tree(kv: KeyTable, op: KeyOperation, _: int) -> Results:
    return tuple(Result(kv=kv.entries[key]) for key in keys_under(kv.entries, op.key))


def _check_session(kv: KeyTable, op: KeyOperation, _: int) -> Results:
    entry = kv.entries.get(op.key)
    if entry is None:
        raise Failed(f'failed to check session, key "{op.key}" doesn\'t exist')
    if entry.session != op.session:
        raise Failed(f'failed session check for key "{op.key}", current session "{entry.session}" != "{op.session}"')
    return without_value(entry)


def _check_index(kv: KeyTable, op: KeyOperation, _: int) -> Results:
    entry = kv.entries.get(op.key)
    if entry is None:
        raise Failed(f'failed to check index, key "{op.key}" doesn\'t exist')
    if entry.modify_index != op.index:
        raise Failed(f'failed index check for key "{op.key}", current modify index {entry.modify_index} != {op.index}')
    return without_value(entry)


def _check_not_exists(kv: KeyTable, op: KeyOperation, _: int) -> Results:
    if op.key in kv.entries:
        raise Failed(f'key "{op.key}" exists')
    return ()


def without_value(entry: Entry) -> Results:
    """What is said of a key that was written."""
    return (Result(kv=entry.model_copy(update={"value": b""})),)


Verb = Callable[[KeyTable, KeyOperation, int], Results]
WRITES: dict[str, Verb] = {
    "set": _set,
    "cas": _cas,
    "delete": _delete,
    "delete-cas": _delete_cas,
    "delete-tree": _delete_tree,
}
READS: dict[str, Verb] = {
    "get": _get,
    "get-or-empty": _get_or_empty,
    "get-tree": _get_tree,
    "check-session": _check_session,
    "check-index": _check_index,
    "check-not-exists": _check_not_exists,
}
