"""How long the first of a crowd waits for the others, driven by hand."""

from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.requests.gathering import WAIT_MOST_NS, Gathering
from lictor_messages.server import ProposeDue


@pytest.fixture
def gathering() -> Gathering:
    return Gathering("propose", ProposeDue())


def turn(now: int = 0) -> Turn:
    rng = Random(1)
    return Turn(Life(Actor(), "server@n1.dc1", rng, rng.randbytes), now, 0, None)


def looks(moment: Turn) -> list[int]:
    return [effect.after for effect in moment.effects if isinstance(effect, SetTimer)]


def test_one_alone_goes_at_once(gathering: Gathering) -> None:
    first = turn()
    assert gathering.goes_at_once(False, first)
    assert looks(first) == []


def test_while_a_round_is_on_its_way_it_is_waited_for_but_not_for_ever(gathering: Gathering) -> None:
    first = turn()
    assert not gathering.goes_at_once(True, first)
    assert looks(first) == [WAIT_MOST_NS]
    over = turn(1)
    gathering.round_over(over)
    assert looks(over) == [0]


@pytest.mark.parametrize(("count", "busy", "crowded"), [(1, False, False), (2, False, True), (1, True, True)])
def test_after_a_crowd_even_the_first_waits_for_company(
    gathering: Gathering, count: int, busy: bool, crowded: bool
) -> None:
    gathering.gone(2, False)
    gathering.gone(count, busy)
    following = turn()
    assert gathering.goes_at_once(False, following) != crowded
    assert looks(following) == ([0] if crowded else [])


def test_as_long_as_more_come_it_looks_again_and_then_no_more(gathering: Gathering) -> None:
    gathering.goes_at_once(True, turn())
    again = turn(1)
    assert gathering.look_again(3, again)
    assert looks(again) == [0]
    still = turn(2)
    assert not gathering.look_again(3, still)
    assert looks(still) == []


def test_each_round_counts_anew(gathering: Gathering) -> None:
    gathering.goes_at_once(True, turn())
    assert gathering.look_again(10, turn(1))
    gathering.gone(10, True)
    gathering.goes_at_once(True, turn(2))
    assert gathering.look_again(1, turn(3))


def test_those_who_never_stop_coming_do_not_keep_the_first_from_going(gathering: Gathering) -> None:
    gathering.goes_at_once(True, turn())
    assert gathering.look_again(10, turn(WAIT_MOST_NS - 1))
    assert not gathering.look_again(20, turn(WAIT_MOST_NS))
