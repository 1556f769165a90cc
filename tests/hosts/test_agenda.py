"""What comes next in virtual time: in order of time and of asking, and what was called off does not stay."""

from __future__ import annotations

from random import Random

from lictor_actors.hosts.world.clock import KEPT_MOST, Agenda


def test_what_was_called_off_is_let_go_of_and_the_rest_keeps_its_order() -> None:
    agenda, rng, done = Agenda(), Random(1), list[int]()
    timers = [agenda.after(rng.randrange(1000), lambda n=n: done.append(n)) for n in range(3 * KEPT_MOST)]
    whens = {number - 1: when for when, number, _ in agenda._heap}
    kept = [n for n in range(len(timers)) if n % 5 == 0]
    for n, timer in enumerate(timers):
        if n % 5:
            timer.cancel()
            timer.cancel()
    agenda.after(2000, lambda: done.append(-1))
    assert len(agenda._heap) == len(kept) + 1
    while agenda.step(5000):
        pass
    assert done == [*sorted(kept, key=lambda n: (whens[n], n)), -1]
    assert agenda.called_off == 0


def test_a_few_that_were_called_off_wait_for_their_time() -> None:
    agenda = Agenda()
    for timer in [agenda.after(n, lambda: None) for n in range(KEPT_MOST)]:
        timer.cancel()
    agenda.after(0, lambda: None)
    assert agenda.called_off == KEPT_MOST
    assert agenda.step(KEPT_MOST)
    assert not agenda.step(KEPT_MOST)
    assert agenda.called_off == 0
