"""The judge of locks finds what is wrong, and nothing else."""

from __future__ import annotations

import pytest

from lictor_actors.judges.sessions import LockBroken, SessionJudge
from lictor_actors.store.store import Store
from lictor_messages.catalog import NodeRecord, Register
from lictor_messages.kv import DeleteKey, PutKey
from lictor_messages.sessions import CreateSession, DestroySession, SessionRecord

A, B = (f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2))


@pytest.fixture
def judge():
    return SessionJudge()


def applied(*commands):
    store = Store()
    begin = [Register(node=NodeRecord(node="n", address="10.0.0.1"))]
    for session in (A, B):
        begin.append(CreateSession(session=SessionRecord(id=session, node="n", node_checks=(), lock_delay_ns=0)))
    for index, command in enumerate([*begin, *commands], start=1):
        store.apply(index, index, command)
    return store


def test_the_same_acquisition_on_many_servers_is_fine(judge):
    for server in ("s1", "s2"):
        judge.saw(server, applied(PutKey(key="k", acquire=A)))
    assert list(judge.fences.values()) == [A]


def test_one_after_the_other_is_fine(judge):
    acquire, release = PutKey(key="k", acquire=A), PutKey(key="k", release=A)
    judge.saw("s1", applied(acquire))
    judge.saw("s1", applied(acquire, release, PutKey(key="k", acquire=B)))
    judge.saw("s2", applied(acquire, DestroySession(id=A), PutKey(key="k", acquire=B)))
    judge.saw("s3", applied(acquire, DeleteKey(key="k"), PutKey(key="k", acquire=B)))
    assert sorted(judge.fences.values()) == [A, B, B]


def test_two_sessions_under_one_fence_are_found(judge):
    judge.saw("s1", applied(PutKey(key="k", acquire=A)))
    with pytest.raises(LockBroken, match="under fence"):
        judge.saw("s2", applied(PutKey(key="k", acquire=B)))


def test_a_server_is_looked_at_again_only_after_it_applied_something(judge):
    judge.saw("s1", applied(PutKey(key="k", acquire=A)))
    judge.saw("s1", applied(PutKey(key="k", acquire=B)))
    with pytest.raises(LockBroken):
        judge.saw("s1", applied(PutKey(key="k", acquire=B), PutKey(key="x")))


def test_a_session_that_ends_on_every_server_at_its_own_pace_is_fine(judge):
    end, more = DestroySession(id=A), PutKey(key="x")
    for server in ("s1", "s2"):
        judge.saw(server, applied(more))
    judge.saw("s1", applied(more, end))
    judge.saw("s1", applied(more, end, more))
    judge.saw("s2", applied(more, end, more))
    assert judge.ended == {A: 5}


def test_a_server_that_reads_its_log_again_is_fine(judge):
    begin = Store()
    begin.apply(1, 1, Register(node=NodeRecord(node="n", address="10.0.0.1")))
    for store in (applied(), begin, applied(), applied(DestroySession(id=A)), applied()):
        judge.saw("s1", store)
    assert judge.ended == {A: 4}


@pytest.mark.parametrize("servers", [("s1", "s2"), ("s2", "s1")])
def test_a_session_that_ends_on_one_server_only_is_found(judge, servers):
    end, more = DestroySession(id=A), PutKey(key="x")
    stores = {"s1": applied(end, more), "s2": applied(more, more)}
    for server in stores:
        judge.saw(server, applied())
    first, second = servers
    judge.saw(first, stores[first])
    with pytest.raises(LockBroken, match=f"session {A} had ended by entry 5"):
        judge.saw(second, stores[second])


def test_a_session_that_comes_back_is_found(judge):
    judge.saw("s1", applied())
    judge.saw("s1", applied(DestroySession(id=A)))
    again = CreateSession(session=SessionRecord(id=A, node="n", node_checks=(), lock_delay_ns=0))
    with pytest.raises(LockBroken):
        judge.saw("s1", applied(DestroySession(id=A), again))


def test_two_who_trust_the_same_lock_are_found(judge):
    judge.told("k", A, 10, 20)
    judge.told("other", B, 15, 30)
    judge.told("k", B, 20, 30)
    with pytest.raises(LockBroken, match="promised twice"):
        judge.told("k", A, 29, 40)


def test_a_renewal_that_reaches_into_anothers_time_is_found(judge):
    mine = judge.told("k", A, 10, 20)
    judge.told("k", B, 25, 30)
    judge.renewed(mine, 25)
    with pytest.raises(LockBroken):
        judge.renewed(mine, 26)


def test_who_gives_up_makes_room(judge):
    mine = judge.told("k", A, 10, 20)
    judge.gives_up(mine, 12)
    judge.told("k", B, 12, 30)


def test_an_acquisition_within_the_lock_delay_is_found(judge):
    judge.lost("k", A, 100, 15)
    judge.told("k", B, 115, 200)
    judge.lost("k", B, 300, 15)
    with pytest.raises(LockBroken, match="after"):
        judge.told("k", A, 314, 400)
