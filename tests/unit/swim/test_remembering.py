"""What a prober keeps of those it knows, and how its next life finds them by that."""

import pytest

from lictor_messages.base import STORED, FrozenMap
from lictor_messages.codec import pack_body, unpack_body
from lictor_messages.host import DiskFreed, DiskFull, Durable
from lictor_messages.journal import Cell
from lictor_messages.members import Join, Leave
from lictor_messages.swim import PushPull, RememberDue, Remembered

SERVER = FrozenMap({"role": "consul"})
A_WHILE = 100
"""Longer than the time between two looks."""


def kept(net, name: str) -> Remembered:
    return unpack_body(net.nodes[f"{name}.dc1"].journal[-1].data, STORED)


def joins(net, name: str) -> int:
    return sum(push.join for push in net.sent_by(name, PushPull))


def look_again(net, name: str) -> None:
    net.deliver(net.nodes[f"{name}.dc1"].life, RememberDue(), None)


@pytest.fixture
def acquainted(net):
    """Three nodes that were never told how to join: somebody has introduced them once."""
    for name in ("n0", "n1", "n2"):
        net.add(name)
    net.ask("n0", Join(addresses=("n1", "n2")))
    net.run(A_WHILE)
    assert net.converged()
    return net


def test_a_node_that_knows_nobody_keeps_nothing_and_looks_for_nobody(net):
    net.add("n0")
    net.run(A_WHILE)
    net.crash("n0")
    net.start("n0")
    net.run(A_WHILE)
    assert net.nodes["n0.dc1"].journal == []
    assert net.sent == []


def test_members_are_kept_once_and_then_not_written_again(acquainted):
    net = acquainted
    assert set(kept(net, "n0").addresses) == {"tcp://n1:8301", "tcp://n2:8301"}
    written = [len(node.journal) for node in net.nodes.values()]
    net.run(600)
    assert [len(node.journal) for node in net.nodes.values()] == written
    assert max(written) <= 2


@pytest.mark.slow
def test_a_cluster_of_a_hundred_writes_next_to_nothing(cluster):
    net = cluster(100)
    net.run(300)
    assert sum(len(node.journal) for node in net.nodes.values()) <= 200


def test_one_that_starts_again_rejoins_and_says_through_whom(acquainted):
    net = acquainted
    net.crash("n0")
    net.run(1)
    net.start("n0")
    net.until(net.converged, within=1)
    (note,) = [note for note in net.nodes["n0.dc1"].notes if note.startswith("join")]
    assert note in [f"join: rejoined through tcp://n{i}:8301, which it knew before" for i in (1, 2)]


def test_all_that_start_again_find_each_other(acquainted):
    net = acquainted
    for name in ("n0", "n1", "n2"):
        net.crash(name)
    for name in ("n2", "n0", "n1"):
        net.start(name)
        net.run(2)
    net.until(net.converged, within=3)
    net.sent.clear()
    net.run(A_WHILE)
    assert joins(net, "n0") + joins(net, "n1") + joins(net, "n2") == 0


def test_those_remembered_are_tried_beside_the_addresses_to_join(acquainted):
    net = acquainted
    net.crash("n0")
    net.start("n0", join=("tcp://nobody:8301",))
    net.until(net.converged, within=1)


def test_an_address_that_is_remembered_and_to_be_joined_is_tried_once(acquainted):
    net = acquainted
    net.crash("n0")
    net.sent.clear()
    net.start("n0", join=("n1:8301",))
    assert joins(net, "n0") == 2


def leave(net, name: str) -> None:
    net.ask(name, Leave())
    net.until(lambda: net.nodes[f"{name}.dc1"].answers != [], within=6)
    net.crash(name)


def test_whoever_left_does_not_come_back_by_itself(acquainted):
    net = acquainted
    net.nodes["n0.dc1"].answers.clear()
    leave(net, "n0")
    assert kept(net, "n0").left
    net.sent.clear()
    net.start("n0")
    net.run(A_WHILE)
    assert net.sent_by("n0", PushPull) == []
    assert net.prober("n0").alive_count == 1


def test_whoever_left_comes_back_if_it_is_to_rejoin_after_a_leave(acquainted):
    net = acquainted
    net.nodes["n0.dc1"].answers.clear()
    leave(net, "n0")
    net.start("n0", rejoin_after_leave=True)
    net.until(net.converged, within=1)


def test_a_leave_is_forgotten_with_the_next_meeting(acquainted):
    net = acquainted
    net.nodes["n0.dc1"].answers.clear()
    leave(net, "n0")
    net.start("n0")
    net.ask("n0", Join(addresses=("n1",)))
    net.run(A_WHILE)
    net.crash("n0")
    net.start("n0")
    net.until(net.converged, within=1)


def test_one_that_is_gone_for_good_keeps_nobody_from_rejoining_and_is_heard_of_no_more(acquainted):
    net = acquainted
    for name in ("n0", "n1", "n2"):
        net.crash(name)
    net.start("n0")
    net.run(20)
    assert sum("nobody has answered" in note for note in net.nodes["n0.dc1"].notes) == 1
    net.start("n1")
    net.until(net.converged, within=2)
    net.run(A_WHILE)
    assert kept(net, "n0").addresses == ("tcp://n1:8301",)
    net.sent.clear()
    net.run(600)
    tried = [e for _, e in net.sent if e.target == "prober@tcp://n2:8301"]
    assert 0 < len(tried) <= 2 * 600 / 15


def test_who_failed_is_remembered_and_who_left_is_not(acquainted):
    net = acquainted
    net.nodes["n1.dc1"].answers.clear()
    leave(net, "n1")
    net.crash("n2")
    net.until(lambda: net.status("n0", "n2") == "failed", within=60)
    look_again(net, "n0")
    assert kept(net, "n0").addresses == ("tcp://n2:8301",)


def test_while_it_still_looks_for_those_it_knew_it_forgets_none(acquainted):
    net = acquainted
    before = kept(net, "n0")
    for name in ("n0", "n1", "n2"):
        net.crash(name)
    net.start("n0")
    net.run(A_WHILE)
    assert kept(net, "n0") == before


def test_servers_are_kept_rather_than_others_and_no_more_than_eight(net):
    net.add("n0")
    net.gossip("n0", *(net.alive(f"a{i}", 5) for i in range(20)))
    look_again(net, "n0")
    assert kept(net, "n0").addresses == tuple(f"tcp://a{i}:8301" for i in range(8))
    net.gossip("n0", *(net.alive(f"s{i}", 5, tags=SERVER) for i in range(3)))
    look_again(net, "n0")
    assert kept(net, "n0").addresses == tuple(f"tcp://s{i}:8301" for i in range(3))
    net.gossip("n0", *(net.alive(f"s{i}", 5, tags=SERVER) for i in range(3, 20)))
    net.bury("n0", "s0", 5)
    look_again(net, "n0")
    assert kept(net, "n0").addresses == tuple(f"tcp://s{i}:8301" for i in range(1, 9))


def test_halves_that_started_again_apart_meet_when_the_cut_is_healed(net):
    for i in range(4):
        net.add(f"n{i}")
    net.ask("n0", Join(addresses=("n1", "n2", "n3")))
    net.run(A_WHILE)
    for i in range(4):
        net.crash(f"n{i}")

    def half(place: str) -> bool:
        return any(name in place for name in ("n0", "n1"))

    net.drops.append(lambda e: half(e.source) != half(e.target))
    for i in range(4):
        net.start(f"n{i}")
    net.run(A_WHILE)
    assert {prober.alive_count for prober in net.probers()} == {2}
    net.drops.clear()
    net.until(net.converged, within=200)
    net.run(A_WHILE)
    assert [prober.pool.remembering.unmet for prober in net.probers()] == [[]] * 4


def test_what_it_cannot_read_does_not_keep_it_from_starting(net):
    net.add("n0")
    for data in (b"\xc1", pack_body(RememberDue())):
        net.crash("n0")
        net.nodes["n0.dc1"].journal = [Cell(name="remembered", data=data)]
        net.start("n0")
    assert net.sent == []


def test_what_the_disk_says_is_no_business_of_gossip(acquainted):
    net = acquainted
    for word in (DiskFull(why="no space left on device"), DiskFreed(), Durable(upto=1)):
        net.deliver(net.nodes["n0.dc1"].life, word, None)
    assert net.converged()


# -- servers ---------------------------------------------------------------------------


@pytest.fixture
def three_servers(net):
    for name in ("n0", "n1", "n2"):
        net.add(name, tags=SERVER)
    net.ask("n0", Join(addresses=("n1", "n2")))
    net.until(net.converged, within=2)
    return net


def test_a_server_keeps_the_others_as_soon_as_it_knows_them(three_servers):
    net = three_servers
    assert {name: set(kept(net, name).addresses) for name in ("n0", "n1", "n2")} == {
        "n0": {"tcp://n1:8301", "tcp://n2:8301"},
        "n1": {"tcp://n0:8301", "tcp://n2:8301"},
        "n2": {"tcp://n0:8301", "tcp://n1:8301"},
    }


def test_a_server_that_is_killed_right_after_the_cluster_has_formed_finds_it_again(three_servers):
    net = three_servers
    net.crash("n0")
    net.start("n0", tags=SERVER)
    net.until(net.converged, within=1)


def test_a_server_that_has_met_one_of_them_again_still_keeps_the_other(three_servers):
    net = three_servers
    net.crash("n0")
    net.crash("n2")
    net.start("n0", tags=SERVER)
    net.until(lambda: net.prober("n0").alive_count > 1, within=1)
    assert set(kept(net, "n0").addresses) == {"tcp://n1:8301", "tcp://n2:8301"}


def test_an_agent_that_hears_of_a_server_waits_for_its_look(three_servers):
    """A hundred of them that start together would write a file each in the same moment."""
    net = three_servers
    net.add("n3", "n0")
    net.until(net.converged, within=2)
    assert net.nodes["n3.dc1"].journal == []
