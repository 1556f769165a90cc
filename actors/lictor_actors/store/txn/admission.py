"""Which transactions never enter the log, and which are not even read."""

from __future__ import annotations

from lictor_actors.store.families.kv.admission import value_fault
from lictor_actors.store.families.kv.family import KV
from lictor_actors.store.family import Parts
from lictor_actors.store.ordered import keys_under
from lictor_messages.kv import VALUE_MOST
from lictor_messages.refusals import Refused
from lictor_messages.txn import OPERATIONS_MOST, ReadTransaction, Transact

READ_MOST = 16 * 1024 * 1024
"""Bytes that one transaction may read: a hundred trees of all keys would be a hundred times the store."""


def refuse_transaction(store: Parts, command: Transact) -> Refused | None:
    """A key or a value that cannot be kept; and see ``too_much``."""
    on_keys = [operation.kv for operation in command.operations if operation.kv is not None]
    for write in on_keys:
        refused = value_fault(write)
        if refused is not None:
            return refused
    size = sum(len(write.key) + len(write.value) for write in on_keys)
    if size > VALUE_MOST:  # Consul's limits.txn_max_req_len, of a body that is longer than what it holds
        text = f"Request body({size} bytes) too large, max size: {VALUE_MOST} bytes."
        return Refused(code="TooLarge", text=text)
    return too_much(store, command)


def too_much(store: Parts, asked: Transact | ReadTransaction) -> Refused | None:
    """Why there are too many operations, or why what they read now would be too large to be answered."""
    if len(asked.operations) > OPERATIONS_MOST:
        text = f"Transaction contains too many operations ({len(asked.operations)} > {OPERATIONS_MOST})"
        return Refused(code="TooLarge", text=text)
    entries, left = KV.of(store).entries, READ_MOST
    on_keys = [operation.kv for operation in asked.operations if operation.kv is not None]
    written = sum(len(op.value) for op in on_keys)
    for op in on_keys:
        if op.verb in ("get", "get-or-empty"):
            left -= max(written, len(entries[op.key].value) if op.key in entries else 0)
        elif op.verb == "get-tree":
            left -= written + sum(len(key) + len(entries[key].value) for key in keys_under(entries, op.key))
        if left < 0:
            text = f"Transaction reads more than {READ_MOST} bytes: read less in each"
            return Refused(code="TooLarge", text=text)
    return None
