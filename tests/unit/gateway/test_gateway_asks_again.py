"""A server is gone, and with it what it was asked: the gateway asks again, and never does a write twice."""

import pytest

from lictor_messages.agent import ServerSilent
from lictor_messages.answers import Rendered, Written
from lictor_messages.doorways import AskAgain
from lictor_messages.envelope import Envelope
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.refusals import Refused

SECOND = 1_000_000_000
LEADER = AskAgain(stale=False)
ANY_SERVER = AskAgain(stale=True)


def tell(desk, message):
    desk.take(message, Envelope("agent@n1.dc1", "gateway@n1.dc1", message))


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/v1/kv/x", LEADER),
        ("/v1/kv/x?consistent", LEADER),
        ("/v1/kv/x?stale", ANY_SERVER),
        ("/v1/kv/x?index=5&wait=60s", LEADER),
        ("/v1/kv/x?index=5&wait=60s&stale", ANY_SERVER),
    ],
)
def test_a_read_is_asked_again_and_the_second_answer_counts(desk, target, told):
    request = desk.http("GET", target)
    tell(desk, told)
    desk.pass_time(0.5)
    assert len(desk.asked) == 2
    assert desk.asked[0].request != desk.asked[1].request
    desk.answer(Rendered(index=9, body=b"[]"))
    assert desk.answers[request].status == 200


@pytest.mark.parametrize(("target", "told"), [("/v1/kv/x", ANY_SERVER), ("/v1/kv/x?stale", LEADER)])
def test_who_was_asked_elsewhere_waits_on(desk, target, told):
    desk.http("GET", target)
    tell(desk, told)
    desk.pass_time(0.5)
    assert len(desk.asked) == 1


def test_a_blocked_query_waits_only_for_what_is_left_of_its_time(desk):
    desk.http("GET", "/v1/kv/x?index=5&wait=60s")
    desk.pass_time(40)
    tell(desk, LEADER)
    desk.pass_time(0.5)
    assert 19 < desk.upstream().wait_ns / 1e9 <= 20


def test_each_of_many_blocked_queries_that_were_lost_is_asked_again_after_a_minute(wary_desk):
    """The first that is parked anew does not put the others off until its own next minute is over."""
    for number in range(3):
        wary_desk.http("GET", f"/v1/kv/k{number}?index=5&wait=10m")
        wary_desk.pass_time(1)
    wary_desk.pass_time(75)
    asked = [envelope.body.key for envelope in wary_desk.asked if isinstance(envelope.body, GetKey)]
    assert asked == ["k0", "k1", "k2"] * 2


def test_a_blocked_query_that_nobody_waits_for_is_let_go(desk):
    desk.gone(desk.http("GET", "/v1/kv/x?index=5&wait=60s"))
    tell(desk, LEADER)
    desk.pass_time(0.5)
    assert len(desk.asked) == 1


@pytest.mark.slow
def test_a_thousand_blocked_queries_do_not_come_back_at_once(desk):
    for number in range(1000):
        desk.http("GET", f"/v1/kv/{number}?index=5&wait=60s")
    tell(desk, LEADER)
    desk.pass_time(0.01)
    assert 1000 < len(desk.asked) < 1200
    desk.pass_time(0.25)
    assert len(desk.asked) == 2000


def test_a_write_keeps_its_id_so_that_the_log_knows_it(desk):
    request = desk.http("PUT", "/v1/kv/x", b"v")
    tell(desk, LEADER)
    desk.pass_time(0.5)
    first, second = desk.asked
    assert (second.body, second.request, second.reply_to) == (
        PutKey(key="x", value=b"v"),
        first.request,
        "gateway@n1.dc1",
    )
    desk.answer(Written())
    assert desk.answers[request].body == b"true"


def test_a_write_in_doubt_keeps_its_id_over_definite_refusals_too(desk):
    request = desk.http("PUT", "/v1/kv/x", b"v")
    tell(desk, LEADER)
    desk.pass_time(0.5)
    desk.answer(Refused(code="NoLeader"))
    desk.pass_time(0.5)
    assert len({e.request for e in desk.asked}) == 1
    assert len(desk.asked) == 3
    desk.answer(Written())
    assert desk.answers[request].body == b"true"


def test_a_write_in_doubt_is_never_said_not_to_have_happened(desk):
    request = desk.http("PUT", "/v1/kv/x", b"v")
    tell(desk, LEADER)
    desk.pass_time(0.5)
    while request not in desk.answers:
        desk.answer(Refused(code="NoLeader"))
        desk.pass_time(0.44)
    assert desk.answers[request].body == b"rpc error making call: no answer in time"


def test_the_late_answer_of_the_server_that_was_gone_is_nobodys(desk):
    request = desk.http("GET", "/v1/kv/x")
    tell(desk, LEADER)
    desk.pass_time(0.5)
    desk.answer(Rendered(index=3, body=b"old"), to=desk.asked[0])
    assert request not in desk.answers
    desk.answer(Rendered(index=9, body=b"[]"))
    assert desk.answers[request].body == b"[]"


def test_a_long_wait_is_asked_for_in_portions(wary_desk):
    request = wary_desk.http("GET", "/v1/kv/x?index=5&wait=150s")
    for portion in (60, 60, 30):
        assert wary_desk.upstream().wait_ns == portion * SECOND
        wary_desk.pass_time(portion)
        wary_desk.answer(Rendered(index=5, body=b"[]"))
    assert wary_desk.answers[request].status == 200
    assert len(wary_desk.asked) == 3


def test_equal_queries_share_their_portions(wary_desk):
    requests = [wary_desk.http("GET", "/v1/kv/x?index=5&wait=150s") for _ in range(10)]
    wary_desk.pass_time(60)
    wary_desk.answer(Rendered(index=5, body=b"[]"))
    assert len(wary_desk.asked) == 2
    wary_desk.answer(Rendered(index=6, body=b"[]"))
    assert all(wary_desk.answers[request].status == 200 for request in requests)


def test_a_server_that_says_nothing_is_left_after_a_portion(wary_desk):
    request = wary_desk.http("GET", "/v1/kv/x?index=5&wait=10m")
    wary_desk.pass_time(72)
    first, silent, second = wary_desk.asked
    assert (first.body, silent.body) == (second.body, ServerSilent(request=first.request))
    wary_desk.answer(Rendered(index=6, body=b"[]"))
    assert wary_desk.answers[request].status == 200


def test_who_has_no_time_left_hears_that_nothing_was_heard(wary_desk):
    request = wary_desk.http("GET", "/v1/kv/x?index=5&wait=30s")
    wary_desk.pass_time(40)
    assert wary_desk.answers[request].status == 500
    assert not wary_desk.gateway.open_requests
