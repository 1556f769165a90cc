"""Who is woken by what happens to sessions and to the keys they held."""

from __future__ import annotations

import pytest

from lictor_actors.store.watches import Watches
from lictor_messages.kv import GetKey, ListKeys
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    SessionRecord,
)

A, B = (f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2))


@pytest.fixture
def two(log):
    """Session A on n1 holds k; session B on n2 holds nothing."""
    for node, session in (("n1", A), ("n2", B)):
        log.node(node)
        log.check(node, "serfHealth")
        log.ok(CreateSession(session=SessionRecord(id=session, node=node)))
    log.put("k", acquire=A)
    log.store.take_touched()
    return log


def woken_by(log, query, happens):
    watches = Watches()
    watches.park(query.model_copy(update={"min_index": log.at(query)}), "me")
    happens(log)
    return bool(watches.wake(log.store))


@pytest.mark.parametrize(
    "query",
    [GetKey(key="k"), ListKeys(prefix=""), GetSession(id=A), ListNodeSessions(node="N1"), ListSessions()],
)
def test_a_dead_session_wakes_everybody_whom_it_concerns(two, query):
    assert woken_by(two, query, lambda log: log.check("n1", "serfHealth", "critical"))


@pytest.mark.parametrize("query", [GetKey(key="k"), GetSession(id=A), ListNodeSessions(node="n1")])
def test_and_nobody_else(two, query):
    assert not woken_by(two, query, lambda log: log.ok(DestroySession(id=B)))


def test_lock_and_unlock_wake_the_watchers_of_the_key_but_not_of_the_session(two):
    assert woken_by(two, GetKey(key="k"), lambda log: log.put("k", release=A))
    assert woken_by(two, GetKey(key="k"), lambda log: log.put("k", acquire=B))
    assert not woken_by(two, ListSessions(), lambda log: log.put("k", release=B))
