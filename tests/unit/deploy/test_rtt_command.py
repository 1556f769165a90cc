"""``lictor rtt``: the estimate between two nodes, and what to say without one."""

import pytest

ZERO = [0.0] * 7
ROWS = [
    {"Node": "a", "Segment": "", "Coord": {"Vec": [0.0, *ZERO], "Error": 0.1, "Adjustment": 0, "Height": 0.0001}},
    {"Node": "b", "Segment": "", "Coord": {"Vec": [0.02, *ZERO], "Error": 0.1, "Adjustment": 0, "Height": 0.0004}},
]


@pytest.fixture
def asked(agent):
    agent.on("GET", "/v1/coordinate/nodes", ROWS)
    agent.on("GET", "/v1/agent/self", {"Config": {"NodeName": "b", "Datacenter": "dc2"}})
    datacenters = [{"Datacenter": f"dc{n}", "AreaID": "WAN", "Coordinates": [ROWS[n - 1]]} for n in (1, 2)]
    agent.on("GET", "/v1/coordinate/datacenters", [*datacenters, {"Datacenter": "dc3", "Coordinates": None}])


@pytest.mark.usefixtures("asked")
def test_between_two_nodes_and_from_the_agents_own(lictor):
    assert lictor("rtt", "a", "B") == (0, "Estimated a <-> B rtt: 20.500 ms (using LAN coordinates)\n", "")
    assert lictor("rtt", "a").out == "Estimated a <-> b rtt: 20.500 ms (using LAN coordinates)\n"


@pytest.mark.usefixtures("asked")
def test_a_node_without_a_coordinate_is_named(lictor):
    ran = lictor("rtt", "a", "c")
    assert ran.status == 1
    assert "Could not find a coordinate for node 'c'" in ran.err


@pytest.mark.usefixtures("asked")
def test_between_servers_of_datacenters(lictor):
    assert (
        lictor("rtt", "-wan", "a.dc1", "b.DC2").out
        == "Estimated a.dc1 <-> b.DC2 rtt: 20.500 ms (using WAN coordinates)\n"
    )
    assert lictor("rtt", "-wan", "a.dc1").out == "Estimated a.dc1 <-> b.dc2 rtt: 20.500 ms (using WAN coordinates)\n"
    assert "Could not find a coordinate for node 'a.dc2'" in lictor("rtt", "-wan", "a.dc2").err


def test_a_server_elsewhere_is_named_with_its_datacenter(lictor, agent):
    ran = lictor("rtt", "-wan", "a", "b.dc2")
    assert (ran.status, agent.asked) == (1, [])
    assert "Example: lictor rtt -wan n1.dc1 n1.dc2" in ran.err


def test_without_a_name_it_says_what_is_missing(lictor):
    assert "One or two node names must be specified" in lictor("rtt").err


def test_where_coordinates_are_off_the_agents_words_are_shown(lictor, agent):
    agent.on("GET", "/v1/coordinate/nodes", b"Coordinate support disabled", status=401)
    ran = lictor("rtt", "a", "b")
    assert ran.status == 1
    assert "Coordinate support disabled" in ran.err
