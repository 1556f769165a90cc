"""Transactions, as the store hears them: they have no tables, but work on those of the families."""

from __future__ import annotations

from lictor_actors.consul.json_rows import failure_json, result_json
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.catalog.hiding import check_is_seen
from lictor_actors.store.families.catalog.weights import check_weight, node_weight, service_weight
from lictor_actors.store.families.kv.family import entry_weight
from lictor_actors.store.family import ANY_COMMAND, Family, Read, SliceRule, Write, never_blocks
from lictor_actors.store.fold import Transactional, TxnVerbs
from lictor_actors.store.guard import Need
from lictor_actors.store.txn.admission import refuse_transaction
from lictor_actors.store.txn.transact import read_transaction, transact
from lictor_messages.answers import Query
from lictor_messages.txn import ReadTransaction, Result, Transact, Transacted


def result_weight(result: Result) -> int:
    """Bytes of its JSON, about."""
    if result.kv is not None:
        return entry_weight(result.kv)
    if result.node is not None:
        return node_weight(result.node)
    if result.service is not None:
        return service_weight(result.service)
    return check_weight(result.check) if result.check is not None else 2


def _transacted(_: Query, answer: Transacted) -> object:
    if answer.failures:
        return {"Results": None, "Errors": [failure_json(failure) for failure in answer.failures]}
    return {"Results": [result_json(result) for result in answer.results], "Errors": None}


def _seen(_: object, answer: Transacted, sight: Sight) -> Transacted:
    return answer.model_copy(update={"results": tuple(row for row in answer.results if _is_seen(row, sight))})


def _is_seen(row: Result, sight: Sight) -> bool:
    if row.kv is not None:
        return sight.sees("key", "read", row.kv.key)
    if row.node is not None:
        return sight.sees("node", "read", row.node.node)
    if row.service is not None:
        return sight.sees("service", "read", row.service.service)
    return row.check is None or check_is_seen(row.check, sight)


def transactions(verbs: TxnVerbs) -> Family[Transactional]:
    """The family of transactions that can do these things."""

    def guard(asked: Transact | ReadTransaction) -> tuple[Need, ...]:
        needs = (need for operation in asked.operations for need in verbs.guard(operation))
        return tuple(dict.fromkeys(needs))

    return Family(
        name="transactions",
        make=None,
        writes=(Write(Transact, transact, guard, refuse_transaction),),
        reads=(Read(ReadTransaction, read_transaction, ANY_COMMAND, never_blocks, guard),),
        shapes={Transacted: _transacted},
        hides={Transacted: _seen},
        cuts=(SliceRule(Transacted, "results", result_weight, brackets=False),),
    )
