"""Where one node reaches others: what it was told of all at once it shares, what it learns is its own."""

from __future__ import annotations

from lictor_actors.hosts.live.directory import LiveDirectory

ALL = {f"n{i}.dc1": (f"tcp://n{i}:8301", f"tcp://n{i}:8300") for i in range(3)}
MOVED = "tcp://elsewhere:8301", "tcp://elsewhere:8300"


def known() -> LiveDirectory:
    directory = LiveDirectory()
    for node in ("n0.dc1", "n1.dc1"):
        directory.begin(node, ALL[node])
        directory.learn_all(node, ALL)
    return directory


def test_one_that_moves_moves_for_the_node_that_has_heard_of_it() -> None:
    directory = known()
    assert directory.locate("n0.dc1", "n2.dc1", "gossip", MOVED) == []
    assert directory.urls("n0.dc1", "n2.dc1") == list(MOVED)
    assert directory.urls("n1.dc1", "n2.dc1") == list(ALL["n2.dc1"])


def test_urls_are_let_go_of_when_the_last_node_forgets_them() -> None:
    directory = known()
    assert directory.locate("n0.dc1", "n2.dc1", "gossip", None) == []
    assert directory.locate("n1.dc1", "n2.dc1", "gossip", None) == list(ALL["n2.dc1"])
    assert directory.url("n0.dc1", "n2.dc1", "server") == ""
    assert directory.url("n0.dc1", "n1.dc1", "server") == ALL["n1.dc1"][1]


def test_what_was_known_before_remains() -> None:
    directory = LiveDirectory()
    directory.begin("n0.dc1", ALL["n0.dc1"])
    directory.locate("n0.dc1", "n9.dc1", "gossip", MOVED)
    directory.locate("n0.dc1", "w.dc2", "wan", MOVED)
    directory.learn_all("n0.dc1", ALL)
    assert directory.urls("n0.dc1", "n9.dc1") == directory.urls("n0.dc1", "w.dc2") == list(MOVED)
