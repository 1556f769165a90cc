"""py-consul from PyPI, unchanged, against a cluster: what a well-known client does must work as with Consul."""

import asyncio
import threading

import consul
import consul.aio
import pytest

pytestmark = pytest.mark.e2e


@pytest.fixture
def clients():
    opened = []

    def client(node):
        host, _, port = node.http.partition(":")
        opened.append(consul.Consul(host=host, port=int(port)))
        return opened[-1]

    yield client
    for one in opened:
        one.http.session.close()


@pytest.fixture
def here(calm, clients):
    return clients(calm.nodes["agent-1"])


@pytest.fixture
def there(calm, clients):
    return clients(calm.nodes["agent-4"])


def test_keys_written_here_are_read_there(here, there):
    assert here.kv.put("py/a", "one", flags=42)
    index, entry = there.kv.get("py/a")
    assert (entry["Value"], entry["Flags"], entry["Key"]) == (b"one", 42, "py/a")
    assert int(index) == entry["ModifyIndex"]
    assert there.kv.get("py/none")[1] is None


def test_keys_compare_and_set(here):
    assert here.kv.put("py/cas", "1", cas=0)
    assert not here.kv.put("py/cas", "2", cas=0)
    modified = here.kv.get("py/cas")[1]["ModifyIndex"]
    assert here.kv.put("py/cas", "2", cas=modified)
    assert not here.kv.delete("py/cas", cas=modified)
    assert here.kv.get("py/cas")[1]["Value"] == b"2"


def test_keys_recurse_list_and_delete(here, there):
    for key in ("py/tree/a", "py/tree/b/c", "py/tree/b/d"):
        here.kv.put(key, key)
    assert [entry["Key"] for entry in there.kv.get("py/tree/", recurse=True)[1]] == [
        "py/tree/a",
        "py/tree/b/c",
        "py/tree/b/d",
    ]
    assert there.kv.get("py/tree/", keys=True, separator="/")[1] == ["py/tree/a", "py/tree/b/"]
    assert there.kv.delete("py/tree/b", recurse=True)
    assert here.kv.get("py/tree/", keys=True)[1] == ["py/tree/a"]


@pytest.mark.parametrize("key", ["py/odd key", "py/ключ/鍵", "py/a?b=c&d", "py/100%25", "py/+plus", "py/#hash;semi"])
def test_odd_keys_come_back_as_they_went(here, there, key):
    assert here.kv.put(key, "x")
    assert there.kv.get(key)[1]["Key"] == key
    assert key in there.kv.get("py/", keys=True)[1]
    assert here.kv.delete(key)
    assert there.kv.get(key)[1] is None


def test_a_blocking_query_returns_when_the_key_changes(here, there):
    here.kv.put("py/watched", "old")
    index, _ = there.kv.get("py/watched")
    seen = []
    watcher = threading.Thread(target=lambda: seen.append(there.kv.get("py/watched", index=index, wait="20s")))
    watcher.start()
    here.kv.put("py/other", "unrelated")
    here.kv.put("py/watched", "new")
    watcher.join(20)
    ((woken, entry),) = seen
    assert entry["Value"] == b"new"
    assert int(woken) > int(index)


def test_a_blocking_query_ends_without_a_change_and_keeps_its_index(there):
    there.kv.put("py/still", "x")
    index, _ = there.kv.get("py/still")
    assert there.kv.get("py/still", index=index, wait="100ms")[0] == index


@pytest.mark.parametrize("mode", ["default", "consistent", "stale"])
def test_consistency_modes(here, mode, until):
    here.kv.put(f"py/mode/{mode}", "x")
    # A stale read may be older than the write; the others never are.
    entry = until(lambda: here.kv.get(f"py/mode/{mode}", consistency=mode)[1], 5 if mode == "stale" else 0)
    assert entry["Value"] == b"x"


def test_a_service_with_a_ttl_check_is_found_elsewhere_and_follows_its_check(here, there, until):
    assert here.agent.service.register(
        "py-ttl", service_id="py-ttl-1", address="10.1.2.3", port=8080, tags=["a", "b"], check=consul.Check.ttl("60s")
    )
    assert here.agent.services()["py-ttl-1"]["Port"] == 8080
    assert here.agent.checks()["service:py-ttl-1"]["Status"] == "critical"
    until(lambda: there.catalog.service("py-ttl")[1])
    assert there.health.service("py-ttl", passing=True)[1] == []
    index, _ = there.health.service("py-ttl")
    assert here.agent.check.ttl_pass("service:py-ttl-1", notes="fine")
    _, (entry,) = there.health.service("py-ttl", passing=True, index=index, wait="20s")
    assert entry["Node"]["Node"] == "agent-1"
    assert (entry["Service"]["Address"], entry["Service"]["Tags"]) == ("10.1.2.3", ["a", "b"])
    assert here.agent.check.ttl_warn("service:py-ttl-1")
    until(lambda: there.health.checks("py-ttl")[1][0]["Status"] == "warning")
    assert here.agent.check.ttl_fail("service:py-ttl-1")
    until(lambda: "service:py-ttl-1" in {check["CheckID"] for check in there.health.state("critical")[1]})
    assert here.agent.service.deregister("py-ttl-1")
    until(lambda: there.catalog.service("py-ttl")[1] == [])


def test_http_and_tcp_checks_run(calm, here, there, until):
    host, _, port = calm.nodes["agent-2"].http.partition(":")
    good = consul.Check.http(f"http://{host}:{port}/v1/status/leader", "1s", timeout="1s")
    here.agent.service.register("py-http", check=good)
    here.agent.service.register("py-tcp", check=consul.Check.tcp(host, int(port), "1s"))
    here.agent.service.register("py-dead", check=consul.Check.tcp(host, 9, "1s"))
    for name in ("py-http", "py-tcp"):
        until(lambda name=name: there.health.service(name, passing=True)[1])
    # The status has not changed, so the catalog need not know the output yet: the agent does.
    assert "refused" in until(lambda: here.agent.checks()["service:py-dead"]["Output"])
    assert there.health.checks("py-dead")[1][0]["Status"] == "critical"
    for name in ("py-http", "py-tcp", "py-dead"):
        here.agent.service.deregister(name)


def test_a_check_of_the_node(here, there, until):
    assert here.agent.check.register("py-disk", consul.Check.ttl("60s"), check_id="py-disk")
    here.agent.check.ttl_pass("py-disk")
    until(lambda: ("py-disk", "passing") in {(c["CheckID"], c["Status"]) for c in there.health.node("agent-1")[1]})
    assert here.agent.check.deregister("py-disk")
    until(lambda: "py-disk" not in {check["CheckID"] for check in there.health.node("agent-1")[1]})


def test_the_catalog(calm, here):
    index, nodes = here.catalog.nodes()
    assert {node["Node"] for node in nodes} >= set(calm.nodes)
    assert int(index) > 0
    assert here.catalog.datacenters() == ["dc1"]
    assert "consul" in here.catalog.services()[1]
    assert {one["Node"] for one in here.catalog.service("consul")[1]} == {"server-1", "server-2", "server-3"}
    assert here.catalog.node("agent-2")[1]["Node"]["Node"] == "agent-2"
    assert here.catalog.register("py-outside", "192.0.2.7", service={"Service": "py-db", "Port": 5432})
    assert here.catalog.service("py-db")[1][0]["Address"] == "192.0.2.7"
    assert here.catalog.deregister("py-outside")
    assert here.catalog.service("py-db")[1] == []


def test_members_status_and_self(calm, here):
    assert {member["Name"] for member in here.agent.members()} == set(calm.nodes)
    assert here.agent.self()["Config"]["NodeName"] == "agent-1"
    assert here.status.leader() in here.status.peers()
    assert len(here.status.peers()) == 3


def test_events(here, there, until):
    here.event.fire("py-deploy", b"payload")
    seen = until(lambda: there.event.list("py-deploy")[1])
    assert [event["Payload"] for event in seen] == [b"payload"]


@pytest.mark.filterwarnings("ignore:ssl_context is deprecated:DeprecationWarning")
async def test_the_asynchronous_client(calm):
    host, _, port = calm.nodes["agent-2"].http.partition(":")
    async with consul.aio.Consul(host=host, port=int(port)) as client:
        assert await client.kv.put("py/async", "1")
        index, entry = await client.kv.get("py/async")
        assert entry["Value"] == b"1"
        waiting = asyncio.create_task(client.kv.get("py/async", index=index, wait="10s"))
        assert await client.kv.put("py/async", "2")
        assert (await waiting)[1]["Value"] == b"2"
        assert await client.agent.service.register("py-async", port=80, check=consul.Check.ttl("30s"))
        assert await client.agent.check.ttl_pass("service:py-async")
        index, found = await client.health.service("py-async", passing=True)
        while not found:
            index, found = await client.health.service("py-async", passing=True, index=index, wait="10s")
        assert found[0]["Service"]["Port"] == 80
        session = await client.session.create(ttl=30, behavior="delete")
        assert await client.kv.put("py/async/lock", "me", acquire=session)
        assert await client.session.destroy(session)
        assert (await client.kv.get("py/async/lock", consistency="consistent"))[1] is None
        assert await client.agent.service.deregister("py-async")
