"""Transactions over HTTP: Consul's /v1/txn."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpCall, HttpReply, Row, Translation, call, given
from lictor_actors.consul.structs.catalog import CHECK, NODE, SERVICE
from lictor_actors.consul.structs.kv import ENTRY
from lictor_actors.consul.structs.txn import FAILURE, KEY_OPERATION
from lictor_messages.base import Message
from lictor_messages.txn import Operation, Result, Transact, Transacted


def _transact(command: Transact) -> HttpCall:
    return call(command, "PUT", "txn", body=list(map(_operation, command.operations)))


def _operation(one: Operation) -> Row:
    if one.kv is not None:
        return {"KV": given(KEY_OPERATION.row(one.kv))}
    if one.node is not None:
        # The datacenter is the one that is asked; the index is what cas compares.
        return {"Node": {"Verb": one.node.verb, "Node": given(NODE.row(one.node.node), "Datacenter")}}
    if one.service is not None:
        service = one.service.service
        return {"Service": {"Verb": one.service.verb, "Node": service.node, "Service": given(SERVICE.row(service))}}
    if one.check is not None:
        return {"Check": {"Verb": one.check.verb, "Check": given(CHECK.row(one.check.check))}}
    if one.session is not None:
        return {"Session": {"Verb": one.session.verb, "Session": {"ID": one.session.id}}}
    return {}


def _transacted(_: Message, reply: HttpReply) -> Transacted:
    found = reply.json()
    return Transacted(
        results=tuple(map(_result, found["Results"] or ())), failures=tuple(map(FAILURE.shown, found["Errors"] or ()))
    )


def _result(row: Row) -> Result:
    """A service's row does not name its node."""
    if "KV" in row:
        return Result(kv=ENTRY.shown(row["KV"]))
    if "Node" in row:
        return Result(node=NODE.shown(row["Node"]))
    if "Service" in row:
        return Result(service=SERVICE.shown(row["Service"], node=""))
    return Result(check=CHECK.shown(row["Check"]))


TRANSLATIONS: dict[type[Message], Translation] = {Transact: Translation(_transact, _transacted, also=(409,))}
