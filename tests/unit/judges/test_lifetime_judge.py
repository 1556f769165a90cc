"""A session that its client was told of lives for as long as that, unless it was given up or its node went."""

from __future__ import annotations

import pytest

from lictor_actors.judges.lifetimes import LifetimeJudge, SessionLost
from lictor_actors.store.store import Store
from lictor_messages.catalog import Deregister, NodeRecord, Register
from lictor_messages.sessions import CreateSession, DestroySession, SessionRecord

A = "0a1b2c3d-0000-4000-8000-000000000001"
NODE = Register(node=NodeRecord(node="n1", address="10.0.0.1"))
BEGIN = CreateSession(session=SessionRecord(id=A, node="n1", ttl="10s", node_checks=()))


class Log:
    """A server's store, and what the judge sees of it."""

    def __init__(self, judge: LifetimeJudge) -> None:
        self.judge = judge
        self.store = Store()
        self.index = 0

    def apply(self, command: object, now: int) -> None:
        self.index += 1
        self.store.apply_once(self.index, now, "", "", command)
        self.judge.saw(self.store, now)


@pytest.fixture
def log() -> Log:
    judge = LifetimeJudge()
    log = Log(judge)
    log.apply(NODE, 1)
    log.apply(BEGIN, 2)
    judge.began(A, "n1", 2, until=20)
    return log


def test_an_end_before_the_time_that_its_client_was_told(log: Log) -> None:
    log.judge.renewed(A, until=40)
    with pytest.raises(SessionLost, match=A):
        log.apply(DestroySession(id=A), 39)


def test_an_end_after_it_is_fine_and_so_is_an_old_answer(log: Log) -> None:
    log.apply(DestroySession(id=A), 20)
    log.judge.renewed(A, until=20)


def test_a_renewal_that_is_answered_after_the_end(log: Log) -> None:
    log.apply(DestroySession(id=A), 21)
    with pytest.raises(SessionLost):
        log.judge.renewed(A, until=40)


def test_a_client_that_gives_up_relies_on_nothing(log: Log) -> None:
    log.judge.over(A)
    log.apply(DestroySession(id=A), 3)


@pytest.mark.parametrize("back", [False, True])
def test_a_node_that_goes_takes_its_sessions_along_also_if_it_is_back_at_once(log: Log, back: bool) -> None:
    log.index += 1
    log.store.apply_once(log.index, 3, "", "", Deregister(node="n1"))
    if back:
        log.apply(NODE, 3)
    log.judge.saw(log.store, 3)


def test_a_server_that_has_not_come_that_far_says_nothing(log: Log) -> None:
    behind = Log(log.judge)
    behind.apply(NODE, 5)
