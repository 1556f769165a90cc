"""Transactions: every verb, Consul's words for what fails, and nothing written when anything does."""

from __future__ import annotations

import pytest

from lictor_messages.catalog import CheckRecord, ListNodes, ListServiceHealth, NodeRecord, ServiceRecord
from lictor_messages.kv import GetKey, ListKeys
from lictor_messages.sessions import CreateSession, DestroySession, ListSessions, SessionRecord
from lictor_messages.txn import (
    CheckOperation,
    KeyOperation,
    NodeOperation,
    Operation,
    ReadTransaction,
    ServiceOperation,
    SessionOperation,
    Transact,
)

A, B = (f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2))
NODE = NodeRecord(node="n1", address="10.0.0.1")


def kv(verb, key="k", **fields):
    return Operation(kv=KeyOperation(verb=verb, key=key, **fields))


def node(verb, **fields):
    return Operation(node=NodeOperation(verb=verb, node=NODE.model_copy(update=fields)))


def service(verb, **fields):
    record = ServiceRecord(**{"node": "n1", "id": "web", "service": "web", **fields})
    return Operation(service=ServiceOperation(verb=verb, service=record))


def check(verb, **fields):
    record = CheckRecord(**{"node": "n1", "check_id": "c", "name": "c", "status": "passing", **fields})
    return Operation(check=CheckOperation(verb=verb, check=record))


def do(log, *operations):
    return log.apply(Transact(operations=operations))


def values(log, prefix=""):
    return {e.key: e.value for e in log.ask(ListKeys(prefix=prefix)).entries}


def index_of(log, key="k"):
    return log.ask(GetKey(key=key)).entries[0].modify_index


@pytest.fixture
def ready(log):
    log.node("n1")
    log.check("n1", "serfHealth")
    for session in (A, B):
        log.ok(CreateSession(session=SessionRecord(id=session, node="n1")))
    log.put("k", b"old", flags=3)
    return log


# -- keys


def test_operations_happen_in_order_at_one_index_and_see_each_other(ready):
    outcome = do(
        ready,
        kv("set", "a", value=b"1", flags=5),
        kv("get", "a"),
        kv("delete", "k"),
        kv("check-not-exists", "k"),
        kv("set", "b/1", value=b"2"),
        kv("get-tree", "b/"),
        kv("check-index", "a", index=ready.index + 1),
        kv("cas", "a", value=b"3", index=ready.index + 1),
        kv("get-or-empty", "none"),
    )
    assert outcome.failures == ()
    found = [(r.kv.key, r.kv.value) for r in outcome.results]
    assert found == [("a", b""), ("a", b"1"), ("b/1", b""), ("b/1", b"2"), ("a", b""), ("a", b""), ("none", b"")]
    assert values(ready) == {"a": b"3", "b/1": b"2"}
    assert {e.modify_index for e in ready.ask(ListKeys(prefix="")).entries} == {ready.index}


def test_lock_check_session_and_unlock(ready):
    outcome = do(ready, kv("lock", value=b"mine", session=A), kv("check-session", session=A))
    assert [(r.kv.session, r.kv.lock_index) for r in outcome.results] == [(A, 1), (A, 1)]
    assert do(ready, kv("unlock", value=b"done", session=A)).failures == ()
    entry = ready.ask(GetKey(key="k")).entries[0]
    assert (entry.session, entry.value, entry.lock_index) == ("", b"done", 1)


def test_delete_cas_and_delete_tree(ready):
    ready.put("t/1")
    ready.put("t/2")
    assert (
        do(
            ready, kv("delete-tree", "t/"), kv("delete-cas", index=index_of(ready)), kv("delete-cas", "none", index=7)
        ).results
        == ()
    )
    assert values(ready) == {}


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (kv("get", "t"), 'key "t" doesn\'t exist'),
        (kv("cas", index=1), 'failed to set key "k", index is stale'),
        (kv("cas", index=0), 'failed to set key "k", index is stale'),
        (kv("delete-cas", index=1), 'failed to delete key "k", index is stale'),
        (kv("check-not-exists"), 'key "k" exists'),
        (kv("check-index", index=1), 'failed index check for key "k", current modify index {index} != 1'),
        (kv("check-index", "t", index=1), 'failed to check index, key "t" doesn\'t exist'),
        (kv("check-session", session=A), f'failed session check for key "k", current session "" != "{A}"'),
        (kv("check-session", "t", session=A), 'failed to check session, key "t" doesn\'t exist'),
        (kv("lock"), "missing session"),
        (kv("lock", session=A[:-1] + "9"), f'invalid session "{A[:-1]}9"'),
        (kv("unlock"), "missing session"),
        (kv("unlock", session=A), 'failed to unlock key "k", lock isn\'t held, or is held by another session'),
        (kv("explode"), 'unknown KV verb "explode"'),
        (node("get", node="x"), 'node "x" doesn\'t exist'),
        (node("cas", modify_index=1), 'failed to set node "n1", index is stale'),
        (node("cas"), 'failed to set node "n1", index is stale'),
        (node("delete-cas", modify_index=1), 'failed to delete node "n1", index is stale'),
        (node("set", node=""), "Must provide node"),
        (node("set", id="x"), "Bad node ID: uuid string is wrong length"),
        (node("explode"), 'unknown Node verb "explode"'),
        (service("get"), 'service "web" on node "n1" doesn\'t exist'),
        (service("cas", modify_index=1), 'failed to set service "web" on node "n1", index is stale'),
        (service("delete-cas", modify_index=1), 'failed to delete service "web" on node "n1", index is stale'),
        (service("set", node="x"), "Missing node registration"),
        (service("set", service="", id="w"), "Must provide service name with ID"),
        (service("explode"), 'unknown Service verb "explode"'),
        (check("get"), 'check "c" on node "n1" doesn\'t exist'),
        (check("cas", modify_index=1), 'failed to set check "c" on node "n1", index is stale'),
        (check("delete-cas", modify_index=1), 'failed to delete check "c" on node "n1", index is stale'),
        (check("set", node="x"), "Missing node registration"),
        (check("set", service_id="x"), "Missing service registration"),
        (check("explode"), 'unknown Check verb "explode"'),
        (Operation(session=SessionOperation(verb="explode", id=A)), 'unknown Session verb "explode"'),
        (kv("", ""), 'unknown KV verb ""'),
        (node("", node=""), "Must provide node"),
        (service("", node="", id="", service=""), 'unknown Service verb ""'),
        (check("", node="", check_id="", name=""), 'unknown Check verb ""'),
        (Operation(), "an operation must be one of KV, Node, Service, Check and Session"),
    ],
)  # fmt: skip
def test_what_fails_says_so_in_consuls_words_and_nothing_is_written(ready, operation, words):
    words = words.format(index=index_of(ready))
    before = ready.store.digest()
    outcome = do(ready, kv("set", "other", value=b"x"), operation)
    assert outcome.results == ()
    assert [(f.op_index, f.what) for f in outcome.failures] == [(1, words)]
    assert ready.store.digest() == before


def test_what_has_no_name_is_not_written(ready):
    before = values(ready)
    for verb in ("set", "cas", "delete", "get", "get-tree", "get-or-empty"):
        assert [f.what for f in do(ready, kv("set", "other"), kv(verb, "")).failures] == ["Must provide key"]
    nameless = do(ready, service("set", id="", service=""))
    assert [f.what for f in nameless.failures] == ["Must provide service name with ID"]
    assert values(ready) == before
    assert not do(ready, kv("delete-tree", "")).failures
    assert values(ready) == {}


def test_all_failures_are_told(ready):
    outcome = do(ready, kv("get", "x"), kv("set", "y"), kv("get", "z"), kv("get", "y"))
    assert [f.op_index for f in outcome.failures] == [0, 2]


def test_a_lock_that_is_held_or_was_just_lost_fails(ready):
    ready.put("k", acquire=A)
    (failure,) = do(ready, kv("lock", session=B)).failures
    assert failure.what == 'failed to lock key "k", lock is already held'
    ready.ok(DestroySession(id=A))
    before = ready.store.digest()
    (failure,) = do(ready, kv("set", "other"), kv("lock", session=B)).failures
    assert failure.what == 'failed to lock key "k" due to lock delay'
    assert ready.store.digest() == before


# -- nodes, services, checks, sessions


def test_catalog_rows_are_set_got_and_deleted(ready):
    outcome = do(
        ready,
        node("set", node="n2", address="10.0.0.2"),
        service("set", node="n2", port=80),
        check("set", node="n2", service_id="web", status="warning"),
        node("get", node="n2"),
        service("get", node="N2"),
        check("get", node="n2"),
    )
    assert outcome.failures == ()
    rows = [r.node or r.service or r.check for r in outcome.results]
    assert rows[:3] == rows[3:]
    assert {row.modify_index for row in rows} == {ready.index}
    assert rows[2].service_name == "web"
    assert len(ready.ask(ListServiceHealth(service="web")).instances) == 1
    assert do(ready, check("delete", node="n2"), service("delete", node="n2"), node("delete", node="n2")).results == ()
    assert [n.node for n in ready.ask(ListNodes()).nodes] == ["n1"]
    assert do(ready, check("delete", node="n2"), service("delete", node="n2"), node("delete", node="n2")).failures == ()


def test_catalog_rows_compare_and_set(ready):
    (row,) = do(ready, service("cas")).results
    assert do(ready, service("cas", port=1)).failures
    (row,) = do(ready, service("cas", port=2, modify_index=row.service.modify_index)).results
    assert row.service.port == 2
    assert do(ready, service("delete-cas", modify_index=row.service.modify_index)).failures == ()
    assert ready.ask(ListServiceHealth(service="web")).instances == ()


def test_a_node_is_found_by_its_id_and_deleted_with_everything_on_it(ready):
    node_id = "8e3f0000-0000-0000-0000-000000000001"
    ready.node("n5", id=node_id)
    outcome = do(ready, node("get", node="", id=node_id), node("delete", node="", id=node_id))
    assert outcome.results[0].node.node == "n5"
    assert [n.node for n in ready.ask(ListNodes()).nodes] == ["n1"]


def test_a_session_that_ends_inside_a_transaction_lets_go_of_its_keys_before_the_next_operation(ready):
    ready.put("k", b"v", acquire=A)
    end = Operation(session=SessionOperation(verb="delete", id=A))
    failed = do(ready, end, kv("check-session", session=A))
    assert [f.op_index for f in failed.failures] == [1]
    assert len(ready.ask(ListSessions()).sessions) == 2
    assert do(ready, end, kv("check-session", session="")).failures == ()
    assert [s.id for s in ready.ask(ListSessions()).sessions] == [B]


def test_a_check_that_turns_critical_ends_sessions_in_the_same_transaction(ready):
    ready.put("k", b"v", acquire=A)
    outcome = do(ready, check("set", check_id="serfHealth", status="critical"), kv("lock", session=B))
    assert outcome.failures[0].what == 'failed to lock key "k" due to lock delay'
    assert len(ready.ask(ListSessions()).sessions) == 2


# -- reads


def test_a_transaction_that_only_reads_changes_nothing(ready):
    before = ready.store.digest()
    outcome = ready.ask(ReadTransaction(operations=(kv("get"), node("get"), kv("check-not-exists", "x"))))
    assert [r.kv.value if r.kv else r.node.node for r in outcome.results] == [b"old", "n1"]
    assert outcome.index == ready.index
    assert ready.store.digest() == before


def test_a_read_of_an_empty_store_reports_no_index_zero(log):
    assert log.ask(ReadTransaction(operations=(kv("get-tree", ""),))).index == 1


@pytest.mark.parametrize(
    "write",
    [
        kv("set", value=b"x"),
        kv("lock", session=A),
        node("set", address="10.0.0.9"),
        node("delete"),
        service("set"),
        check("set"),
        Operation(session=SessionOperation(verb="delete", id=A)),
    ],
)
def test_a_read_that_would_write_is_refused(ready, write):
    """It would be done on the one server that was asked, and on no other."""
    before = ready.store.digest()
    outcome = ready.ask(ReadTransaction(operations=(kv("get"), write)))
    assert [f.op_index for f in outcome.failures] == [1]
    assert ready.store.digest() == before
