"""Writes on their way through the log, driven by hand: when they go, whom they answer, and what with."""

from collections.abc import Sequence
from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import Send, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import NotLeading, Overloaded
from lictor_actors.requests.gathering import WAIT_MOST_NS
from lictor_actors.roles.server.leader.proposals import Proposals
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.store.commands import unpack_command
from lictor_messages.answers import Written
from lictor_messages.kv import PutKey
from lictor_messages.refusals import Refused


class Log:
    """As much of a Raft as proposals see: it takes everything, unless it is told to refuse."""

    def __init__(self) -> None:
        self.term = 3
        self.leader = "n2.dc1"
        self.taken: list[bytes] = []
        self.refusal: Exception | None = None

    def propose(self, data: Sequence[bytes], turn: Turn) -> range:
        if self.refusal is not None:
            raise self.refusal
        self.taken += data
        return range(len(self.taken) - len(data) + 1, len(self.taken) + 1)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def proposals(log: Log) -> Proposals:
    return Proposals(log, LogTime())  # type: ignore[arg-type]


def turn(now: int = 0, wall: int = 0) -> Turn:
    rng = Random(1)
    return Turn(Life(Actor(), "server@n1.dc1", rng, rng.randbytes), now, wall, None)


def add(proposals: Proposals, request: str, moment: Turn) -> list[int]:
    """Somebody writes; returns the timers that this sets."""
    asker = "gateway@n1.dc1"
    proposals.add(PutKey(key=request), Ticket(request, asker, asker, request), moment)
    return [effect.after for effect in moment.effects if isinstance(effect, SetTimer)]


def answers(moment: Turn) -> dict[str, object]:
    return {e.envelope.request: e.envelope.body for e in moment.effects if isinstance(e, Send)}


def test_whoever_comes_second_does_not_make_the_first_wait_longer(proposals: Proposals) -> None:
    add(proposals, "under way", turn())
    assert add(proposals, "first", turn(1)) == [WAIT_MOST_NS]
    assert add(proposals, "second", turn(2)) == []


def test_as_long_as_more_come_they_gather(proposals: Proposals, log: Log) -> None:
    add(proposals, "under way", turn())
    add(proposals, "first", turn(1))
    proposals.due(turn(2))
    add(proposals, "second", turn(3))
    proposals.due(turn(4))
    assert len(log.taken) == 1
    proposals.due(turn(5))
    assert len(log.taken) == 3


def test_who_went_while_a_round_was_under_way_was_in_a_crowd(proposals: Proposals, log: Log) -> None:
    """However few they are: those of the other round will ask again too."""
    add(proposals, "under way", turn())
    add(proposals, "first", turn(1))
    proposals.due(turn(1 + WAIT_MOST_NS))
    assert len(log.taken) == 2
    for index in (1, 2):
        assert proposals.committed(index, 3, Written(index=index), turn(9))
    assert add(proposals, "next", turn(10 * WAIT_MOST_NS)) == [0]


def test_when_a_round_is_over_those_who_gathered_look_at_once(proposals: Proposals) -> None:
    add(proposals, "under way", turn())
    add(proposals, "first", turn(1))
    over = turn(2)
    proposals.committed(1, 3, Written(index=1), over)
    assert [effect.after for effect in over.effects if isinstance(effect, SetTimer)] == [0]


def test_a_place_that_another_leaders_entry_took_answers_that_nothing_was_written(proposals: Proposals) -> None:
    add(proposals, "mine", turn())
    moment = turn(1)
    assert proposals.committed(1, 4, Written(index=1), moment)
    assert answers(moment) == {"mine": Refused(code="NotCommitted")}
    assert not proposals.committed(1, 3, Written(index=1), turn(2))


def test_what_is_committed_is_answered_without_waiting_for_this_servers_disk(proposals: Proposals) -> None:
    add(proposals, "mine", turn())
    moment = turn(1)
    proposals.committed(1, 3, Written(index=1), moment)
    (answer,) = (effect for effect in moment.effects if isinstance(effect, Send))
    assert answer.envelope.body == Written(index=1)
    assert answer.early


def test_who_does_not_lead_says_who_does(proposals: Proposals, log: Log) -> None:
    log.refusal, moment = NotLeading("n2.dc1"), turn()
    add(proposals, "w", moment)
    assert answers(moment) == {"w": Refused(code="NotLeader", leader="n2.dc1")}
    assert len(proposals) == 0


def test_a_log_that_is_full_refuses_what_it_did_not_take(proposals: Proposals, log: Log) -> None:
    log.refusal, moment = Overloaded(), turn()
    add(proposals, "w", moment)
    assert answers(moment) == {"w": Refused(code="Overloaded")}
    assert len(proposals) == 0


def test_those_whose_lead_is_lost_hear_it_once(proposals: Proposals) -> None:
    add(proposals, "w", turn())
    moment = turn(1)
    proposals.end(moment)
    assert answers(moment) == {"w": Refused(code="LeadershipLost")}


def test_what_was_not_proposed_when_the_lead_was_lost_goes_to_the_next_leader(proposals: Proposals) -> None:
    add(proposals, "under way", turn())
    add(proposals, "gathered", turn(1))
    moment = turn(2)
    proposals.end(moment)
    assert answers(moment)["gathered"] == Refused(code="NotLeader", leader="n2.dc1")


def test_the_leaders_own_writes_end_at_the_last_of_them(proposals: Proposals, log: Log) -> None:
    assert proposals.propose_own([PutKey(key="a"), PutKey(key="b")], turn()) == 2
    assert proposals.propose_own([], turn()) == 0
    assert len(log.taken) == 2
    assert len(proposals) == 0, "nobody waits for them"


def test_entries_carry_the_time_of_the_log_not_of_this_servers_wall(log: Log) -> None:
    """A server whose clock is wrong must not make lock-delays and retries forget, or last for ever."""
    time = LogTime()
    time.applied(1_000, 10)
    add(Proposals(log, time), "w", turn(now=15, wall=77))  # type: ignore[arg-type]
    assert unpack_command(log.taken[0])[0] == 1_005
