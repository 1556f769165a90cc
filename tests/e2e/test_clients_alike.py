"""One suite for all clients: over the bus, over HTTP, over a Unix socket, and that of a simulated cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from unix_relay import unix_relay

import lictor
from lictor_actors.client.blocking import Blocking
from lictor_deploy.local.handle import NodePlace
from lictor_deploy.sim.cluster import SimCluster
from lictor_messages.catalog import NodeRecord, ServiceRecord

pytestmark = pytest.mark.e2e
API = ServiceRecord(node="far", id="api", service="api", port=81, tags=("v1",))


@pytest.fixture(scope="module")
def cluster() -> Iterator[lictor.Cluster]:
    with lictor.Cluster.local(3, 2) as running:
        yield running


def address(place: NodePlace, way: str, relays: ExitStack) -> str:
    match way:
        case "bus":
            return place.door
        case "unix":
            return relays.enter_context(unix_relay(place.http))
    return f"http://{place.http}"


@pytest.fixture(scope="module", params=["sim", "bus", "http", "unix"])
def clients(request: pytest.FixtureRequest) -> Iterator[tuple[Blocking, Blocking]]:
    """Two clients of one cluster, of different nodes."""
    if request.param == "sim":
        simulated = SimCluster(3, 2, seed=4)
        simulated.wait_whole()
        yield simulated.client("agent-1"), simulated.client("agent-2")
        return
    nodes = request.getfixturevalue("cluster").nodes
    with ExitStack() as stack:
        urls = (address(nodes[name], request.param, stack) for name in ("agent-1", "agent-2"))
        one, other = (stack.enter_context(lictor.Client(url)) for url in urls)
        yield one, other


@pytest.mark.parametrize("way", ["bus", "http", "unix"])
async def test_the_same_is_awaited(cluster: lictor.Cluster, way: str) -> None:
    with ExitStack() as stack:
        async with lictor.connect(address(cluster.nodes["agent-1"], way, stack)) as client:
            seen = client.watch(client.kv.get, "awaited")
            assert await anext(seen) is None
            assert await client.kv.put("awaited", way)
            entry = await anext(seen)
            assert entry is not None
            assert entry.value == way.encode()
            async with client.lock("awaited/lock", ttl="10s") as lock:
                lock.check()
            async with client.semaphore("awaited/pool", 2, ttl="10s") as place:
                place.check()
            async with client.election("awaited/office", way, ttl="10s") as election:
                await election.won()
                assert await election.leader() == way.encode()
            assert await client.kv.delete("awaited", recurse=True)


@pytest.mark.parametrize("way", ["bus", "http"])
async def test_a_service_whose_loop_stalls_turns_critical(cluster: lictor.Cluster, way: str) -> None:
    with ExitStack() as stack, lictor.Client(cluster.nodes["agent-2"].door) as other:
        states = ([check.status for check in rows] for rows in other.watch(other.health.checks, "stalling"))
        async with (
            lictor.connect(address(cluster.nodes["agent-1"], way, stack)) as client,
            client.register("stalling", ttl="1s"),
        ):
            # The reads block this loop: they are the stall.
            assert ["passing"] in states
            assert ["critical"] in states
        assert [] in states


@pytest.mark.parametrize("way", ["bus", "http"])
async def test_an_application_is_registered_for_its_lifespan(cluster: lictor.Cluster, way: str) -> None:
    with ExitStack() as stack:
        application = lictor.lifespan("asgi", url=address(cluster.nodes["agent-1"], way, stack), port=80)
        async with application(None) as state:
            client = state["lictor"]
            assert [service.port for service in await client.agent.services() if service.id == "asgi"] == [80]
        async with lictor.connect(cluster.nodes["agent-1"].door) as other:
            assert "asgi" not in {service.id for service in await other.agent.services()}


def test_both_have_the_same_parts(clients: tuple[Blocking, Blocking]) -> None:
    parts = {name for name in dir(lictor.Client) if not name.startswith("_")}
    assert parts <= set(dir(clients[0]))


def test_keys(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    assert one.kv.put("a/b", "1")
    entry = other.kv.get("a/b")
    assert entry is not None
    assert entry.value == b"1"
    assert not other.kv.cas("a/b", "2", entry.modify_index - 1)
    assert other.kv.cas("a/b", "2", entry.modify_index)
    assert list(one.kv.keys("a/", consistency="consistent")) == ["a/b"]
    assert one.kv.delete("a/", recurse=True)
    assert other.kv.get("a/b") is None


def test_a_transaction_is_done_as_a_whole_or_not(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    op = lictor.Op
    one.txn.apply(op.set("txn/a", "1"), op.set("txn/b", b"\0", flags=3))
    found = other.txn.apply(op.get_tree("txn/"), op.check_not_exists("txn/c"))
    assert [(result.kv.key, result.kv.value, result.kv.flags) for result in found if result.kv] == [
        ("txn/a", b"1", 0),
        ("txn/b", b"\0", 3),
    ]
    with pytest.raises(lictor.TransactionFailed) as raised:
        other.txn.apply(op.delete("txn/a"), op.check_index("txn/b", 1), op.check_not_exists("txn/b"))
    assert [place for place, _ in raised.value.failures] == [1, 2]
    assert list(one.kv.keys("txn/", consistency="consistent")) == ["txn/a", "txn/b"]
    assert one.txn.apply(op.delete_tree("txn/")) == ()


def test_one_key_is_followed(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    seen = one.watch(one.kv.get, "followed")
    assert next(seen) is None
    for value in (b"1", b"2"):
        other.kv.put("followed", value)
        entry = next(seen)
        assert entry is not None
        assert entry.value == value
    assert one.kv.delete("followed")


def test_a_lock_has_one_holder_and_is_kept_beyond_its_ttl(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    with one.lock("lock", "one", ttl="10s", lock_delay=0) as lock:
        assert lock.held
        with pytest.raises(lictor.Timeout):
            other.lock("lock", timeout=0.5).acquire()
        lock.check()
    with other.lock("lock", "other", timeout="20s") as lock:
        assert lock.held


def test_a_semaphore_has_as_many_holders_as_its_limit_and_an_election_one(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    with one.semaphore("pool", 1, ttl="10s") as place:
        with pytest.raises(lictor.Timeout):
            other.semaphore("pool", 1, timeout=0.5).acquire()
        one.kv.delete("pool/.lock")
        with other.semaphore("pool", 1, timeout="20s") as next_place:
            assert next_place.held
            with pytest.raises(lictor.LockLost):
                place.check()
    with one.election("office", "one", ttl="10s", lock_delay=0) as leader:
        leader.won()
        with other.election("office", "other", ttl="10s") as candidate:
            assert candidate.leader() == b"one"
            assert not candidate.is_leader
            other.session.destroy(leader.won().session)
            leader.lost()


def test_sessions_and_events(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    session = one.session.create("mine", ttl="30s", lock_delay=0, behavior="delete")
    assert one.kv.acquire("held", session)
    assert not other.kv.acquire("held", other.session.create("theirs"))
    assert one.session.destroy(session)
    assert other.kv.get("held", consistency="consistent") is None
    fired = one.event.fire("deploy", "v2")
    heard = ([event.id for event in rows] for rows in other.watch(other.event.list, "deploy"))
    assert fired in next(ids for ids in heard if fired in ids)


def test_a_service_is_registered_found_and_followed(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    one.agent.register_service("web", port=80, checks=[lictor.CheckSpec(id="c", ttl="10s", status="passing")])
    found = next(rows for rows in other.watch(other.health.service, "web", passing=True) if rows)
    assert [instance.service.port for instance in found] == [80]
    one.agent.fail("c", "broken")
    assert not next(rows for rows in other.watch(other.health.service, "web", passing=True) if not rows)
    one.agent.deregister_service("web")
    assert not next(rows for rows in other.watch(other.catalog.service, "web") if not rows)


def test_a_query_is_kept_changed_run_and_forgotten(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    one.catalog.register(NodeRecord(node="far", address="10.9.9.9"), service=API)
    kept = one.query.create("api", "find-api", tags=["v1"], dns_ttl="10s")
    found = other.query.execute("find-api", limit=2)
    assert [(instance.node.node, instance.service.port) for instance in found.instances] == [("far", 81)]
    assert (found.service, found.dns_ttl, found.datacenter, found.failovers) == ("api", "10s", "dc1", 0)
    query = other.query.get(kept, consistency="consistent")
    assert query is not None
    assert (query.name, query.service.tags, query.dns_ttl) == ("find-api", ("v1",), "10s")
    other.query.update(query.model_copy(update={"service": query.service.model_copy(update={"tags": ("v2",)})}))
    assert one.query.explain("find-api").service.tags == ("v2",)
    assert one.query.execute(kept).instances == ()
    assert kept in [each.id for each in one.query.list(consistency="consistent")]
    one.query.delete(kept)
    assert other.query.get(kept, consistency="consistent") is None
    with pytest.raises(lictor.NotFound, match="Query not found"):
        other.query.execute("find-api")
    assert one.catalog.deregister("far")


def test_a_registered_service_follows_its_owner(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    changes = (len(rows) for rows in other.watch(other.health.service, "owned", passing=True))
    assert next(changes) == 0
    with one.register("owned", ttl="1s", port=80) as owned:
        assert next(changes) == 1
        one.agent.deregister_service("owned")  # as an agent that restarted without its state
        assert next(changes) == 0
        owned.beat()
        assert next(found for found in changes if found) == 1
        assert next(found for found in changes if not found) == 0  # this thread waits here and does not beat
        owned.beat()
        assert next(found for found in changes if found) == 1
    assert next(found for found in changes if not found) == 0


def test_a_name_is_resolved_to_an_instance_that_passes(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    with pytest.raises(lictor.NoInstances):
        one.resolve("absent")
    with one.register("shared", port=1, address="10.0.0.1"), other.register("shared", port=2):
        next(rows for rows in one.watch(one.health.service, "shared", passing=True) if len(rows) == 2)
        # A server that lags behind may answer a stale read, which is what resolve asks if not told otherwise.
        resolve = partial(one.resolve, "shared", consistency="default")
        assert {resolve().port for _ in range(2)} == {1, 2}
        assert resolve(pick="nearest", filter="Service.Port == 1").address == "10.0.0.1"
        assert resolve(pick="weighted").port in (1, 2)
    next(rows for rows in one.watch(one.health.service, "shared") if not rows)


def test_httpx_asks_a_service_by_its_name(clients: tuple[Blocking, Blocking], cluster: lictor.Cluster) -> None:
    httpx = pytest.importorskip("httpx")
    one = clients[0]
    host, _, port = cluster.nodes["agent-2"].http.rpartition(":")
    with one.register("api", address=host, port=int(port)):
        next(rows for rows in one.watch(one.health.service, "api", passing=True, consistency="stale") if rows)
        with httpx.Client(transport=one.transport("nearest")) as http:
            reply = http.get("http://api.service/v1/agent/self", headers={"Host": "localhost"})
        assert reply.json()["Config"]["NodeName"] == "agent-2"


def test_what_can_be_known_of_the_cluster(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    assert [member.name for member in one.members()] == [member.name for member in other.members()]
    assert len(one.members()) == 5
    assert len(one.status.peers()) == 3
    assert one.status.leader().address == other.status.leader().address != ""


def test_where_nodes_lie(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    rows = next(rows for rows in one.watch(one.coordinate.nodes) if len(rows) == 5)
    assert [row.node for row in rows] == sorted(member.name for member in one.members())
    found = next(row for row in other.watch(other.coordinate.node, "agent-1") if row is not None)
    assert found.node == "agent-1"
    rtt = other.coordinate.rtt("agent-1", "server-2")
    assert rtt is not None
    assert 0 < rtt < 1
    assert one.coordinate.node("nothing") is None
    assert one.coordinate.rtt("agent-1", "nothing") is None
    assert {place.datacenter for place in one.coordinate.datacenters()} == {"dc1"}


def test_what_operators_do(clients: tuple[Blocking, Blocking]) -> None:
    one, other = clients
    op = one.operator
    configuration = op.autopilot_configuration()
    changed = configuration.model_copy(update={"max_trailing_logs": configuration.max_trailing_logs + 1})
    assert op.set_autopilot_configuration(changed, cas=configuration.modify_index)
    assert not op.set_autopilot_configuration(configuration, cas=configuration.modify_index)
    assert other.operator.autopilot_configuration().max_trailing_logs == changed.max_trailing_logs
    health = op.autopilot_health()
    assert sorted(server.name for server in health.servers) == ["server-1", "server-2", "server-3"]
    assert [server.voter for server in health.servers] == [True] * 3
    assert other.operator.usage().nodes >= 5
    successor = next(server for server in op.raft_configuration().servers if not server.leader)
    op.transfer_leader(successor.id)
    assert next(s.id for s in other.operator.raft_configuration().servers if s.leader) == successor.id
    with pytest.raises(lictor.BadRequest):
        op.remove_peer(id="00000000-0000-0000-0000-000000000000")
    with pytest.raises(lictor.LictorError, match=r"keyring|HTTP address"):
        op.use_key("c2l4dGVlbiBieXRlcyBsZWZ0")


@pytest.mark.parametrize("way", ["http", "unix"])
def test_a_snapshot_is_saved_and_restored(cluster: lictor.Cluster, way: str, tmp_path: Path) -> None:
    with ExitStack() as stack, lictor.Client(address(cluster.nodes["agent-1"], way, stack)) as client:
        client.kv.put("snapshot/kept", "1")
        index = client.snapshot.save(tmp_path / "all.snap")
        stream = BytesIO()
        assert client.snapshot.save(stream) >= index > 0
        client.kv.put("snapshot/kept", "2")
        client.snapshot.restore(tmp_path / "all.snap")
        entry = client.kv.get("snapshot/kept", consistency="consistent")
        assert entry is not None
        assert entry.value == b"1"
        client.kv.delete("snapshot/kept")
        client.snapshot.restore(BytesIO(stream.getvalue()))
        assert client.kv.get("snapshot/kept", consistency="consistent") is not None
        assert [path.name for path in tmp_path.iterdir()] == ["all.snap"]


def test_what_the_bus_has_not_names_the_address_to_use(cluster: lictor.Cluster) -> None:
    with lictor.Client(cluster.nodes["agent-1"].door) as client, pytest.raises(lictor.InvalidArgument, match="http://"):
        client.snapshot.save(BytesIO())


def test_errors(clients: tuple[Blocking, Blocking]) -> None:
    one: Any = clients[0]
    with pytest.raises(lictor.InvalidArgument):
        one.kv.put("k", 5)
    with pytest.raises(lictor.NotFound):
        one.agent.deregister_service("nothing")
    with pytest.raises(lictor.BadRequest):
        one.kv.acquire("k", "00000000-0000-0000-0000-000000000000")
    with pytest.raises(lictor.NoPathToDatacenter):
        one.kv.get("k", dc="dc9")
