"""A datacenter seen from another: DNS crosses, and nodes show the addresses by which they are reached from outside."""

import json

import dns.message
import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_messages.answers import Written
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord, TaggedAddress
from lictor_messages.dns import DnsAnswered, DnsAsked
from lictor_messages.queries import CreatePreparedQuery, PreparedQuery, QueryFailover, ServiceQuery
from lictor_messages.web import HttpAsked

NEAR, AFAR = "agent-1.dc1", "agent-1.dc2"
OWN = {"node": "10.7.0.1", "service": "10.7.0.9", "port": 80}
OUTSIDE = {"node": "192.0.2.1", "service": "192.0.2.9", "port": 8080}


def world_of(translates):
    world = World(seed=3)
    options = {f"{role}.translate_wan_addrs": translates for role in ("gateway", "dns")}
    for spec in cluster_specs(3, servers=1, agents=1, datacenters=2):
        add_node(world, spec.model_copy(update={"dns_port": 8600}).having(options))
    world.run(25)
    node = NodeRecord(
        node="n", address=OWN["node"], datacenter="dc2", tagged_addresses=FrozenMap({"wan": OUTSIDE["node"]})
    )
    tagged = (TaggedAddress(name="wan", address=OUTSIDE["service"], port=OUTSIDE["port"]),)
    web = ServiceRecord(node="n", id="web", service="web", address=OWN["service"], port=80, tagged_addresses=tagged)
    plain = ServiceRecord(node="n", id="plain", service="plain", port=81)
    for service in (web, plain):
        assert isinstance(world.ask(AFAR, "agent", Register(node=node, service=service)), Written)
    failover = QueryFailover(datacenters=("dc2",))
    query = PreparedQuery(
        id="5f5fbf07-2f4f-4bf3-9d4b-6cbb3b1f5a11", name="web", service=ServiceQuery(service="web", failover=failover)
    )
    assert isinstance(world.ask(NEAR, "agent", CreatePreparedQuery(query=query)), Written)
    world.run(1)
    return world


@pytest.fixture(scope="module", params=[False, True], ids=["as they are", "translated"])
def seen(request):
    return world_of(request.param), OUTSIDE if request.param else OWN


def http(world, target, node=NEAR):
    answer = world.ask(node, "gateway", HttpAsked(method="GET", target=target), 60.0)
    assert answer.status == 200
    return json.loads(answer.body)


def dig(world, name, type_, node=NEAR):
    packet = dns.message.make_query(name, type_).to_wire()
    answered = world.ask(node, "dns", DnsAsked(packets=((packet, "10.9.9.9"),)), 20.0)
    assert isinstance(answered, DnsAnswered)
    answer = dns.message.from_wire(answered.answers[0][1])
    return sorted(text for rrset in (*answer.answer, *answer.additional) for text in rrset.to_text().splitlines())


def test_http_of_another_datacenter(seen):
    world, at = seen
    (row,) = http(world, "/v1/health/service/web?dc=dc2")
    assert (row["Node"]["Address"], row["Service"]["Address"], row["Service"]["Port"]) == tuple(at.values())
    (row,) = http(world, "/v1/catalog/service/web?dc=dc2")
    assert (row["Address"], row["ServiceAddress"], row["ServicePort"]) == tuple(at.values())
    (row,) = http(world, "/v1/catalog/service/plain?dc=dc2")
    assert (row["Address"], row["ServiceAddress"], row["ServicePort"]) == (at["node"], "", 81)
    assert {row["Address"] for row in http(world, "/v1/catalog/nodes?dc=dc2") if row["Node"] == "n"} == {at["node"]}
    found = http(world, "/v1/catalog/node/n?dc=dc2")
    assert (found["Node"]["Address"], found["Services"]["web"]["Address"]) == (at["node"], at["service"])
    run = http(world, "/v1/query/web/execute")
    assert (run["Datacenter"], run["Nodes"][0]["Service"]["Address"]) == ("dc2", at["service"])


def test_dns_of_another_datacenter(seen):
    world, at = seen
    assert dig(world, "web.service.dc2.consul", "A") == [f"web.service.dc2.consul. 0 IN A {at['service']}"]
    assert dig(world, "plain.service.dc2.consul", "A") == [f"plain.service.dc2.consul. 0 IN A {at['node']}"]
    assert dig(world, "n.node.dc2.consul", "A") == [f"n.node.dc2.consul. 0 IN A {at['node']}"]
    srv = dig(world, "web.service.dc2.consul", "SRV")
    assert any(f"SRV 1 1 {at['port']} " in line for line in srv)
    assert any(line.endswith(f"A {at['service']}") for line in srv)
    assert dig(world, "web.query.consul", "A") == [f"web.query.consul. 0 IN A {at['service']}"]
    assert dig(world, "web.service.consul", "A") == []
    assert dig(world, "web.service.dc9.consul", "A") == []


def test_an_agent_of_that_datacenter_shows_its_own_addresses(seen):
    world, _ = seen
    (row,) = http(world, "/v1/health/service/web", AFAR)
    assert (row["Node"]["Address"], row["Service"]["Address"], row["Service"]["Port"]) == tuple(OWN.values())
    assert dig(world, "web.service.consul", "A", AFAR) == [f"web.service.consul. 0 IN A {OWN['service']}"]
