"""Several datacenters in the world: what crosses, what does not, and what the judges of that are worth."""

import json
from dataclasses import replace

import pytest

from lictor_actors.faults import world_faults
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster, add_node
from lictor_actors.swarm import run_seed
from lictor_actors.swarm.plan import draw, of_datacenters
from lictor_messages.agent import LeaveCluster, ListEvents
from lictor_messages.answers import Written
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord
from lictor_messages.datacenters import FireEventElsewhere
from lictor_messages.kv import GetKey, ListKeyNames, PutKey
from lictor_messages.members import FireEvent, Join, ListMembers
from lictor_messages.queries import (
    CreatePreparedQuery,
    ExecutePreparedQuery,
    FailoverTarget,
    PreparedQuery,
    QueryFailover,
    ServiceQuery,
)
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAsked

SEEDS = 8
ID = "00000000-0000-4000-8000-000000000001"


def of_several(seed):
    return of_datacenters(draw(seed))


@pytest.mark.sim
@pytest.mark.timeout(600)
def test_seeds_keep_every_border_and_reach_the_interesting_places():
    reports = [run_seed(seed, 30.0, plan=of_several(seed)) for seed in range(1, SEEDS + 1)]
    assert [str(report) for report in reports if not report.ok] == []
    assert {report.plan.datacenters for report in reports} == {2, 3}
    for what in ("crossings_silent", "gossip_refused_stranger", "found_in_dc2", "found_in_dc3", "dropped_by_fault"):
        assert sum(report.counters.get(what, 0) for report in reports) > 0, what


def test_some_seeds_are_of_several_datacenters():
    assert {draw(seed).datacenters for seed in range(100)} == {1, 2, 3}


def test_a_fault_between_datacenters_can_be_left_out():
    plan = of_several(next(seed for seed in range(1, 40) if of_several(seed).servers == 1))
    everything = run_seed(plan.seed, 15.0, plan=plan)
    again = run_seed(plan.seed, 15.0, plan=plan)
    left = run_seed(plan.seed, 15.0, plan=replace(plan, without=(1,)))
    assert everything.digest == again.digest != left.digest
    assert everything.struck[1:] == left.struck


# -- one world, and what clients of one datacenter see of another ---------------------------------


@pytest.fixture(scope="module")
def three():
    world = World(seed=5)
    add_cluster(world, servers=3, agents=1, datacenters=3)
    world.run(25)
    return world


def ask(world, message, node="agent-1.dc1", within_s=10.0):
    return world.ask(node, f"agent@{node}", message, within_s)


def http(world, method, target, body=b"", node="agent-1.dc1"):
    return world.ask(node, f"gateway@{node}", HttpAsked(method=method, target=target, body=body), 60.0)


def test_servers_meet_through_one_of_each_datacenter_and_agents_are_in_no_such_pool(three):
    for node in ("server-3.dc1", "server-2.dc3"):
        members = ask(three, ListMembers(wan=True), node).members
        assert [m.node for m in members] == [f"server-{i}.dc{dc}" for i in (1, 2, 3) for dc in (1, 2, 3)]
        assert {m.port for m in members} == {8302}
    assert ask(three, ListMembers(wan=True)).members == ()
    assert ask(three, Join(addresses=("10.1.0.1",), wan=True)).words == "Must be a server to join WAN cluster"
    assert {m.dc for m in ask(three, ListMembers()).members} == {"dc1"}


def test_a_join_to_a_pool_of_another_datacenter_is_refused_by_name(three):
    (why,) = ask(three, Join(addresses=("10.1.0.1:8301",))).errors
    assert "server-1.dc2" in why
    assert "'dc2'" in why


def test_an_unknown_datacenter_is_refused_at_once(three):
    began = three.time
    for message in (GetKey(key="a", dc="dc9"), PutKey(key="a", value=b"x", dc="dc9")):
        assert ask(three, message).words == "No path to datacenter"
    assert three.time - began < 1e9


def test_an_event_is_fired_in_the_datacenter_that_is_asked_and_nowhere_else(three):
    body = json.loads(http(three, "PUT", "/v1/event/fire/deploy?dc=dc2&node=agent", b"v2").body)
    three.run(2)
    heard = {dc: ask(three, ListEvents(name="deploy"), f"agent-1.{dc}").events for dc in ("dc1", "dc2", "dc3")}
    (event,) = heard.pop("dc2")
    assert (event.id, event.payload, event.node_filter) == (body["ID"], b"v2", "agent")
    assert event.ltime > 0
    assert set(heard.values()) == {()}


@pytest.mark.parametrize(
    ("dc", "fields", "words"),
    [
        ("dc9", {}, "No path to datacenter"),
        ("dc2", {"tag_filter": "v1"}, "Cannot provide tag filter without service filter"),
        ("dc2", {"name": ""}, "Missing name"),
    ],
)
def test_an_event_that_cannot_be_fired_there_is_refused(three, dc, fields, words):
    event = FireEvent(**{"id": ID, "name": "deploy", **fields})
    assert ask(three, FireEventElsewhere(dc=dc, event=event)).words == words


def test_an_event_is_not_fired_again_by_another_server_when_the_first_says_nothing():
    world = World(seed=8)
    add_cluster(world, servers=3, agents=1, datacenters=2)
    world.run(25)
    deaf = world.actor("router@server-1.dc1").servers.of("dc2")[0].partition("@")[2]
    cut = world_faults(world).cut(deaf, "*.dc1")
    event = FireEvent(id=ID, name="deploy")
    refused = ask(world, FireEventElsewhere(dc="dc2", event=event), "server-1.dc1")
    assert (refused.code, refused.row.definite) == ("DatacenterSilent", False)
    cut.heal()
    world.run(5)
    assert len(ask(world, ListEvents(), "agent-1.dc2").events) <= 1


def test_what_servers_pass_on_to_other_datacenters_is_counted(three):
    def crossed():
        servers = [three.actor(f"server@server-{number}.dc1") for number in (1, 2, 3)]
        return sum(dict(server.readings())["rpc.cross-dc"] for server in servers)

    before = crossed()
    assert isinstance(ask(three, PutKey(key="counted", value=b"1", dc="dc2")), Written)
    ask(three, PutKey(key="counted", value=b"1"))
    assert crossed() == before + 1


def test_a_query_blocks_there_and_wakes_with_a_write_there(three):
    index = ask(three, PutKey(key="b", value=b"1", dc="dc2")).index
    woken = []
    door = three.door("agent-1.dc1", "reader")
    door.ask("agent", GetKey(key="b", dc="dc2", min_index=index, wait_ns=60_000_000_000), woken.append, 90.0)
    three.run(5)
    assert woken == []
    assert ask(three, PutKey(key="b", value=b"2"), "agent-1.dc2").ok
    three.run(1)
    assert [entry.value for entry in woken[0].entries] == [b"2"]


def test_what_is_large_comes_across_slice_by_slice_and_so_does_a_snapshot(three):
    for number in range(16):
        ask(three, PutKey(key=f"large/{number}", value=bytes(100_000), dc="dc3"))
    answer = http(three, "GET", "/v1/kv/large/?recurse&dc=dc3")
    rows = json.loads(b"".join((answer.body, *answer.more)))
    assert len(rows) == 16
    archive = http(three, "GET", "/v1/snapshot?dc=dc3").body
    assert archive[:2] == b"\x1f\x8b"
    assert http(three, "PUT", "/v1/snapshot?dc=dc2", archive).status == 200
    assert len(ask(three, ListKeyNames(prefix="large/"), "agent-1.dc2").keys) == 16
    assert ask(three, ListKeyNames(prefix="large/")).keys == ()


def query_of(three, number, failover):
    query = PreparedQuery(id=f"{number:036}", name=f"q{number}", service=ServiceQuery(service="db", failover=failover))
    assert ask(three, CreatePreparedQuery(query=query)).ok
    return ask(three, ExecutePreparedQuery(name_or_id=query.name))


@pytest.mark.parametrize(
    ("number", "failover", "place", "asked"),
    [
        (1, QueryFailover(datacenters=("dc2", "dc3")), "dc3", 2),
        (2, QueryFailover(datacenters=("dc9", "dc1", "dc3")), "dc3", 1),
        (3, QueryFailover(targets=(FailoverTarget(datacenter="dc3"),)), "dc3", 1),
        (4, QueryFailover(nearest_n=2), "dc3", None),
        (5, QueryFailover(), "dc1", 0),
        (6, QueryFailover(datacenters=("dc2",)), "dc1", 1),
    ],
)
def test_a_prepared_query_says_where_it_was_answered_and_how_many_were_asked(three, number, failover, place, asked):
    node = NodeRecord(node="db", address="10.9.9.9", datacenter="dc3")
    service = ServiceRecord(node="db", id="db", service="db")
    assert ask(three, Register(node=node, service=service, dc="dc3")).ok
    answer = query_of(three, number, failover)
    assert (answer.datacenter, len(answer.instances)) == (place, place == "dc3")
    assert answer.failovers in ((asked,) if asked is not None else (1, 2))


@pytest.mark.parametrize(
    ("failover", "words"),
    [
        (
            {"Targets": [{"Datacenter": "dc2"}], "NearestN": 1},
            "Targets cannot be populated with NearestN or Datacenters",
        ),
        ({"Targets": [{"Peer": "p"}]}, "Targets name a Peer"),
        ({"NearestN": -1}, "Bad NearestN '-1', must be >= 0"),
    ],
)
def test_a_failover_that_makes_no_sense_is_refused(three, failover, words):
    body = json.dumps({"Name": "bad", "Service": {"Service": "db", "Failover": failover}}).encode()
    answer = http(three, "POST", "/v1/query", body)
    assert answer.status == 500
    assert words in answer.body.decode()


def test_silence_is_told_within_seconds_a_write_is_done_once_and_another_server_is_asked():
    world = World(seed=6)
    add_cluster(world, servers=3, agents=1, datacenters=2)
    world.run(25)
    faults = world_faults(world)
    deaf = world.actor("router@server-1.dc1").servers.of("dc2")[0].partition("@")[2]
    with_one_deaf = faults.isolate(deaf)
    written = ask(world, PutKey(key="c", value=b"x", cas=0, dc="dc2"), "server-1.dc1")
    assert isinstance(written, Written | Refused)
    with_one_deaf.heal()
    cut = faults.cut("*.dc1", "*.dc2")
    began = world.time
    assert ask(world, GetKey(key="c", dc="dc2")).words == "Remote DC has no server currently reachable"
    assert 1e9 < world.time - began < 7e9
    assert ask(world, PutKey(key="local", value=b"x")).ok
    cut.heal()
    assert world.run_until(lambda: ask(world, GetKey(key="c", dc="dc2")).kind == "kv.entries", 120)


def test_a_server_that_leaves_leaves_both_pools_and_others_bring_in_a_new_one():
    world = World(seed=7)
    specs = add_cluster(world, servers=3, agents=0, datacenters=2)
    world.run(25)
    assert ask(world, LeaveCluster(), "server-2.dc1", 30.0).kind == "agent.accepted"
    world.run(3)
    wan = {m.node: m.status for m in ask(world, ListMembers(wan=True), "server-1.dc2").members}
    assert wan["server-2.dc1"] == "left"
    new = specs[1].model_copy(update={"name": "server-9", "id": "", "address": "10.0.0.99", "bootstrap_expect": 0})
    add_node(world, new)
    world.run(70)
    wan = {m.node: m.status for m in ask(world, ListMembers(wan=True), "server-3.dc2").members}
    assert wan["server-9.dc1"] == "alive"
