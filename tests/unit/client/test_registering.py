"""A service that is registered for as long as its process works, in virtual time."""

from __future__ import annotations

import pytest

import lictor
from lictor_deploy.sim.client import SimClient
from lictor_deploy.sim.cluster import SimCluster

TTL_S = 3.0


@pytest.fixture(scope="module")
def cluster() -> SimCluster:
    cluster = SimCluster(1, 0, seed=3)
    cluster.wait_for_leader()
    return cluster


@pytest.fixture
def client(cluster: SimCluster) -> SimClient:
    return cluster.client()


def statuses(client: SimClient) -> list[str]:
    return [check.status for check in client.agent.checks()]


def test_a_service_passes_inside_and_is_gone_outside(client: SimClient) -> None:
    with client.register("web", ttl="3s", id="web-1", port=80, tags=["v1"], meta={"zone": "a"}) as web:
        (service,) = client.agent.services()
        assert (service.id, service.service, service.port, service.tags) == ("web-1", "web", 80, ("v1",))
        assert service.meta == {"zone": "a"}
        assert web.id == "web-1"
        assert statuses(client) == ["passing"]
    assert client.agent.services() == client.agent.checks() == ()


def test_it_is_critical_while_its_thread_stalls_and_passes_when_it_works_again(
    cluster: SimCluster, client: SimClient
) -> None:
    with client.register("web", ttl=TTL_S) as web:
        for _ in range(5):
            cluster.run(TTL_S * 0.8)
            assert statuses(client) == ["passing"]
            web.beat()
        cluster.run(2 * TTL_S + 0.1)
        assert statuses(client) == ["critical"]
        web.beat()
        cluster.run(TTL_S / 3 + 0.1)
        assert statuses(client) == ["passing"]


def test_the_event_loop_beats_for_a_program_that_awaits(cluster: SimCluster, client: SimClient) -> None:
    awaited = client.asynchronous

    async def work() -> None:
        async with awaited.register("web", ttl=TTL_S) as web:
            seen = awaited.watch(awaited.kv.get, "done")
            while await anext(seen) is None:
                assert not web.stalled

    working = client._loop.create_task(work())
    cluster.run(5 * TTL_S)
    assert statuses(client) == ["passing"]
    client.kv.put("done")
    cluster.eventually(working.done)
    working.result()
    assert client.agent.services() == ()


def test_an_agent_that_has_forgotten_the_service_is_told_again(cluster: SimCluster, client: SimClient) -> None:
    with client.register("web", ttl=TTL_S, port=80) as web:
        client.agent.deregister_service("web")
        cluster.run(TTL_S / 3 + 0.1)
        assert [service.port for service in client.agent.services()] == [80]
        assert statuses(client) == ["passing"]
        assert web.error is None


def test_a_heartbeat_that_fails_says_why(cluster: SimCluster, client: SimClient) -> None:
    with client.register("web", ttl=TTL_S) as web:
        cluster.crash("server-1")
        cluster.run(TTL_S)
        assert isinstance(web.error, lictor.LictorError)
        cluster.restart("server-1")
        cluster.wait_for_leader()
        web.beat()
        cluster.run(TTL_S)
        assert web.error is None
        assert statuses(client) == ["passing"]


def test_it_is_deregistered_when_the_block_fails_too(client: SimClient) -> None:
    with pytest.raises(ZeroDivisionError), client.register("web"):
        raise ZeroDivisionError
    assert client.agent.services() == ()


def test_that_it_is_gone_already_is_no_error(client: SimClient) -> None:
    with client.register("web"):
        client.agent.deregister_service("web")
    assert client.agent.services() == ()


def test_a_service_without_a_ttl_could_not_be_seen_to_hang(client: SimClient) -> None:
    with pytest.raises(lictor.InvalidArgument, match="ttl is 0"):
        client.register("web", ttl=0)
