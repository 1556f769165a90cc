"""Transactions against a naive twin: copy the whole store, do the operations, keep the copy only if none failed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.snapshot.freeze import START, encode, freeze, thaw
from lictor_actors.store.store import Store
from lictor_actors.store.txn.transact import perform
from lictor_messages.catalog import CheckRecord, Deregister, NodeRecord, Register, ServiceRecord
from lictor_messages.kv import DeleteKey, PutKey
from lictor_messages.sessions import CreateSession, DestroySession, SessionRecord
from lictor_messages.txn import (
    CheckOperation,
    KeyOperation,
    NodeOperation,
    Operation,
    ServiceOperation,
    SessionOperation,
    Transact,
)

KEY_VERBS = tuple(verb for field, verb in FAMILIES.verbs.performs if field == "kv" and verb)
SECOND = 1_000_000_000
KEYS = ("a", "a/b", "a/b/c", "b")
NODES = ("n1", "N2", "n3")
IDS = ("", "8e3f0000-0000-0000-0000-000000000001", "8e3f0000-0000-0000-0000-000000000002")
SESSIONS = tuple(f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))

key, name, session = st.sampled_from(KEYS), st.sampled_from(NODES), st.sampled_from(("", *SESSIONS))
index = st.integers(0, 25)
value = st.sampled_from((b"", b"1"))
nodes = st.builds(NodeRecord, node=name, address=st.just("10.0.0.1"), id=st.sampled_from(IDS), modify_index=index)
services = st.builds(
    ServiceRecord,
    node=name,
    id=st.sampled_from(("w1", "W2")),
    service=st.sampled_from(("web", "db")),
    modify_index=index,
)
checks = st.builds(
    CheckRecord,
    node=name,
    check_id=st.sampled_from(("serfHealth", "c")),
    name=st.just(""),
    status=st.sampled_from(("passing", "critical")),
    service_id=st.sampled_from(("", "w1")),
    modify_index=index,
)
catalog_verbs = st.sampled_from(("get", "set", "cas", "delete", "delete-cas", "odd"))
key_verbs = st.sampled_from(KEY_VERBS)
key_operations = st.builds(KeyOperation, verb=key_verbs, key=key, value=value, index=index, session=session)
operations = st.one_of(
    st.builds(Operation, kv=key_operations),
    st.builds(Operation, kv=key_operations),
    st.builds(Operation, node=st.builds(NodeOperation, verb=catalog_verbs, node=nodes)),
    st.builds(Operation, service=st.builds(ServiceOperation, verb=catalog_verbs, service=services)),
    st.builds(Operation, check=st.builds(CheckOperation, verb=catalog_verbs, check=checks)),
    st.builds(Operation, session=st.builds(SessionOperation, verb=st.just("delete"), id=session)),
)
commands = st.one_of(
    st.builds(Transact, operations=st.lists(operations, min_size=1, max_size=5).map(tuple)),
    st.builds(Transact, operations=st.lists(operations, min_size=1, max_size=5).map(tuple)),
    st.builds(PutKey, key=key, value=value, acquire=st.one_of(st.none(), session)),
    st.builds(DeleteKey, key=key, recurse=st.booleans()),
    st.builds(Register, node=nodes, service=st.one_of(st.none(), services)),
    st.builds(Register, node=nodes, checks=st.tuples(checks)),
    st.builds(Deregister, node=name),
    st.builds(
        CreateSession,
        session=st.builds(
            SessionRecord,
            id=st.sampled_from(SESSIONS),
            node=name,
            node_checks=st.sampled_from(((), ("serfHealth",))),
            behavior=st.sampled_from(("release", "delete")),
            lock_delay_ns=st.sampled_from((0, 5 * SECOND)),
        ),
    ),
    st.builds(DestroySession, id=st.sampled_from(SESSIONS)),
)


def copied(store):
    slices, place = [], START
    while place is not None:
        data, place = encode(freeze(store), place, 1 << 20)
        slices.append(data)
    return thaw(slices)


@given(st.lists(commands, max_size=15))
def test_a_transaction_is_all_or_nothing(log):
    store = Store()
    begin = (Register(node=NodeRecord(node=node, address="10.0.0.1")) for node in NODES)
    for at, command in enumerate((*begin, *log), start=1):
        twin = copied(store)
        outcome = store.apply(at, at * SECOND, command)
        store.check()
        if not isinstance(command, Transact):
            continue
        before = twin.digest()
        twin.clock.now = at * SECOND
        expected = perform(twin, command.operations, at)
        assert outcome == expected
        assert store.digest() == (before if expected.failures else twin.digest())
