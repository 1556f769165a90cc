"""How far a process is behind: the loop's lateness and the wait of its mail together, told once a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from lictor_actors.hosts.live.lag import EVERY_S, WORTH_TELLING_S, LagWatch
from lictor_actors.hosts.live.run_queue import NOTHING, TICK_MESSAGES_MAX, RunQueue


class Hand:
    """A loop whose hands a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.soon: list[Callable[[], None]] = []
        self.later: list[tuple[float, Callable[..., None], tuple[object, ...]]] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, call: Callable[[], None]) -> None:
        self.soon.append(call)

    def call_at(self, when: float, call: Callable[..., None], *arguments: object) -> None:
        self.later.append((when, call, arguments))

    def turn(self) -> None:
        calls, self.soon = self.soon, []
        for call in calls:
            call()

    def ring(self) -> None:
        _, call, arguments = self.later.pop()
        call(*arguments)


class Slow:
    """Takes mail, and a while for each."""

    address = "slow@n1.dc1"

    def __init__(self, hand: Hand, takes_s: float) -> None:
        self._hand = hand
        self._takes_s = takes_s
        self.taken = 0

    def take(self, *_: object) -> None:
        self._hand.now += self._takes_s
        self.taken += 1

    def took(self, seconds: float) -> None:
        assert seconds >= 0


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def queue(hand: Hand) -> RunQueue:
    made = RunQueue(Counter())
    made.start(hand, lambda: None)  # type: ignore[arg-type]
    return made


def test_a_mark_comes_after_the_mail_that_waited_and_before_what_came_later(hand: Hand, queue: RunQueue) -> None:
    slow, seen = Slow(hand, 0.0), []
    for _ in range(TICK_MESSAGES_MAX + 10):
        queue.put(slow, 1, NOTHING, None)
    queue.behind_all(lambda: seen.append(slow.taken))
    queue.put(slow, 1, NOTHING, None)
    hand.turn()
    assert not seen  # a tick takes no more than that
    hand.turn()
    assert seen == [TICK_MESSAGES_MAX + 10]
    assert slow.taken == TICK_MESSAGES_MAX + 11


@pytest.mark.parametrize(
    ("late_s", "waits_s", "told"),
    [
        (0.0, 0.0, False),
        (2 * WORTH_TELLING_S, 0.0, True),  # the loop was late
        (0.0, 2 * WORTH_TELLING_S, True),  # the loop was in time, and its mail waited
    ],
)
def test_lag_is_how_long_mail_waits(hand: Hand, queue: RunQueue, late_s: float, waits_s: float, told: bool) -> None:
    heard: list[float] = []
    LagWatch(hand, queue.behind_all, heard.append).start()  # type: ignore[arg-type]
    hand.now = EVERY_S + late_s
    queue.put(Slow(hand, waits_s), 1, NOTHING, None)
    hand.ring()
    hand.turn()
    assert heard == ([pytest.approx(late_s + waits_s)] if told else [])
    assert len(hand.later) == 1  # it goes on
