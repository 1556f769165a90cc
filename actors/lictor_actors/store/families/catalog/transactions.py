"""A transaction's operations on nodes, services and checks: set, cas, get, delete, delete-cas."""

from __future__ import annotations

from typing import TypeVar

from lictor_actors.store.families.catalog.registration import deregister, register, uuid_fault
from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_actors.store.txn.errors import Failed
from lictor_messages.catalog import CheckRecord, Deregister, NodeRecord, Register, ServiceRecord
from lictor_messages.refusals import Refused
from lictor_messages.txn import CheckOperation, NodeOperation, Result, ServiceOperation

Results = tuple[Result, ...]
WRITES = ("set", "cas", "delete", "delete-cas")
READS = ("get",)
CatalogRecord = NodeRecord | ServiceRecord | CheckRecord
R = TypeVar("R", NodeRecord, ServiceRecord, CheckRecord)


def on_node(catalog: CatalogTables, op: NodeOperation, index: int) -> Results:
    """A node, found by its id if one is given, else by name."""
    wanted, known = op.node, _known_node(catalog, op.node)
    what = f'node "{wanted.node}"'
    match op.verb:
        case "get":
            return (Result(node=_existing(known, what)),)
        case "set" | "cas":
            _check_cas(op.verb, wanted, known, f"failed to set {what}, index is stale")
            _do(register(catalog, Register(node=wanted), index))
            return (Result(node=catalog.node(wanted.node)),)
        case "delete" | "delete-cas":
            _check_delete_cas(op.verb, wanted, known, f"failed to delete {what}, index is stale")
            _do(deregister(catalog, Deregister(node=known.node if known is not None else wanted.node), index))
            return ()
    raise Failed(f'unknown Node verb "{op.verb}"')


def on_service(catalog: CatalogTables, op: ServiceOperation, index: int) -> Results:
    """An instance of a service on a node that is there."""
    wanted = op.service.model_copy(update={"id": op.service.id or op.service.service})
    known = catalog.service(wanted.node, wanted.id)
    what = f'service "{wanted.id}" on node "{wanted.node}"'
    match op.verb:
        case "get":
            return (Result(service=_existing(known, what)),)
        case "set" | "cas":
            _check_cas(op.verb, wanted, known, f"failed to set {what}, index is stale")
            if not wanted.service:
                raise Failed("Must provide service name with ID")
            _do(register(catalog, Register(node=_place(catalog, wanted.node), service=wanted), index))
            return (Result(service=catalog.service(wanted.node, wanted.id)),)
        case "delete" | "delete-cas":
            _check_delete_cas(op.verb, wanted, known, f"failed to delete {what}, index is stale")
            if known is not None:
                _do(deregister(catalog, Deregister(node=wanted.node, service_id=wanted.id), index))
            return ()
    raise Failed(f'unknown Service verb "{op.verb}"')


def on_check(catalog: CatalogTables, op: CheckOperation, index: int) -> Results:
    """A check of a node that is there, or of a service on it."""
    wanted = op.check.model_copy(update={"check_id": op.check.check_id or op.check.name})
    known = catalog.check(wanted.node, wanted.check_id)
    what = f'check "{wanted.check_id}" on node "{wanted.node}"'
    match op.verb:
        case "get":
            return (Result(check=_existing(known, what)),)
        case "set" | "cas":
            _check_cas(op.verb, wanted, known, f"failed to set {what}, index is stale")
            place = _place(catalog, wanted.node)
            if wanted.service_id and catalog.service(wanted.node, wanted.service_id) is None:
                raise Failed("Missing service registration")
            _do(register(catalog, Register(node=place, checks=(wanted,)), index))
            return (Result(check=catalog.check(wanted.node, wanted.check_id)),)
        case "delete" | "delete-cas":
            _check_delete_cas(op.verb, wanted, known, f"failed to delete {what}, index is stale")
            if known is not None:
                _do(deregister(catalog, Deregister(node=wanted.node, check_id=wanted.check_id), index))
            return ()
    raise Failed(f'unknown Check verb "{op.verb}"')


def _known_node(catalog: CatalogTables, wanted: NodeRecord) -> NodeRecord | None:
    if not wanted.node and not wanted.id:
        raise Failed("Must provide node")
    fault = uuid_fault(wanted.id) if wanted.id else ""
    if fault:
        raise Failed(f"Bad node ID: {fault}")
    holder = catalog.node_ids.get(wanted.id.lower()) if wanted.id else fold(wanted.node)
    return catalog.nodes.get(holder) if holder is not None else None


def _place(catalog: CatalogTables, node: str) -> NodeRecord:
    known = catalog.node(node)
    if known is None:
        raise Failed("Missing node registration")
    return known


def _existing(known: R | None, what: str) -> R:
    if known is None:
        raise Failed(f"{what} doesn't exist")
    return known


def _check_cas(verb: str, wanted: CatalogRecord, known: CatalogRecord | None, otherwise: str) -> None:
    """Index 0 is for what must not exist yet."""
    if verb == "cas" and wanted.modify_index != (known.modify_index if known is not None else 0):
        raise Failed(otherwise)


def _check_delete_cas(verb: str, wanted: CatalogRecord, known: CatalogRecord | None, otherwise: str) -> None:
    if verb == "delete-cas" and (known is None or wanted.modify_index != known.modify_index):
        raise Failed(otherwise)


def _do(outcome: object) -> None:
    if isinstance(outcome, Refused):
        raise Failed(outcome.words)
