"""Transactions, as the store hears them: they have no tables, but work on those of the families."""

from __future__ import annotations

from lictor_actors.consul.json_rows import failure_json, result_json
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
        cuts=(SliceRule(Transacted, "results", result_weight, brackets=False),),
    )
