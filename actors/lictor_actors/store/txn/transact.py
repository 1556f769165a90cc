"""Transactions: all operations or none.

A transaction that may fail is first rehearsed on a small store that borrows the rows it concerns: if every operation
goes through there, it does so on the real one, and no undoing is ever needed. What an operation does is its family's
matter. Texts and rules are those of Consul's state store and its /v1/txn page.
"""

from __future__ import annotations

from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.fold import Transactional, content
from lictor_actors.store.txn.admission import too_much
from lictor_actors.store.txn.errors import Failed
from lictor_messages.txn import Failure, Operation, ReadTransaction, Result, Transact, Transacted


def transact(store: Transactional, command: Transact, index: int) -> Transacted:
    """Do all operations, or none and say which fail."""
    if not all(map(store.families.verbs.cannot_fail, command.operations)):
        rehearsed = perform(borrowed(store, command.operations), command.operations, index)
        if rehearsed.failures:
            return rehearsed
    return perform(store, command.operations, index)


def read_transaction(store: Transactional, query: ReadTransaction) -> Transacted:
    """Do operations that only read; a verb that writes is refused like an unknown one."""
    index = max(1, store.applied)
    refused = too_much(store, query)
    if refused is not None:
        raise QueryRefused(refused)
    failures = tuple(
        Failure(op_index=place, what="a transaction that is not written to the log can only read")
        for place, operation in enumerate(query.operations)
        if not store.families.verbs.reads_only(operation)
    )
    if failures:
        return Transacted(index=index, failures=failures)
    return perform(store, query.operations, index)


def perform(store: Transactional, operations: tuple[Operation, ...], index: int) -> Transacted:
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


def _one(store: Transactional, operation: Operation, index: int) -> tuple[Result, ...]:
    field, op = content(operation)
    if not field:
        raise Failed("an operation must be one of KV, Node, Service, Check and Session")
    try:
        do = store.performs[field, op.verb]
    except KeyError:
        do = store.performs[field, ""]
    done: tuple[Result, ...] = do(op, index)
    return done


def borrowed(store: Transactional, operations: tuple[Operation, ...]) -> Transactional:
    """A small store with just the rows on which it depends whether these operations fail: what happens on it is
    forgotten. The rows themselves are shared."""
    scratch = store.empty()
    scratch.clock.now = store.clock.now
    for family in store.families:
        if family.lend is not None:
            family.lend(family.of(store), family.of(scratch), operations)
    return scratch
