"""Refusals, retries and deadlines: definite ones are held, indefinite ones only if asking twice does no harm."""

from __future__ import annotations

import pytest

from lictor_actors.kernel.vocabulary import UnknownMessage
from lictor_messages.agent import ServerSilent
from lictor_messages.answers import Rendered, Written
from lictor_messages.envelope import Envelope
from lictor_messages.host import Undeliverable
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.refusals import Refused

DEFINITE = ["NotLeader", "NoLeader", "NoServers", "NotReady", "NotCommitted", "Stopping", "Overloaded"]


def undeliverable(desk):
    return Undeliverable(request=desk.asked[-1].request, target="server@n2.dc1", about="kv.put_key", reason="no_pipe")


@pytest.mark.parametrize("code", DEFINITE)
def test_a_definite_passing_refusal_is_tried_again(desk, code):
    request = desk.http("PUT", "/v1/kv/x", b"v")
    desk.answer(Refused(code=code))
    assert request not in desk.answers
    desk.pass_time(0.5)
    assert [e.body for e in desk.asked] == [PutKey(key="x", value=b"v")] * 2
    assert desk.asked[0].request != desk.asked[1].request
    desk.answer(Written())
    assert desk.answers[request].body == b"true"


def test_what_the_bus_did_not_hand_over_is_tried_again(desk):
    request = desk.http("PUT", "/v1/kv/x", b"v")
    desk.answer(undeliverable(desk))
    desk.pass_time(0.5)
    desk.answer(Written())
    assert desk.answers[request].body == b"true"


def test_without_a_leader_a_request_is_held_for_seven_seconds(desk):
    request = desk.http("GET", "/v1/kv/x")
    for _ in range(200):
        if request in desk.answers:
            break
        desk.answer(Refused(code="NoLeader"))
        desk.pass_time(0.44)
    answer = desk.answers[request]
    assert (answer.status, answer.body) == (500, b"No cluster leader")
    assert 15 <= len(desk.asked) <= 60
    assert 6 * 10**9 < desk.now < 8 * 10**9
    assert not desk.gateway.open_requests


@pytest.mark.parametrize("code", ["LeadershipLost", "ActorCrashed", "TimedOut"])
def test_an_indefinite_refusal_of_a_write_is_answered_at_once(desk, code):
    request = desk.http("PUT", "/v1/kv/x", b"v")
    refused = Refused(code=code)
    desk.answer(refused)
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (500, refused.words)


@pytest.mark.parametrize("code", ["LeadershipLost", "ActorCrashed", "TimedOut"])
def test_an_indefinite_refusal_of_a_read_is_tried_again(desk, code):
    request = desk.http("GET", "/v1/kv/x")
    desk.answer(Refused(code=code))
    desk.pass_time(0.5)
    desk.answer(Rendered(index=2, body=b"[]"))
    assert desk.answers[request].status == 200


@pytest.mark.parametrize(
    ("refused", "status", "words"),
    [
        (Refused(code="NoPathToDatacenter"), 500, "No path to datacenter"),
        (Refused(code="Invalid", text="Must provide node"), 500, "Must provide node"),
        (Refused(code="BadRequest", text="Missing service name"), 400, "Missing service name"),
        (Refused(code="TooLarge"), 413, "Request too large"),
        (Refused(code="JournalFailed"), 500, "The server's disk refused a write"),
    ],
)
def test_a_final_refusal_is_answered_with_its_words(desk, refused, status, words):
    request = desk.http("PUT", "/v1/catalog/register", {"Node": "n"})
    desk.answer(refused)
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (status, words)


@pytest.mark.parametrize("down", ["server", "agent"])
def test_after_holding_the_reason_why_an_actor_is_down_is_the_answer(desk, down):
    request, why = desk.http("PUT", "/v1/kv/x", b"v"), f"{down}@n1.dc1 is down: it had enough"
    while request not in desk.answers:
        if down == "agent":
            e = desk.asked[-1]
            reason = "actor_down: it had enough"
            desk.answer(Undeliverable(request=e.request, target=e.target, about=e.body.kind, reason=reason))
        else:
            desk.answer(Refused(code="Undeliverable", text=why))
        desk.pass_time(0.44)
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (500, why)


def test_silence_ends_in_500_and_the_agent_is_told(desk):
    request = desk.http("GET", "/v1/kv/x")
    asked = desk.asked[-1].request
    desk.pass_time(6.9)
    assert request not in desk.answers
    desk.pass_time(0.8)
    assert desk.answers[request].status == 500
    assert desk.upstream() == ServerSilent(request=asked)
    assert not desk.gateway.open_requests


def test_a_late_answer_finds_nobody_and_does_no_harm(desk):
    desk.http("GET", "/v1/kv/x")
    late = desk.asked[-1]
    desk.pass_time(8)
    desk.answer(Rendered(index=2, body=b"[]"), late)


def test_a_blocking_query_may_take_its_wait_and_a_sixteenth(desk):
    request = desk.http("GET", "/v1/kv/x?index=5&wait=160s")
    desk.pass_time(170)
    assert request not in desk.answers
    desk.answer(Rendered(index=5, body=b"[]"))
    assert desk.answers[request].status == 200


def test_one_timer_watches_all_deadlines(desk):
    for _ in range(50):
        desk.http("GET", "/v1/kv/x")
        desk.answer(Rendered(index=2, body=b"[]"))
    assert list(desk.timers) == ["deadlines"]
    desk.pass_time(30)
    assert not desk.timers


def test_a_client_that_hangs_up_is_not_answered(desk):
    request = desk.http("GET", "/v1/kv/x")
    desk.gone(request)
    desk.answer(Rendered(index=2, body=b"[]"))
    assert request not in desk.answers
    assert not desk.gateway.open_requests


def test_a_held_request_of_a_client_that_hung_up_is_not_tried_again(desk):
    request = desk.http("PUT", "/v1/kv/x", b"v")
    desk.answer(Refused(code="NoLeader"))
    desk.gone(request)
    desk.pass_time(8)
    assert len(desk.asked) == 1


# -- equal blocked queries ------------------------------------------------------


def test_equal_blocked_queries_share_one_request(desk):
    first, second = (desk.http("GET", "/v1/kv/x?index=5") for _ in range(2))
    pretty = desk.http("GET", "/v1/kv/x?index=5&pretty")
    other = desk.http("GET", "/v1/kv/x?index=6")
    assert len(desk.asked) == 2
    desk.answer(Rendered(index=9, body=b"[1]"), desk.asked[0])
    assert desk.answers[first] == desk.answers[second]
    assert desk.answers[pretty].body == b"[\n    1\n]\n"
    assert other not in desk.answers


def test_queries_that_do_not_block_are_asked_one_by_one(desk):
    for _ in range(2):
        desk.http("GET", "/v1/kv/x")
    assert len(desk.asked) == 2


def test_a_blocked_query_outlives_the_client_that_began_it(desk):
    first = desk.http("GET", "/v1/kv/x?index=5")
    desk.gone(first)
    second = desk.http("GET", "/v1/kv/x?index=5")
    assert len(desk.asked) == 1
    desk.answer(Rendered(index=6, body=b"[]"))
    assert list(desk.answers) == [second]


def test_a_blocked_query_that_is_refused_and_has_no_client_any_more_is_not_asked_again(desk):
    desk.gone(desk.http("GET", "/v1/kv/x?index=5"))
    desk.answer(Refused(code="NoLeader"))
    desk.pass_time(8)
    assert len(desk.asked) == 1
    assert not desk.gateway.open_requests


def test_a_blocked_query_that_is_answered_unchanged_before_its_time_is_passed_on(desk):
    """The store was replaced by a snapshot: watchers have to look again, though the index is the same."""
    request = desk.http("GET", "/v1/kv/x?index=5&wait=60s")
    desk.pass_time(1)
    desk.answer(Rendered(index=5, body=b"[]"))
    assert desk.answers[request].status == 200


def test_who_joined_late_waits_as_long_as_it_asked_for(desk):
    first = desk.http("GET", "/v1/kv/x?index=5&wait=60s")
    desk.pass_time(40)
    second = desk.http("GET", "/v1/kv/x?index=5&wait=60s")
    desk.pass_time(21)
    desk.answer(Rendered(index=5, body=b"[]"))
    assert first in desk.answers
    assert second not in desk.answers
    assert desk.upstream() == GetKey(key="x", rendered=True, min_index=5, wait_ns=39 * 10**9)
    desk.pass_time(39)
    desk.answer(Rendered(index=5, body=b"[]"))
    assert second in desk.answers


def test_a_blocked_query_that_lost_its_leader_asks_for_the_rest_of_its_wait(desk):
    request = desk.http("GET", "/v1/kv/x?index=5&wait=300s")
    for _ in range(2):
        desk.pass_time(100)
        desk.answer(Refused(code="NotLeader"))
        desk.pass_time(0.5)
    assert len(desk.asked) == 3
    query = desk.upstream()
    assert isinstance(query, GetKey)
    assert 99 * 10**9 <= query.wait_ns <= 100 * 10**9
    desk.answer(Rendered(index=8, body=b"[]"))
    assert desk.answers[request].status == 200


def test_the_answer_to_a_call_that_has_ended_is_ignored(desk):
    me = desk.life.address
    desk.take(Written(), Envelope("server@s1.dc1", me, Written(), request="long-ago"))
    assert not desk.asked


def test_what_no_line_expects_is_our_own_mistake(desk):
    with pytest.raises(UnknownMessage, match=r"no line for answers\.written"):
        desk.take(Written(), None)
