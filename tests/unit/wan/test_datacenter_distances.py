"""By distance: the middle server of each datacenter counts, the own one is first, what is not measured is last."""

from random import Random

from lictor_actors.hosts.lanes import Places
from lictor_actors.roles.wan.distances import by_distance, maps
from lictor_actors.roles.wan.failover import order
from lictor_actors.roles.wan.remote_servers import RemoteServers
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.coordinates import Coordinate
from lictor_messages.members import Member
from lictor_messages.queries import FailoverTarget, QueryFailover
from lictor_messages.swim import Alive


def at(seconds: float) -> Coordinate:
    return Coordinate(vec=(seconds, *[0.0] * 7))


Known = tuple[MemberTable, dict[str, Coordinate]]


def table(*others: tuple[str, str, float | None]) -> Known:
    """This node in dc2 and others by name, datacenter and place; None: not measured. And the places by node."""

    def peer(name: str, dc: str) -> Peer:
        record = Alive(name=name, dc=dc, address="10.0.0.1", port=8302, gossip="g", rest="r", incarnation=1)
        return Peer(record, b"", 0, "prober-wan")

    members = MemberTable(peer("me", "dc2"))
    for name, dc, _ in others:
        members.add(peer(name, dc))
    return members, {f"{name}.{dc}": at(place) for name, dc, place in others if place is not None}


def test_the_middle_server_counts_and_names_decide_between_equals():
    known = table(
        ("a", "dc1", 0.5),
        ("b", "dc1", 0.01),
        ("c", "dc1", 0.4),
        ("a", "dc3", 0.2),
        ("a", "dc4", None),
        ("a", "dc0", None),
    )
    assert by_distance(*known, at(0.0)) == ["dc2", "dc3", "dc1", "dc0", "dc4"]
    assert by_distance(*known, None) == ["dc2", "dc0", "dc1", "dc3", "dc4"]


def test_those_that_left_are_in_no_datacenter_and_maps_hold_what_is_measured():
    members, places = table(("a", "dc1", 0.5), ("b", "dc1", None), ("z", "dc3", 0.1))
    members.turn_into(members.others["z.dc3"], MemberState.LEFT, 1)
    assert by_distance(members, places, at(0.0)) == ["dc2", "dc1"]
    found = {each.datacenter: [row.node for row in each.coordinates] for each in maps(members, places, at(0.0))}
    assert found == {"dc1": ["a"], "dc2": ["me"]}


def test_the_order_of_failover_has_each_known_datacenter_once():
    others = ["dc3", "dc2", "dc4"]
    assert order(QueryFailover(nearest_n=2, datacenters=("dc4", "dc3", "dc9")), others) == ["dc3", "dc2", "dc4"]
    assert order(QueryFailover(datacenters=("dc4", "dc2")), others) == ["dc4", "dc2"]
    targets = tuple(FailoverTarget(datacenter=dc) for dc in ("dc2", "", "dc9", "dc4"))
    assert order(QueryFailover(targets=targets), others) == ["dc2", "dc4"]


def test_servers_are_asked_while_they_live_and_their_datacenter_is_known_while_they_have_not_left():
    servers, rng = RemoteServers(), Random(1)
    members = [Member(name=f"s{n}", dc="dc2", address="a", port=1, gossip="g", rest="r") for n in (1, 2, 3)]
    servers.listed(tuple(members), rng)
    first = servers.of("dc2")[0]
    servers.rotate(first)
    assert servers.of("dc2")[-1] == first
    for member in members:
        servers.changed(member.model_copy(update={"status": "failed"}), rng)
    assert (servers.of("dc2"), servers.knows("dc2"), servers.knows("dc3")) == ([], True, False)
    for member in members:
        servers.forgotten(member, rng)
    assert not servers.knows("dc2")


def test_what_one_pool_forgets_the_other_still_knows():
    places = Places()
    places.learn("s.dc1", "gossip", ("g", "r"))
    places.learn("s.dc1", "wan", ("w", "elsewhere"))
    assert [places.url("s.dc1", lane) for lane in ("gossip", "wan", "rest")] == ["g", "w", "r"]
    assert places.forget("s.dc1", "gossip") == ("g", "r")
    assert [places.url("s.dc1", lane) for lane in ("gossip", "wan", "rest")] == ["", "w", "elsewhere"]
    places.forget("s.dc1", "wan")
    assert (list(places), places.url("s.dc1", "rest")) == ([], "")
