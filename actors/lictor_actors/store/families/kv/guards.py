"""What requests on keys need."""

from __future__ import annotations

from lictor_actors.store.families.kv.transactions import READS
from lictor_actors.store.guard import Extent, Need
from lictor_messages.kv import DeleteKey, GetKey, ListKeyNames, ListKeys, PutKey
from lictor_messages.txn import KeyOperation

Needs = tuple[Need, ...]
FILTERED = ("get", "get-or-empty", "get-tree")
"""Verbs of a transaction whose results are left out where the key may not be read."""


def put(command: PutKey) -> Needs:
    """Locking needs no more than writing."""
    return (Need("key", "write", command.key),)


def delete(command: DeleteKey) -> Needs:
    """A tree needs all that is below it."""
    return (Need("key", "write", command.key, "prefix" if command.recurse else "name"),)


def get(query: GetKey) -> Needs:
    """The key."""
    return (Need("key", "read", query.key),)


def list_under(query: ListKeys | ListKeyNames) -> Needs:
    """``list`` counts only with acl.enable_key_list_policy; keys that may not be read are left out in any case."""
    return (Need("key", "list", query.prefix, "prefix"), Need("key", "read", extent="rows"))


def operation(op: KeyOperation) -> Needs:
    """In a transaction: reads refuse nothing, as in Consul; comparisons do, whose outcome tells of the key."""
    if op.verb in FILTERED:
        return (Need("key", "read", "" if op.verb == "get-tree" else op.key, "rows"),)
    extent: Extent = "prefix" if op.verb == "delete-tree" else "name"
    return (Need("key", "read" if op.verb in READS else "write", op.key, extent),)
