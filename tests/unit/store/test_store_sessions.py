"""Sessions in the store: how they begin, everything that ends them, and what happens to their keys."""

from __future__ import annotations

import pytest

from lictor_actors.store.snapshot.freeze import START, encode, freeze, thaw
from lictor_messages.answers import Written
from lictor_messages.catalog import Deregister
from lictor_messages.kv import GetKey, ListKeys, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    SessionRecord,
)

SECOND = 1_000_000_000
A, B, C = (f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


@pytest.fixture
def ready(log):
    """A node with a passing serfHealth and a passing service check."""
    log.node("n1")
    log.check("n1", "serfHealth")
    log.service("n1", "web")
    log.check("n1", "web-up", service_id="web")
    return log


def create(log, session_id=A, **fields):
    return log.apply(
        CreateSession(session=SessionRecord(**{"id": session_id, "node": "n1", "lock_delay_ns": 0, **fields}))
    )


def alive(log, session_id=A):
    return bool(log.ask(GetSession(id=session_id)).sessions)


def entry(log, key="k"):
    return (log.ask(GetKey(key=key)).entries or (None,))[0]


def at(log, ns, command):
    log.index += 1
    return log.store.apply(log.index, ns, command)


# -- how they begin


def test_a_session_is_kept_as_it_was_given_with_its_index(ready):
    create(ready, name="lock", ttl="10s", behavior="delete", service_checks=("web-up",))
    (session,) = ready.ask(GetSession(id=A)).sessions
    assert (session.name, session.ttl, session.behavior) == ("lock", "10s", "delete")
    assert session.node_checks == ("serfHealth",)
    assert (session.create_index, session.modify_index) == (ready.index, ready.index)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"node": "n2"}, "Missing node registration"),
        ({"node": ""}, "Must provide Node"),
        ({"id": "short"}, "Must provide ID"),
        ({"node_checks": ("none",)}, "Missing check 'none' registration"),
        ({"service_checks": ("none",)}, "Missing check 'none' registration"),
        ({"behavior": "explode"}, "Invalid Behavior setting 'explode'"),
        ({"ttl": "x"}, "Session TTL 'x' invalid: time: invalid duration \"x\""),
        ({"ttl": "1s"}, "Invalid Session TTL '1000000000', must be between [10s=24h0m0s]"),
        ({"ttl": "24h0m1s"}, "Invalid Session TTL '86401000000000', must be between [10s=24h0m0s]"),
        ({"ttl": "-10s"}, "Invalid Session TTL '-10000000000', must be between [10s=24h0m0s]"),
    ],
)
def test_what_cannot_be_a_session_is_refused_in_consuls_words(ready, fields, words):
    index = ready.at(ListSessions())
    outcome = create(ready, **fields)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.words) == ("Invalid", words)
    assert ready.at(ListSessions()) == index


@pytest.mark.parametrize("ttl", ["", "0", "0s", "10s", "24h", "86400s"])
def test_ttls_within_bounds_and_none_are_taken(ready, ttl):
    assert isinstance(create(ready, ttl=ttl), Written)


def test_the_shortest_ttl_is_what_the_servers_say_also_after_a_snapshot(ready):
    ready.store.sessions.ttl_min_ns = SECOND
    assert isinstance(create(ready, ttl="1s"), Written)
    assert create(ready, B, ttl="999ms").words == "Invalid Session TTL '999000000', must be between [1s=24h0m0s]"
    data, _ = encode(freeze(ready.store), START, 1 << 20)
    ready.store.become(thaw([data]))
    assert isinstance(create(ready, B, ttl="1s"), Written)


def test_a_critical_check_lets_no_session_begin(ready):
    ready.check("n1", "web-up", "critical", service_id="web")
    outcome = create(ready, service_checks=("web-up",))
    assert outcome.words == "Check 'web-up' is in critical state"
    assert isinstance(create(ready, A), Written)


def test_a_warning_lets_a_session_begin_and_live(ready):
    ready.check("n1", "serfHealth", "warning")
    create(ready)
    ready.check("n1", "serfHealth", "warning", output="still")
    assert alive(ready)


def test_the_same_id_twice_is_refused(ready):
    create(ready)
    assert isinstance(create(ready), Refused)


# -- what ends them


@pytest.mark.parametrize(
    "end",
    [
        lambda log: log.ok(DestroySession(id=A)),
        lambda log: log.check("n1", "serfHealth", "critical"),
        lambda log: log.check("N1", "WEB-UP", "critical", service_id="web"),
        lambda log: log.deregister("n1", check_id="web-up"),
        lambda log: log.deregister("n1", service_id="web"),
        lambda log: log.deregister("N1"),
    ],
    ids=["destroyed", "node check critical", "service check critical", "check gone", "service gone", "node gone"],
)
def test_everything_that_ends_a_session_releases_its_keys_at_that_index(ready, end):
    create(ready, service_checks=("web-up",))
    assert ready.put("k", b"v", acquire=A)
    before = entry(ready)
    end(ready)
    assert not alive(ready)
    after = entry(ready)
    assert (after.session, after.value, after.lock_index) == ("", b"v", before.lock_index)
    assert after.modify_index == ready.index == ready.at(ListSessions())


def test_what_does_not_concern_a_session_leaves_it_alone(ready):
    ready.node("n2")
    ready.check("n2", "serfHealth")
    create(ready)
    ready.check("n2", "serfHealth", "critical")
    ready.check("n1", "web-up", "critical", service_id="web")
    ready.deregister("n2")
    assert alive(ready)


def test_a_session_without_checks_ends_only_with_its_node(ready):
    create(ready, node_checks=())
    ready.check("n1", "serfHealth", "critical")
    assert alive(ready)
    ready.deregister("n1")
    assert not alive(ready)


def test_behaviour_delete_deletes_the_keys_and_leaves_tombstones(ready):
    create(ready, behavior="delete")
    ready.put("d/1", acquire=A)
    ready.put("d/2", acquire=A)
    ready.put("d/3")
    ready.ok(DestroySession(id=A))
    listed = ready.ask(ListKeys(prefix="d/"))
    assert [e.key for e in listed.entries] == ["d/3"]
    assert listed.index == ready.index


def test_destroying_an_unknown_session_is_fine_and_moves_no_index(ready):
    index = ready.at(ListSessions())
    assert ready.ok(DestroySession(id=A))
    assert ready.at(ListSessions()) == index


def test_a_renamed_node_takes_its_sessions_with_it(ready):
    node_id = "8e3f0000-0000-0000-0000-000000000001"
    ready.node("n3", id=node_id)
    create(ready, node="n3", node_checks=())
    ready.node("n4", id=node_id)
    assert not alive(ready)


# -- locks


def test_acquire_counts_acquisitions_not_repetitions(ready):
    create(ready)
    assert ready.put("k", b"1", acquire=A)
    assert (entry(ready).session, entry(ready).lock_index) == (A, 1)
    assert ready.put("k", b"2", acquire=A)
    assert (entry(ready).value, entry(ready).lock_index) == (b"2", 1)
    assert ready.put("k", b"2", release=A)
    assert (entry(ready).session, entry(ready).lock_index) == ("", 1)
    assert ready.put("k", b"3", acquire=A)
    assert entry(ready).lock_index == 2


def test_acquire_again_with_the_same_value_moves_no_index(ready):
    create(ready)
    ready.put("k", b"1", acquire=A)
    index = entry(ready).modify_index
    assert ready.put("k", b"1", acquire=A)
    assert entry(ready).modify_index == index


def test_nobody_else_gets_a_lock_that_is_held(ready):
    create(ready, A)
    create(ready, B)
    ready.put("k", b"a", acquire=A)
    assert not ready.put("k", b"b", acquire=B)
    assert not ready.put("k", b"b", release=B)
    assert (entry(ready).session, entry(ready).value) == (A, b"a")


def test_a_plain_put_keeps_the_lock_and_its_count(ready):
    create(ready)
    ready.put("k", b"a", acquire=A)
    assert ready.put("k", b"b")
    assert (entry(ready).session, entry(ready).value, entry(ready).lock_index) == (A, b"b", 1)


def test_a_deleted_key_is_no_longer_held(ready):
    create(ready)
    ready.put("k", acquire=A)
    ready.delete("k")
    ready.ok(DestroySession(id=A))
    assert entry(ready) is None
    assert not ready.put("k", release=A)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"acquire": B}, f'invalid session "{B}"'),
        ({"acquire": "me"}, "failed session lookup: index error: UUID must be 36 characters"),
        ({"acquire": ""}, "missing session"),
        ({"release": ""}, "missing session"),
    ],
)
def test_a_lock_without_a_session_is_refused_in_consuls_words(ready, fields, words):
    outcome = ready.apply(PutKey(key="k", **fields))
    assert isinstance(outcome, Refused)
    assert (outcome.row.status, outcome.words) == (500, words)
    assert entry(ready) is None


def test_release_by_a_session_that_does_not_exist_is_false(ready):
    assert not ready.put("k", release=B)


# -- lock-delay


def lost(log, delay_ns, **fields):
    """Session A loses the key ``k`` in an entry that is stamped 1,000 s."""
    create(log, A, lock_delay_ns=delay_ns, **fields)
    create(log, B)
    log.put("k", b"a", acquire=A)
    at(log, 1_000 * SECOND, DestroySession(id=A))


@pytest.mark.parametrize("behavior", ["release", "delete"])
def test_a_lost_key_is_shunned_for_the_lock_delay_of_log_time(ready, behavior):
    lost(ready, 15 * SECOND, behavior=behavior)
    acquire = PutKey(key="k", value=b"b", acquire=B)
    assert not at(ready, 1_000 * SECOND, acquire).ok
    assert not at(ready, 1_015 * SECOND - 1, acquire).ok
    assert at(ready, 1_015 * SECOND, acquire).ok


def test_other_keys_and_plain_writes_know_no_lock_delay(ready):
    lost(ready, 15 * SECOND)
    assert at(ready, 1_001 * SECOND, PutKey(key="other", acquire=B)).ok
    assert at(ready, 1_001 * SECOND, PutKey(key="k", value=b"plain")).ok


def test_a_key_given_back_has_no_lock_delay(ready):
    create(ready, A, lock_delay_ns=15 * SECOND)
    create(ready, B)
    ready.put("k", acquire=A)
    ready.put("k", release=A)
    assert ready.put("k", acquire=B)


def test_no_lock_delay_and_at_most_a_minute_of_it(ready):
    lost(ready, 0)
    assert at(ready, 1_000 * SECOND, PutKey(key="k", acquire=B)).ok
    ready.ok(DestroySession(id=B))
    create(ready, C, lock_delay_ns=3600 * SECOND)
    create(ready, A)
    ready.put("long", acquire=C)
    at(ready, 2_000 * SECOND, DestroySession(id=C))
    assert not at(ready, 2_059 * SECOND, PutKey(key="long", acquire=A)).ok
    assert at(ready, 2_060 * SECOND, PutKey(key="long", acquire=A)).ok


def test_a_log_clock_that_is_set_back_an_hour_does_not_shun_a_key_for_an_hour(ready):
    lost(ready, 15 * SECOND)
    assert at(ready, 100 * SECOND, PutKey(key="k", acquire=B)).ok


def test_another_loss_does_not_end_a_lock_delay(ready):
    lost(ready, 15 * SECOND)
    create(ready, C, lock_delay_ns=SECOND)
    ready.put("z", acquire=C)
    at(ready, 1_005 * SECOND, DestroySession(id=C))
    assert not at(ready, 1_014 * SECOND, PutKey(key="k", acquire=B)).ok


def test_a_lost_key_keeps_its_value_and_flags(ready):
    create(ready)
    ready.put("k", b"v", flags=7, acquire=A)
    ready.ok(DestroySession(id=A))
    assert (entry(ready).value, entry(ready).flags, entry(ready).session) == (b"v", 7, "")
    assert ready.store.sessions.locks.delays == {}, "no lock-delay was asked for"


def test_keys_are_lost_in_one_order_on_every_server_whatever_it_was_restored_from(ready):
    """A server that starts from a snapshot has not seen in which order they were locked."""
    create(ready, A, lock_delay_ns=15 * SECOND)
    for key in ("a", "z"):
        ready.put(key)
    for key in ("z", "a"):
        ready.put(key, acquire=A)
    data, _ = encode(freeze(ready.store), START, 1 << 20)
    restored = thaw([data])
    for store in (ready.store, restored):
        store.apply(ready.index + 1, 1_000 * SECOND, DestroySession(id=A))
    assert list(ready.store.sessions.locks) == list(restored.sessions.locks)
    assert ready.store.digest() == restored.digest()


def test_nobody_gives_back_what_nobody_holds(ready):
    ready.put("k", b"v")
    assert not ready.store.sessions.locks.release("k", b"other", 0, "", ready.index + 1)
    assert entry(ready).value == b"v"


def test_lock_delays_are_forgotten_when_they_are_over(ready):
    lost(ready, 15 * SECOND)
    assert list(ready.store.sessions.locks.delays) == ["k"]
    create(ready, C, lock_delay_ns=SECOND)
    ready.put("z", acquire=C)
    at(ready, 6_000 * SECOND, DestroySession(id=C))
    assert list(ready.store.sessions.locks.delays) == ["z"]


# -- queries


def test_sessions_are_listed_all_and_by_node(ready):
    ready.node("n2")
    create(ready, B)
    create(ready, A)
    create(ready, C, node="N2", node_checks=())
    assert [s.id for s in ready.ask(ListSessions()).sessions] == [A, B, C]
    assert [s.id for s in ready.ask(ListNodeSessions(node="N1")).sessions] == [A, B]
    assert [s.id for s in ready.ask(ListNodeSessions(node="n2")).sessions] == [C]
    assert ready.ask(ListNodeSessions(node="none")).sessions == ()


def test_every_query_on_sessions_reports_the_tables_index(ready):
    create(ready)
    index = ready.index
    ready.put("k", acquire=A)
    for query in (ListSessions(), ListNodeSessions(node="n1"), GetSession(id=A), GetSession(id=B)):
        assert ready.at(query) == index
    ready.apply(Deregister(node="n1"))
    for query in (ListSessions(), ListNodeSessions(node="n1"), GetSession(id=A)):
        assert ready.at(query) == ready.index


def test_a_store_without_sessions_reports_no_index_zero(log):
    assert log.at(ListSessions()) == 1
