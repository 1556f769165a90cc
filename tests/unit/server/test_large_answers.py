"""What a server keeps of large answers, and for how long, driven by hand."""

from __future__ import annotations

from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import Send, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.server import large_answers
from lictor_actors.roles.server.large_answers import IN_USE_NS, KEPT_MOST, KEPT_NS, LargeAnswers
from lictor_actors.store import slices
from lictor_messages.base import Message
from lictor_messages.kv import Entries, Entry, ListKeys
from lictor_messages.refusals import Refused
from lictor_messages.slices import AnswerSlice, LargeAnswer, ReadSlice, SliceDue

SECOND = 1_000_000_000


class Desk:
    """Large answers on a clock of its own; a due timer goes off when the test says so."""

    def __init__(self) -> None:
        rng = Random(1)
        self.life = Life(Actor(), "server@n1.dc1", rng, rng.randbytes)
        self.large, self.now, self.due = LargeAnswers(), 0, False

    def turn(self) -> Turn:
        return Turn(self.life, self.now, 0, None)

    def open(self, prefix: str, version: int = 1) -> Message:
        rows = tuple(Entry(key=f"{prefix}{n}", value=b"%d" % version * 500) for n in range(3))
        return self.large.open(ListKeys(prefix=prefix), Entries(index=version, entries=rows), version, self.turn())

    def find(self, prefix: str, version: int = 1, above: int = 0) -> LargeAnswer | None:
        return self.large.find(ListKeys(prefix=prefix), version, above, self.turn())

    def read(self, id: str, number: int) -> list[Message]:
        turn = self.turn()
        self.large.read(ReadSlice(id=id, number=number), Ticket("r", "gateway@n2.dc1", "", ""), turn)
        return self.answers(turn)

    def go_on(self) -> list[Message]:
        turn = self.turn()
        self.large.due(turn)
        return self.answers(turn)

    def answers(self, turn: Turn) -> list[Message]:
        self.due = any(isinstance(e, SetTimer) and e.message == SliceDue() and e.after == 0 for e in turn.effects)
        return [effect.envelope.body for effect in turn.effects if isinstance(effect, Send)]

    def read_all(self, id: str) -> None:
        for number in range(3):
            (answer,) = self.read(id, number)
            assert isinstance(answer, AnswerSlice)
            assert answer.done == (number == 2)
            assert self.go_on() == []


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(slices, "SLICE_BYTES", 800)
    return Desk()


def opened(answer: Message) -> str:
    assert isinstance(answer, LargeAnswer), answer
    return answer.id


def test_a_slice_waits_until_the_mail_between_has_had_its_turn(desk: Desk) -> None:
    id = opened(desk.open("a"))
    assert [type(answer) for answer in desk.read(id, 0)] == [AnswerSlice]
    assert desk.due
    assert desk.read(id, 1) == []
    assert desk.read(id, 0) == []
    assert [answer.number for answer in desk.go_on() if isinstance(answer, AnswerSlice)] == [1]
    assert [answer.number for answer in desk.go_on() if isinstance(answer, AnswerSlice)] == [0]
    assert desk.due
    assert desk.go_on() == []
    assert not desk.due


def test_equal_questions_get_the_same_answer_as_long_as_it_is_right(desk: Desk) -> None:
    id = opened(desk.open("a", version=4))
    assert desk.find("a", version=4) == LargeAnswer(index=4, id=id, server="server@n1.dc1")
    assert desk.find("a", version=5) is desk.find("b", version=4) is desk.find("a", version=4, above=4) is None


def test_what_all_have_read_makes_room_and_what_is_being_read_does_not(desk: Desk) -> None:
    ids = [opened(desk.open(f"{number}")) for number in range(KEPT_MOST)]
    refused = desk.open("one more")
    assert isinstance(refused, Refused)
    assert (refused.code, refused.row.definite, refused.row.passing) == ("Overloaded", True, True)
    desk.read_all(ids[3])
    opened(desk.open("one more"))
    assert len(desk.large) == KEPT_MOST
    (gone,) = desk.read(ids[3], 0)
    assert isinstance(gone, Refused)
    assert (gone.code, gone.row.passing) == ("NotReady", True)


def test_who_reads_no_further_makes_room_after_a_while(desk: Desk) -> None:
    ids = [opened(desk.open(f"{number}")) for number in range(KEPT_MOST)]
    desk.now = IN_USE_NS - 1
    desk.read(ids[0], 0)
    desk.now = IN_USE_NS
    opened(desk.open("one more"))
    assert desk.go_on() == []
    assert [type(answer) for answer in desk.read(ids[0], 1)] == [AnswerSlice]


def test_what_the_store_has_moved_on_from_goes_with_its_last_reader(desk: Desk) -> None:
    old = opened(desk.open("a", version=1))
    desk.find("a", version=1)
    opened(desk.open("a", version=2))
    desk.read_all(old)
    assert len(desk.large) == 2
    desk.read_all(old)
    assert len(desk.large) == 1


def test_nothing_is_kept_for_ever(desk: Desk) -> None:
    first = opened(desk.open("a"))
    desk.now = 5 * SECOND
    opened(desk.open("b"))
    desk.now = KEPT_NS
    turn = desk.turn()
    desk.large.idle_due(turn)
    assert [effect.after for effect in turn.effects if isinstance(effect, SetTimer)] == [5 * SECOND]
    assert [type(answer) for answer in desk.read(first, 0)] == [Refused]
    desk.now += 5 * SECOND
    turn = desk.turn()
    desk.large.idle_due(turn)
    assert (len(desk.large), turn.effects) == (0, [])


def test_a_slice_that_there_is_not_is_refused(desk: Desk) -> None:
    id = opened(desk.open("a"))
    for number in (-1, 1, 2**60):
        answers = desk.read(id, number) or desk.go_on()
        assert [answer.code for answer in answers if isinstance(answer, Refused)] == ["Invalid"]
        desk.go_on()


def test_the_line_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_answers, "WAITING_MOST", 3)
    id = opened(desk.open("a"))
    said = [desk.read(id, 0) for _ in range(6)]
    assert [len(answers) for answers in said] == [1, 0, 0, 0, 1, 1]
    assert [answer.code for answer in said[-1] if isinstance(answer, Refused)] == ["Overloaded"]
