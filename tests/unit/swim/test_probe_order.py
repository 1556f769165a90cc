"""Whose turn it is to be probed: a shuffle that is drawn as it is read."""

from collections import Counter
from random import Random

import pytest

from lictor_actors.swim.probe_order import ProbeOrder

NAMES = tuple(f"n{n}" for n in range(10))


@pytest.mark.parametrize("seed", range(20))
def test_each_has_one_turn_in_a_pass_also_those_that_come_meanwhile(seed):
    rng, order = Random(seed), ProbeOrder(NAMES)
    drawn = [order.draw(rng) for _ in range(seed % 11)]
    for name in ("new", "newer"):
        order.add(name)
    while order:
        drawn.append(order.draw(rng))
    assert sorted(drawn) == sorted((*NAMES, "new", "newer"))


def test_each_is_as_likely_to_come_at_any_place():
    places = Counter()
    for seed in range(1000):
        rng, order = Random(seed), ProbeOrder(NAMES)
        places.update(enumerate(order.draw(rng) for _ in NAMES))
    assert len(places) == 100
    assert all(60 < count < 140 for count in places.values())


def test_it_holds_no_more_than_what_was_drawn_has_moved():
    rng, order = Random(1), ProbeOrder(tuple(map(str, range(10_000))))
    most = 0
    while order:
        order.draw(rng)
        most = max(most, len(order._moved))
        assert len(order._moved) <= 10_000 - len(order)
    assert most < 3_000
    assert not order._moved
