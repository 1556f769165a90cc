"""When an actor is restarted, and when its supervisor gives up."""

from __future__ import annotations

from lictor_actors.kernel.actor import Poisoned
from lictor_actors.kernel.supervision import Directive, Restarts

SECOND = 1_000_000_000
ERROR = RuntimeError("boom")


def test_a_few_crashes_are_restarted_and_one_too_many_escalates() -> None:
    restarts = Restarts(most=3, within_ns=10 * SECOND)
    directives = [restarts.crashed(ERROR, second * SECOND) for second in range(4)]
    assert directives == [Directive.RESTART] * 3 + [Directive.ESCALATE]


def test_crashes_long_ago_are_forgiven() -> None:
    restarts = Restarts(most=1, within_ns=10 * SECOND)
    assert restarts.crashed(ERROR, 0) is Directive.RESTART
    assert restarts.crashed(ERROR, 10 * SECOND) is Directive.RESTART
    assert restarts.crashed(ERROR, 19 * SECOND) is Directive.ESCALATE


def test_the_same_poison_twice_stops_and_another_does_not() -> None:
    restarts = Restarts()
    assert restarts.crashed(Poisoned("entry 1", ERROR), 0) is Directive.RESTART
    assert restarts.crashed(Poisoned("entry 2", ERROR), 1) is Directive.RESTART
    assert restarts.crashed(Poisoned("entry 2", ERROR), 2) is Directive.STOP


def test_poison_names_what_it_was() -> None:
    assert "entry 17" in str(Poisoned("entry 17", ValueError("bad")))


def test_crashes_on_mail_from_outside_never_escalate_and_make_the_actor_wait_longer_each_time() -> None:
    restarts = Restarts(most=1, within_ns=30 * SECOND)
    pauses = []
    for crash in range(12):
        assert restarts.crashed(ERROR, crash * SECOND, provoked=True) is Directive.RESTART
        pauses.append(restarts.pause_ns / 1e9)
    assert pauses == [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5, 5]


def test_a_quiet_while_ends_the_waiting() -> None:
    restarts = Restarts()
    for _ in range(9):
        restarts.crashed(ERROR, 0, provoked=True)
    restarts.crashed(ERROR, 31 * SECOND, provoked=True)
    assert restarts.pause_ns == 0


def test_what_strangers_provoke_does_not_count_beside_our_own_crashes() -> None:
    restarts = Restarts(most=1)
    for _ in range(9):
        restarts.crashed(ERROR, 0, provoked=True)
    assert restarts.crashed(ERROR, 0) is Directive.RESTART
    assert restarts.pause_ns == 0
    assert restarts.crashed(ERROR, 0) is Directive.ESCALATE


def test_poison_stops_whoever_brought_it() -> None:
    restarts = Restarts()
    assert restarts.crashed(Poisoned("entry 2", ERROR), 1, provoked=True) is Directive.RESTART
    assert restarts.crashed(Poisoned("entry 2", ERROR), 2, provoked=True) is Directive.STOP
