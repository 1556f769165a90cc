"""Two nodes of one name: most of the members decide which of them stays."""

import pytest

from lictor_messages.codec import pack_body
from lictor_messages.host import NodeStopping
from lictor_messages.members import MemberFailed
from lictor_messages.pool import PoolQuery, QueryAnswer


@pytest.fixture
def contested(cluster):
    """Six members; two more that are both called "twin" come in by different doors in one moment."""
    net = cluster(6)
    net.add("a", "n0", called="twin", address="10.0.0.1", tags={"id": "a"})
    net.add("b", "n1", called="twin", address="10.0.0.2", tags={"id": "b"})
    net.run(0.01)
    return net


def stopping(net, key):
    return [message.why for message in net.hosted(key, NodeStopping)]


def obey(net):
    """The hosts do as they are told."""
    for key in ("a", "b"):
        if stopping(net, key):
            net.crash(key)


def test_one_of_two_that_came_by_different_doors_stops_and_the_other_becomes_everyones(contested):
    net = contested
    net.until(lambda: bool(stopping(net, "a") or stopping(net, "b")), within=90)
    net.run(10)
    (loser,) = [key for key in ("a", "b") if stopping(net, key)]
    winner = "b" if loser == "a" else "a"
    assert stopping(net, winner) == []
    (why,) = stopping(net, loser)
    place = {"a": "10.0.0.1:8301", "b": "10.0.0.2:8301"}[winner]
    assert why.startswith(f"another node is called 'twin' too, at {place}, and only ")
    assert why.endswith("Give it another 'node_name' and start it again")
    obey(net)
    wanted = net.prober(winner).members.me.alive.address
    held = lambda: {net.prober(f"n{i}").members.get("twin.dc1").alive.address for i in range(6)}  # noqa: E731
    net.until(lambda: held() == {wanted} and net.converged(), within=180)


def test_the_loser_takes_no_leave_and_keeps_its_namesake_in_the_pool(contested):
    net = contested
    net.until(lambda: bool(stopping(net, "a") or stopping(net, "b")), within=90)
    net.run(2)
    assert all(net.status(f"n{i}", "twin") != "left" for i in range(6))


@pytest.fixture
def votes(net):
    """A node with four other members, which do not run, and a namesake; what these are asked, and answer."""

    def hold(*places: str, own: str = "10.0.0.5") -> list[str]:
        net.add("n0", address=own, port=8301)
        for i in range(1, 5):
            net.gossip("n0", net.alive(f"n{i}", 5))
        net.run(1)
        net.gossip("n0", net.alive("n0", 2_000_000_000, address="10.0.0.6", gossip="tcp://other:8301"))
        ((ltime, id_),) = net.prober("n0").pool.asking._open
        for i, place in enumerate(places, 1):
            answer = QueryAnswer(ltime=ltime, id=id_, node=f"n{i}.dc1", payload=f"{place}:8301".encode())
            net.hear("n0", answer, source=f"prober@n{i}.dc1")
        net.run(4)
        return stopping(net, "n0")

    return hold


HERE, THERE = "10.0.0.5", "10.0.0.6"


@pytest.mark.parametrize(
    ("places", "stays"),
    [
        ((HERE, HERE, HERE), True),
        ((HERE, THERE, THERE, THERE), False),
        ((THERE, THERE, THERE), False),
        ((THERE, THERE), True),  # two of four: the others may speak for this node
        ((HERE, HERE, THERE, THERE), True),  # a tie: the lower address stays
        (("10.0.0.9", "10.0.0.9", "10.0.0.9", HERE), False),
        ((), True),  # no member has said anything
    ],
)
def test_most_of_the_members_decide(net, votes, places, stays):
    assert (votes(*places) == []) == stays


def test_in_a_tie_the_higher_address_gives_way(net, votes):
    assert votes("10.0.0.7", "10.0.0.7", THERE, THERE, own="10.0.0.7") != []


def test_no_answer_is_said_aloud(net, votes):
    votes()
    net.run(20)
    assert "conflict: no member has said who keeps the name n0.dc1: both go on" in net.nodes["n0.dc1"].notes


def test_claims_of_the_same_conflict_are_asked_about_once_in_a_while(net, votes):
    votes(HERE, HERE)
    asked = len([note for note in net.nodes["n0.dc1"].notes if "the pool is asked" in note])
    for n in range(5):
        net.gossip("n0", net.alive("n0", 2_000_000_010 + n, address=THERE, gossip="tcp://other:8301"))
    assert len([note for note in net.nodes["n0.dc1"].notes if "the pool is asked" in note]) == asked == 1


def test_a_namesake_that_asks_has_this_node_ask_too(net):
    net.add("n0", address=HERE)
    net.gossip("n0", net.alive("n1", 5))
    net.run(1)
    question = PoolQuery(
        id=1, ltime=1, name="_serf_conflict", payload=b"n0.dc1", origin="n0.dc1", gossip="tcp://other:8301"
    )
    net.gossip("n0", pack_body(question))
    assert net.sent_by("n0", QueryAnswer) == []
    assert len(net.prober("n0").pool.asking._open) == 1


@pytest.mark.parametrize("incarnation", [4, 2_000_000_000])
def test_an_older_record_of_the_node_itself_is_no_conflict(net, incarnation):
    """It was started again at another address. One that is newer than its own is another node's."""
    net.add("n0", tags={"id": "a"})
    net.gossip("n0", net.alive("n1", 5))
    net.gossip("n0", net.alive("n0", incarnation, tags={"id": "a"}))
    assert bool(net.prober("n0").pool.asking._open) == (incarnation == 2_000_000_000)


def test_one_that_was_away_until_its_name_was_taken_gives_way(cluster):
    net = cluster(5)
    net.pause("n4")
    net.run(60)
    assert net.status("n0", "n4") == "failed"
    net.add("new", "n0", called="n4", address="10.0.0.9")
    net.until(lambda: net.prober("n0").members.get("n4.dc1").alive.address == "10.0.0.9", within=40)
    net.run(2)
    assert net.told("n0", MemberFailed)
    slept = net.nodes["n4.dc1"]
    slept.paused = [
        (timer, None) for timer, envelope in slept.paused if envelope is None
    ]  # what was said to it is lost
    net.resume("n4")
    net.until(lambda: bool(stopping(net, "n4")), within=60)
    assert stopping(net, "new") == []


def test_in_the_pool_of_all_datacenters_a_conflict_is_said_and_nothing_more(net):
    server = {"role": "consul"}
    net.add("n0", pool="wan", tags=server)
    net.gossip("n0", net.alive("n1", 5, tags=server))
    net.gossip("n0", net.alive("n0", 2_000_000_000, gossip="tcp://other:8301", tags=server))
    assert any(note.startswith("conflict: n0.dc1 is this node's name") for note in net.nodes["n0.dc1"].notes)
    assert not net.prober("n0").pool.asking._open
