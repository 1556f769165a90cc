"""One HTTP connection without a socket: what a driver of the machine sees beside the bytes of the transcripts."""

from __future__ import annotations

import pytest

from lictor_actors.hosts.doors.http.events import CLOSE, AnswerPiece, Asked, BodyPiece, Event, LastWords
from lictor_actors.hosts.doors.http.limits import HttpLimits
from lictor_actors.hosts.doors.http.machine import HttpMachine
from lictor_actors.hosts.doors.http.premises import Premises
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered

GET = b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = b"PUT /v1/snapshot HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\n\r\n"
SMALL = HttpLimits(body=100, bodies={"/v1/snapshot": 1000}, idle_s=5)


@pytest.fixture
def premises() -> Premises:
    return Premises(SMALL)


def dial(premises: Premises) -> HttpMachine:
    return HttpMachine(premises, Sites(local=True), "127.0.0.1", 0)


@pytest.fixture
def machine(premises: Premises) -> HttpMachine:
    return dial(premises)


def events(machine: HttpMachine, now: int = 0) -> list[Event]:
    """What it wishes until it waits."""
    found = []
    while not machine.waits:
        event = machine.next(now)
        found += [event] if event is not None else []
    return found


def asked(machine: HttpMachine, data: bytes) -> Asked:
    machine.receive(data, 0)
    (event,) = events(machine)
    assert isinstance(event, Asked)
    return event


def test_a_request_is_one_event_and_its_answer_is_bytes(machine, premises):
    premises.wall = 784111777
    assert asked(machine, GET % 1).asked.target == "/1"
    assert machine.answer(1, HttpAnswered(status=200, body=b"ok"), 0)
    head = b"HTTP/1.1 200 OK\r\nVary: Accept-Encoding\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    assert events(machine) == [head + b"Content-Length: 2\r\n\r\nok"]


def test_an_answer_is_taken_once_and_for_its_own_request_only(machine):
    asked(machine, GET % 1)
    assert machine.answer(1, HttpAnswered(status=200), 0)
    assert not machine.answer(1, HttpAnswered(status=200), 0)
    events(machine)
    asked(machine, GET % 2)
    assert not machine.answer(1, HttpAnswered(status=200), 0)
    assert machine.answer(2, HttpAnswered(status=200), 0)
    machine.lost()
    assert not machine.answer(2, HttpAnswered(status=200), 0)


def test_it_reads_on_once_all_that_was_read_is_answered(machine):
    machine.receive(GET % 1 + GET % 2, 0)
    events(machine)
    assert not machine.reads
    for number in (1, 2):
        assert not machine.reads
        machine.answer(number, HttpAnswered(status=200), 0)
        events(machine)
    assert machine.reads


def test_a_large_body_comes_in_pieces_and_the_request_after_them(machine):
    machine.receive(LARGE + b"a" * 150, 0)
    machine.receive(b"b" * 100, 0)
    assert events(machine) == [BodyPiece(b"a" * 150), BodyPiece(b"b" * 100)]
    last = asked_last(machine, b"c" * 50)
    assert last.asked.target == "/v1/snapshot"
    assert last.asked.body == b""


def asked_last(machine: HttpMachine, data: bytes) -> Asked:
    machine.receive(data, 0)
    *pieces, last = events(machine)
    assert pieces == [BodyPiece(data)]
    assert isinstance(last, Asked)
    return last


def test_what_has_come_of_a_body_before_it_was_large_comes_first(machine):
    machine.receive(LARGE + b"a" * 60, 0)
    assert events(machine) == []
    machine.receive(b"b" * 60, 0)
    assert events(machine) == [BodyPiece(b"a" * 60), BodyPiece(b"b" * 60)]


def test_pieces_that_are_not_taken_stop_the_reading(machine):
    """A large body behind an open request: its first piece waits, and so does the client."""
    machine.receive(GET % 1 + LARGE + b"a" * 200, 0)
    events(machine)
    assert not machine.reads
    machine.answer(1, HttpAnswered(status=200), 0)
    assert BodyPiece(b"a" * 200) in events(machine)
    assert machine.reads


def test_the_room_for_a_large_body_is_held_until_its_answer(premises):
    first, second = dial(premises), dial(premises)
    first.receive(LARGE + b"a" * 300, 0)
    events(first)
    second.receive(LARGE + b"a" * 300, 0)
    (words,) = events(second)
    assert isinstance(words, LastWords)
    assert words.data.startswith(b"HTTP/1.1 429 ")
    first.answer(1, HttpAnswered(status=200), 0)
    events(first)
    third = dial(premises)
    third.receive(LARGE + b"a" * 300, 0)
    assert isinstance(events(third)[-1], Asked)


def test_a_large_answer_is_a_piece_at_a_time_and_stops_for_a_slow_reader(machine):
    asked(machine, b"GET / HTTP/1.0\r\n\r\n")
    machine.answer(1, HttpAnswered(status=200, body=b"one", more=(b"two",)), 0)
    assert isinstance(machine.next(0), AnswerPiece)
    assert machine.next(0) == AnswerPiece(b"one")
    machine.block(0)
    assert machine.next(0) is None
    assert machine.waits
    machine.unblock()
    assert events(machine) == [AnswerPiece(b"two"), CLOSE]


@pytest.mark.parametrize(("idle", "goes"), [(5, False), (6, True)])
def test_silence_ends_by_the_clock_that_is_told(machine, idle, goes):
    asked(machine, GET % 1)
    machine.answer(1, HttpAnswered(status=200), 10)
    events(machine)
    assert machine.sweep(10 + idle) is goes
