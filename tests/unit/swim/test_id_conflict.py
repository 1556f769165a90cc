"""Two nodes of one id that came in by different doors in one moment: the one that most members met first stays."""

import pytest

from lictor_messages.host import NodeStopping
from lictor_messages.pool import QueryAnswer

ID = {"id": "0a1b2c3d-0000-4000-8000-000000000001"}


def stopping(net, key):
    return [message.why for message in net.hosted(key, NodeStopping)]


def test_one_stops_and_is_told_what_to_do_and_the_other_stays(cluster):
    net = cluster(6)
    net.add("a", "n0", address="10.0.0.1", tags=ID)
    net.add("b", "n1", address="10.0.0.2", tags=ID)
    net.until(lambda: bool(stopping(net, "a") or stopping(net, "b")), within=60)
    net.run(10)
    (loser,) = [key for key in "ab" if stopping(net, key)]
    winner = "b" if loser == "a" else "a"
    (why,) = stopping(net, loser)
    assert why.startswith(
        f"node '{loser}' has the id of node '{winner}', which lives at 10.0.0.{'ab'.index(winner) + 1}:"
    )
    assert "members met it first: this node stops." in why
    assert "Remove the file 'node-id' from it" in why
    assert any(
        note.startswith("conflict: this node keeps the id 0a1b2c3d") for note in net.nodes[f"{winner}.dc1"].notes
    )
    net.crash(loser)
    net.until(net.converged, within=60)


@pytest.fixture
def votes(net):
    """A node with four other members, which do not run, and one more of its id; what these are asked, and answer."""

    def hold(*first: str, own: str = "10.0.0.5") -> list[str]:
        net.add("n0", address=own, port=8301, tags=ID)
        for i in range(1, 5):
            net.gossip("n0", net.alive(f"n{i}", 5))
        net.run(1)
        net.gossip("n0", net.alive("copy", 5, tags=ID, address="10.0.0.6"))
        ((ltime, id_),) = net.prober("n0").pool.asking._open
        for i, name in enumerate(first, 1):
            answer = QueryAnswer(ltime=ltime, id=id_, node=f"n{i}.dc1", payload=f"{name}.dc1".encode())
            net.hear("n0", answer, source=f"prober@n{i}.dc1")
        net.run(4)
        return stopping(net, "n0")

    return hold


@pytest.mark.parametrize(
    ("first", "own", "stays"),
    [
        (("n0", "n0", "n0", "copy"), "10.0.0.9", True),
        (("n0", "copy", "copy", "copy"), "10.0.0.1", False),
        (("copy", "copy", "copy"), "10.0.0.1", False),
        (("copy", "copy"), "10.0.0.7", True),  # two of four: the others may have met this one first
        (("n0", "n0", "copy", "copy"), "10.0.0.5", True),  # a tie: the lower address stays
        (("n0", "n0", "copy", "copy"), "10.0.0.7", False),
        ((), "10.0.0.7", True),  # no member has said anything
    ],
)
def test_most_of_the_members_decide(net, votes, first, own, stays):
    assert (votes(*first, own=own) == []) == stays


def test_one_that_has_failed_speaks_for_no_member(cluster):
    """A node may come back under another name once its old one has failed: the old one has no claim any more."""
    net = cluster(4)
    net.add("old", "n0", tags=ID)
    net.until(net.converged, within=10)
    net.crash("old")
    net.until(lambda: all(net.status(f"n{i}", "old") == "failed" for i in range(4)), within=60)
    net.add("new", "n0", tags=ID)
    net.run(60)
    assert stopping(net, "new") == []
    assert net.status("n2", "new") == "alive"
