from collections import Counter
from random import Random

import pytest

from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.codec import pack_body
from lictor_messages.swim import Alive

KEEP = 30_000_000_000


def peer(name: str, now: int = 0) -> Peer:
    alive = Alive(name=name, dc="dc1", address="::1", port=1, gossip="tcp://g", rest="tcp://r", incarnation=1)
    return Peer(alive, pack_body(alive), now, "prober")


@pytest.fixture
def rng():
    return Random(3)


@pytest.fixture
def table(rng):
    members = MemberTable(peer("me"))
    for n in range(10):
        members.add(peer(f"n{n}"))
    return members


def test_each_pass_probes_everyone_once_in_another_order(table, rng):
    passes = [[table.next_to_probe(0, KEEP, rng).node for _ in range(10)] for _ in range(3)]
    table_order = sorted(table.others)
    assert all(sorted(p) == table_order for p in passes[1:])
    assert passes[1] != passes[2]


@pytest.mark.parametrize("seed", range(30))
def test_a_newcomer_is_probed_within_2n_minus_1_rounds(table, seed):
    rng = Random(seed)
    for _ in range(seed % 10):
        table.next_to_probe(0, KEEP, rng)
    table.add(peer("new"))
    n = len(table.others)
    assert "new.dc1" in [table.next_to_probe(0, KEEP, rng).node for _ in range(2 * n - 1)]


def test_a_newcomer_gets_any_place_in_the_list():
    """SWIM section 4.3: at its end, whoever joined last would always be probed last."""
    places = Counter()
    for seed in range(660):
        rng = Random(seed)
        members = MemberTable(peer("me"))
        for name in ("n0", "n1", "n2", "n3", "n4", "new"):
            members.add(peer(name))
        places[[members.next_to_probe(0, KEEP, rng).node for _ in range(6)].index("new.dc1")] += 1
    assert sorted(places) == [0, 1, 2, 3, 4, 5]
    assert all(70 < count < 150 for count in places.values())


def test_those_long_dead_leave_the_list_and_those_just_dead_stay(table, rng):
    """A cluster that loses nodes for ever must not go through all of them in every pass."""
    gone = table.others["n3.dc1"]
    table.turn_into(gone, MemberState.DEAD, 0)
    assert gone not in [table.next_to_probe(KEEP - 1, KEEP, rng) for _ in range(20)]
    assert gone.node in table._names_since(-1)
    assert sorted(table._names_since(0)) == sorted(set(table.others) - {gone.node})


def test_dead_and_left_are_not_probed_and_there_may_be_nobody(table, rng):
    for p in list(table.others.values()):
        table.turn_into(p, MemberState.DEAD, 0)
    assert table.next_to_probe(1, KEEP, rng) is None
    assert table.alone
    table.turn_into(table.others["n4.dc1"], MemberState.SUSPECT, 5)
    assert table.next_to_probe(5, KEEP, rng).node == "n4.dc1"


def test_one_long_dead_that_comes_back_is_probed_again(table, rng):
    gone = table.others["n3.dc1"]
    table.turn_into(gone, MemberState.DEAD, 0)
    for _ in range(30):
        assert table.next_to_probe(2 * KEEP, KEEP, rng) is not gone
    table.turn_into(gone, MemberState.ALIVE, 2 * KEEP)
    assert gone in [table.next_to_probe(2 * KEEP, KEEP, rng) for _ in range(19)]


def test_picks_are_different_wanted_and_spread_evenly(table, rng):
    counts = Counter()
    for _ in range(600):
        picked = table.pick(3, lambda p: p.node != "n0.dc1", rng)
        assert len({p.node for p in picked}) == 3
        counts.update(p.node for p in picked)
    assert "n0.dc1" not in counts
    assert all(140 < count < 260 for count in counts.values())
    assert len(table.pick(20, lambda p: True, rng)) == 10
    assert table.pick(3, lambda p: False, rng) == []


def test_the_fingerprint_depends_on_who_is_alive_not_on_the_order_of_joining(rng):
    one, two = MemberTable(peer("a")), MemberTable(peer("b"))
    for name in ("b", "c"):
        one.add(peer(name))
    for name in ("c", "a"):
        two.add(peer(name))
    assert one.fingerprint == two.fingerprint
    two.turn_into(two.others["c.dc1"], MemberState.SUSPECT, 1)
    assert one.fingerprint == two.fingerprint
    two.turn_into(two.others["c.dc1"], MemberState.DEAD, 1)
    assert one.fingerprint != two.fingerprint
    assert two.alive_count == 2


def test_members_are_listed_by_name(table):
    assert [p.alive.name for p in table.sorted()] == sorted(["me", *(f"n{n}" for n in range(10))])
