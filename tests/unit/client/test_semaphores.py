"""Semaphores and elections of several clients, in virtual time."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import lictor
from lictor_actors.client.scopes import SyncHolding
from lictor_deploy.sim.client import SimClient
from lictor_deploy.sim.cluster import SimCluster

TTL_S = 10.0


@pytest.fixture(scope="module")
def cluster() -> SimCluster:
    cluster = SimCluster(3, 0, seed=5)
    cluster.wait_for_leader()
    return cluster


@pytest.fixture
def clients(cluster: SimCluster) -> list[SimClient]:
    return [cluster.client(f"server-{number}") for number in (1, 2, 3)]


def places(clients: list[SimClient], limit: int = 2, timeout: float = 1.0) -> list[SyncHolding]:
    return [client.semaphore("jobs/pool", limit, ttl=TTL_S, timeout=timeout) for client in clients]


def test_no_more_than_its_limit_hold_a_semaphore(clients: list[SimClient]) -> None:
    one, two, three = places(clients)
    with one, two:
        assert one.fence is not None
        assert two.fence is not None
        assert one.fence.lock_index < two.fence.lock_index
        with pytest.raises(lictor.Timeout, match="a place in the semaphore jobs/pool was not free within"):
            three.acquire()
        one.release()
        with three:
            three.check()
    with pytest.raises(lictor.LockLost):
        three.check()
    assert list(clients[0].kv.keys("jobs/pool/")) == ["jobs/pool/.lock"]


def test_its_list_is_that_of_consuls_clients(clients: list[SimClient]) -> None:
    with clients[0].semaphore("jobs/pool", 2, "me") as place:
        assert place.fence is not None
        entry = clients[1].kv.get("jobs/pool/.lock")
        contender = clients[1].kv.get(f"jobs/pool/{place.fence.session}")
        assert entry is not None
        assert contender is not None
        assert json.loads(entry.value) == {"Limit": 2, "Holders": {place.fence.session: True}}
        assert (contender.value, contender.session) == (b"me", place.fence.session)
        assert entry.flags == contender.flags == 0xE0F69A2BAA414DE0


@pytest.mark.slow
def test_a_place_is_kept_beyond_its_ttl(cluster: SimCluster, clients: list[SimClient]) -> None:
    one, two, _ = places(clients, limit=1)
    with one:
        cluster.run(3 * TTL_S)
        one.check()
        with pytest.raises(lictor.Timeout):
            two.acquire()


def lose_session(client: SimClient, session: str) -> None:
    client.session.destroy(session)


def lose_contender(client: SimClient, session: str) -> None:
    client.kv.delete(f"jobs/pool/{session}")


def lose_list(client: SimClient, _: str) -> None:
    client.kv.delete("jobs/pool/.lock")


@pytest.mark.parametrize("lose", [lose_session, lose_contender, lose_list])
def test_a_place_that_is_lost_is_told_and_taken_by_the_next(
    cluster: SimCluster, clients: list[SimClient], lose: Callable[[SimClient, str], None]
) -> None:
    one, two, _ = places(clients, limit=1, timeout=60.0)
    with one:
        assert one.fence is not None
        lose(clients[2], one.fence.session)
        cluster.run(1.0)
        with pytest.raises(lictor.LockLost, match="a place in the semaphore jobs/pool is not held any more"):
            one.check()
        with two:
            two.check()


def test_a_holder_that_vanishes_is_followed_within_two_ttls(cluster: SimCluster, clients: list[SimClient]) -> None:
    one, two, _ = places(clients, limit=1, timeout=2 * TTL_S + 1)
    one.acquire()
    clients[0].close()
    with two:
        assert not one.held


@pytest.mark.parametrize("limit", [0, -1, "2"])
def test_a_limit_is_a_positive_number(clients: list[SimClient], limit: int) -> None:
    with pytest.raises(lictor.InvalidArgument, match="limit is"):
        clients[0].semaphore("jobs/pool", limit)


def test_all_contenders_name_one_limit(clients: list[SimClient]) -> None:
    with (
        clients[0].semaphore("jobs/pool", 2),
        pytest.raises(lictor.InvalidArgument, match="limit is 3: the semaphore jobs/pool is held with a limit of 2"),
    ):
        clients[1].semaphore("jobs/pool", 3).acquire()


def test_a_list_that_is_something_else_is_said_to_be(clients: list[SimClient]) -> None:
    clients[0].kv.put("other/.lock", "hello")
    with pytest.raises(lictor.Unexpected, match=r"other/\.lock is not the list of a semaphore"):
        clients[0].semaphore("other", 1).acquire()


def test_one_candidate_leads_and_the_next_follows(cluster: SimCluster, clients: list[SimClient]) -> None:
    with clients[1].election("leader", "two") as two:
        with clients[0].election("leader", "one") as one:
            cluster.eventually(lambda: one.is_leader or two.is_leader)
            first, second = (one, two) if one.is_leader else (two, one)
            assert first.won() == first.fence
            assert second.leader() == first.leader() is not None
            assert not second.is_leader
            with pytest.raises(lictor.LockLost):
                second.check()
        two.won()
        assert two.leader() == b"two"
    assert two.leader() is None


def test_a_leader_is_told_that_it_leads_no_more_and_stands_again(cluster: SimCluster, clients: list[SimClient]) -> None:
    with clients[0].election("leader", "one", lock_delay=0) as one:
        term = one.won()
        clients[1].session.destroy(term.session)
        one.lost()
        with pytest.raises(lictor.LockLost):
            one.check()
        assert one.fence is None
        assert one.won().lock_index > term.lock_index


def test_what_keeps_a_candidate_from_standing_is_raised(clients: list[SimClient]) -> None:
    with (
        clients[0].election("leader", ttl="1s") as one,
        pytest.raises(lictor.BadRequest, match="Invalid Session TTL"),
    ):
        one.won()
