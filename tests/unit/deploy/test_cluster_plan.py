from pathlib import Path

import pytest

from lictor_deploy.local.parent.federation import Federation
from lictor_deploy.local.plan import DevOptions, all_addresses, listeners, make_plan, shares
from lictor_deploy.words.sentence import Failure

RUN, DATA = Path("/run/x"), Path("/data")


def plan(cores=2, **options):
    return make_plan(DevOptions(**{"one_ip": False} | options), RUN, DATA, cores)


def test_each_server_has_its_own_process_and_agents_share_the_rest():
    processes = plan(servers=3, agents=97)
    assert [process.name for process in processes] == ["server-1", "server-2", "server-3", "agents-1", "agents-2"]
    assert [len(process.specs) for process in processes] == [1, 1, 1, 49, 48]


@pytest.mark.parametrize(("cores", "expected"), [(1, 2), (2, 2), (8, 8)])
def test_agents_get_a_process_per_core_but_two_at_least(cores, expected):
    assert len(plan(cores, servers=1, agents=20)) == 1 + expected


def test_no_process_is_empty():
    assert [process.name for process in plan(servers=1, agents=1)] == ["server-1", "agents-1"]
    assert shares(5, 3) == [2, 2, 1]
    assert shares(0, 3) == []


def test_every_node_has_its_own_ip_and_the_standard_ports():
    specs = [spec for process in plan(servers=3, agents=300) for spec in process.specs]
    assert specs[0].client_addresses == ("127.0.0.1",)
    assert specs[302].client_addresses == ("127.0.1.47",)
    assert {(spec.http_port, spec.door_port) for spec in specs} == {(8500, 8304)}
    assert [(spec.name, spec.dns_port) for spec in specs if spec.dns_port >= 0] == [
        ("server-1", 8600),
        ("agent-1", 8600),
    ]
    assert len({spec.client_addresses for spec in specs}) == 303


def test_one_ip_gives_every_node_its_own_ports():
    where = list(listeners(plan(servers=3, agents=97, one_ip=True)))
    assert {listener.ip for listener in where} == {"127.0.0.1"}
    assert len({listener.port for listener in where}) == len(where) == 202


def test_nodes_join_through_every_server_but_themselves():
    by_name = {spec.name: spec for process in plan(servers=3, agents=2) for spec in process.specs}
    assert by_name["server-1"].join == ("ipc:///run/x/server-2.g", "ipc:///run/x/server-3.g")
    assert len(by_name["agent-1"].join) == 3


def test_nodes_of_a_process_share_its_lanes():
    agents = plan(servers=1, agents=10)[1]
    assert {(spec.gossip_url, spec.rest_url) for spec in agents.specs} == {agents.lanes}


def test_node_ids_are_the_same_in_every_run_and_differ_by_seed():
    def ids(seed):
        return [spec.id for process in plan(servers=3, agents=5, seed=seed) for spec in process.specs]

    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))


def test_places_are_what_the_nodes_listen_on():
    options = DevOptions(servers=1, agents=1, one_ip=False, base_ip="127.3.0.9", http_port=9000)
    assert [(node.http, node.door) for node in all_addresses(options)] == [
        ("127.3.0.9:9000", "tcp://127.3.0.9:8304"),
        ("127.3.0.10:9000", "tcp://127.3.0.10:8304"),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"servers": 0}, "needs a server"),
        ({"agents": -1}, "cannot be negative"),
        ({"base_ip": "here"}, "-base-ip"),
        ({"base_ip": "255.255.255.250"}, "-base-ip"),
        ({"http_port": 0}, "-http-port 0 is no port"),
        ({"raft_multiplier": 0}, "-raft-multiplier must be between 0 and 10"),
        ({"http_port": 65000, "one_ip": True}, "-http-port"),
    ],
)
def test_what_cannot_be_planned(options, words):
    with pytest.raises(Failure, match=words):
        plan(**options)


def test_a_directory_too_deep_for_sockets_is_named():
    with pytest.raises(Failure, match="too long for a socket"):
        make_plan(DevOptions(), Path("/" + "d" * 100), DATA, 2)


def test_several_datacenters_have_names_addresses_and_joins_of_their_own():
    processes = plan(datacenters=3, servers=2, agents=3)
    specs = [spec for process in processes for spec in process.specs]
    assert (
        len({spec.node for spec in specs}) == len({spec.id for spec in specs}) == len({spec.data_dir for spec in specs})
    )
    assert {spec.dc for spec in specs} == {"dc1", "dc2", "dc3"}
    assert len({spec.address for spec in specs}) == 15
    lanes = {lane for process in processes for lane in process.lanes}
    first = next(spec for spec in specs if spec.node == "server-1.dc2")
    assert {len(first.wan_join), len(set(first.wan_join) & lanes)} == {4}
    assert [spec.wan_url != "" for spec in specs] == [spec.server for spec in specs]
    assert [place.node for place in all_addresses(DevOptions(datacenters=3, servers=2, agents=3))] == [
        spec.node for spec in sorted(specs, key=lambda spec: (spec.dc, not spec.server, spec.name))
    ]


def test_a_federation_is_whole_when_each_datacenter_is_and_their_servers_see_each_other():
    federation = Federation(["s.dc1", "s.dc2"], ["a.dc1"])
    federation.report({"s.dc1": [2, "h", "s.dc1", 2, 1], "a.dc1": [2, "h", "", 0, 0], "s.dc2": [1, "i", "s.dc2", 1, 2]})
    assert not federation.whole
    federation.report({"s.dc1": [2, "h", "s.dc1", 2, 2]})
    assert federation.whole
    assert federation.leaders == {"s.dc1", "s.dc2"}
    federation.forget(["s.dc2"])
    assert not federation.whole
    assert federation.late() == ["s.dc2"]
