"""When an actor is restarted, and when its supervisor gives up."""

from __future__ import annotations

from lictor_actors.kernel.actor import Poisoned
from lictor_actors.kernel.supervision import Restarts, Verdict

SECOND = 1_000_000_000
ERROR = RuntimeError("boom")


def test_a_few_crashes_are_restarted_and_one_too_many_escalates() -> None:
    restarts = Restarts(most=3, within_ns=10 * SECOND)
    verdicts = [restarts.crashed(ERROR, second * SECOND) for second in range(4)]
    assert verdicts == [Verdict.RESTART] * 3 + [Verdict.ESCALATE]


def test_crashes_long_ago_are_forgiven() -> None:
    restarts = Restarts(most=1, within_ns=10 * SECOND)
    assert restarts.crashed(ERROR, 0) is Verdict.RESTART
    assert restarts.crashed(ERROR, 10 * SECOND) is Verdict.RESTART
    assert restarts.crashed(ERROR, 19 * SECOND) is Verdict.ESCALATE


def test_the_same_poison_twice_stops_and_another_does_not() -> None:
    restarts = Restarts()
    assert restarts.crashed(Poisoned("entry 1", ERROR), 0) is Verdict.RESTART
    assert restarts.crashed(Poisoned("entry 2", ERROR), 1) is Verdict.RESTART
    assert restarts.crashed(Poisoned("entry 2", ERROR), 2) is Verdict.STOP


def test_poison_names_what_it_was() -> None:
    assert "entry 17" in str(Poisoned("entry 17", ValueError("bad")))
