"""Equal reads of one moment are asked for together, and never answered by what was asked before they came."""

from __future__ import annotations

import pytest

from lictor_messages.answers import Rendered
from lictor_messages.kv import GetKey
from lictor_messages.refusals import Refused

TARGET = "/v1/kv/x"


@pytest.fixture
def crowd(desk):
    """The desk after two reads of the same key met."""
    desk.http("GET", TARGET)
    desk.answer(Rendered(index=7, body=b"[]"))
    first, second = [desk.http("GET", TARGET) for _ in range(2)]
    desk.answer(Rendered(index=7, body=b"[]"))
    desk.pass_time(0)
    desk.answer(Rendered(index=7, body=b"[]"))
    assert {first, second} <= set(desk.answers)
    return desk


def test_whoever_asks_alone_is_asked_for_at_once(desk):
    for _ in range(3):
        count = len(desk.asked)
        request = desk.http("GET", TARGET)
        assert len(desk.asked) == count + 1
        desk.answer(Rendered(index=7, body=b"[]"))
        assert request in desk.answers


def test_a_read_that_comes_while_an_equal_one_is_under_way_is_asked_for_anew(desk):
    """Joining it would answer from before the read was asked."""
    desk.http("GET", TARGET)
    desk.answer(Rendered(index=7, body=b"[7]"))
    first = desk.http("GET", TARGET)
    early = desk.asked[-1]
    second = desk.http("GET", TARGET)
    desk.answer(Rendered(index=7, body=b"[7]"), early)
    assert first in desk.answers
    assert second not in desk.answers
    desk.pass_time(0)
    assert desk.asked[-1] is not early
    desk.answer(Rendered(index=8, body=b"[8]"))
    assert desk.answers[second].body == b"[8]"


def test_a_crowd_is_one_question(crowd):
    crowd.http("GET", TARGET)
    early, count = crowd.asked[-1], len(crowd.asked)
    requests = [crowd.http("GET", TARGET) for _ in range(5)]
    assert len(crowd.asked) == count
    crowd.answer(Rendered(index=7, body=b"[7]"), early)
    crowd.pass_time(0)
    assert len(crowd.asked) == count + 1
    assert crowd.upstream() == GetKey(key="x", rendered=True)
    crowd.answer(Rendered(index=8, body=b"[8]"))
    assert [crowd.answers[request].body for request in requests] == [b"[8]"] * 5


def test_the_cause_of_a_crowds_question_is_its_first_request(crowd):
    crowd.http("GET", TARGET)
    first = crowd.http("GET", TARGET)
    crowd.http("GET", TARGET)
    crowd.pass_time(0)
    assert crowd.asked[-1].cause == first


def test_when_the_crowd_has_gone_a_read_goes_at_once_again(crowd):
    for _ in range(2):
        crowd.http("GET", TARGET)
        crowd.pass_time(0)
        crowd.answer(Rendered(index=7, body=b"[]"))
    count = len(crowd.asked)
    crowd.http("GET", TARGET)
    assert len(crowd.asked) == count + 1


def test_a_crowd_that_hangs_up_before_it_was_asked_for_is_not_asked_for(crowd):
    crowd.http("GET", TARGET)
    requests = [crowd.http("GET", TARGET) for _ in range(2)]
    count = len(crowd.asked)
    for request in requests:
        crowd.gone(request)
    crowd.pass_time(0)
    assert len(crowd.asked) == count
    last = crowd.http("GET", TARGET)
    crowd.pass_time(0)
    crowd.answer(Rendered(index=7, body=b"[]"))
    assert last in crowd.answers


def test_a_crowd_that_is_refused_is_held_and_asked_for_again(crowd):
    crowd.http("GET", TARGET)
    requests = [crowd.http("GET", TARGET) for _ in range(3)]
    crowd.pass_time(0)
    crowd.answer(Refused(code="NoLeader"))
    count = len(crowd.asked)
    crowd.pass_time(0.5)
    assert len(crowd.asked) == count + 1
    crowd.answer(Rendered(index=9, body=b"[9]"))
    assert [crowd.answers[request].body for request in requests] == [b"[9]"] * 3
