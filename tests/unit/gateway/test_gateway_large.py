"""Large answers at the gateway: put together slice by slice, and begun anew if one is lost for good."""

from __future__ import annotations

import pytest

from lictor_actors.roles.doorway import collecting
from lictor_actors.roles.doorway.question import EVERYTHING
from lictor_messages.answers import Rendered
from lictor_messages.catalog import ListServiceNodes
from lictor_messages.doorways import AskAgain
from lictor_messages.envelope import Envelope
from lictor_messages.host import Undeliverable
from lictor_messages.kv import ListKeys
from lictor_messages.refusals import Refused
from lictor_messages.slices import AnswerSlice, LargeAnswer, ReadSlice

SERVER = "server@s2.dc1"
LARGE = LargeAnswer(index=12, id="a", server=SERVER, known_leader=True, last_contact_ms=3)


def wanted(number, id="a"):
    return ReadSlice(id=id, number=number, consistency="stale")


def slice_(number, data, done=False):
    return AnswerSlice(index=12, number=number, data=data, done=done)


@pytest.fixture
def desk(desk):
    """The desk lets requests go to other servers."""
    post = desk._post
    desk._post = lambda e: desk.asked.append(e) if e.target == SERVER else post(e)
    return desk


@pytest.fixture
def large(desk):
    """A client reads a large answer: its first slice has been asked for."""
    request = desk.http("GET", "/v1/kv/a?recurse")
    desk.answer(LARGE)
    return request


def finish(desk, request):
    desk.answer(LARGE)
    desk.answer(slice_(0, b"[1"))
    desk.answer(slice_(1, b",2]", done=True))
    return desk.answers[request]


def test_slices_are_asked_one_after_the_other_of_the_server_that_keeps_the_answer(desk, large, header):
    assert (desk.asked[-1].target, desk.upstream()) == (SERVER, wanted(0))
    desk.answer(slice_(0, b"[1"))
    assert (desk.asked[-1].target, desk.upstream()) == (SERVER, wanted(1))
    desk.answer(slice_(1, b",2"))
    desk.answer(slice_(2, b",3]", done=True))
    answer = desk.answers[large]
    assert (answer.status, answer.body, answer.more) == (200, b"[1", (b",2", b",3]"))
    assert header(answer, "X-Consul-Index") == "12"
    assert header(answer, "X-Consul-LastContact") == "3"
    assert header(answer, "Content-Type") == "application/json"
    assert len(desk.asked) == 4
    assert (desk.gateway.open_requests, desk.timers.keys() - {"deadlines"}) == (0, set())


def test_the_other_headers_of_an_endpoint_stay(desk, header):
    request = desk.http("GET", "/v1/health/state/any?stale&pretty")
    answer = finish(desk, request)
    assert header(answer, "X-Consul-Effective-Consistency") == "stale"
    assert (answer.body, answer.more) == (b"[1", (b",2]",))


def test_a_slice_that_is_lost_is_asked_for_again(desk, large):
    desk.answer(slice_(0, b"[1"))
    lost = desk.asked[-1]
    desk.pass_time(2)
    assert (desk.upstream(), desk.asked[-1].request != lost.request) == (wanted(1), True)
    desk.answer(slice_(1, b",2]", done=True), lost)  # too late: it was taken for lost
    assert large not in desk.answers
    desk.answer(slice_(1, b",2]", done=True))
    assert desk.answers[large].more == (b",2]",)


def test_silence_ends_as_any_other(desk, large):
    desk.answer(slice_(0, b"[1"))
    desk.pass_time(8)
    assert desk.answers[large].status == 500
    assert b"no answer in time" in desk.answers[large].body
    assert [e.body for e in desk.asked if isinstance(e.body, ReadSlice)] == [wanted(0), *[wanted(1)] * 4]


def test_time_counts_anew_with_each_slice(desk, large):
    for number in range(10):
        desk.pass_time(1.9)
        desk.answer(slice_(number, b"[1"))
    desk.answer(slice_(10, b"]", done=True))
    assert desk.answers[large].status == 200


@pytest.mark.parametrize(
    "refusal",
    [
        Refused(code="NotReady"),
        Refused(code="ActorCrashed"),
        Refused(code="Overloaded"),
        Undeliverable(request="", target=SERVER, about="slices.read_slice", reason="no_pipe"),
    ],
)
def test_an_answer_that_is_kept_no_more_is_read_anew(desk, large, refusal):
    desk.answer(slice_(0, b"[of an answer that is gone"))
    desk.answer(refusal)
    desk.pass_time(1)
    assert desk.upstream() == ListKeys(prefix="a", rendered=True)
    answer = finish(desk, large)
    assert (answer.body, answer.more) == (b"[1", (b",2]",))


def test_it_may_be_small_then(desk, large):
    desk.answer(Refused(code="NotReady"))
    desk.pass_time(1)
    desk.answer(Rendered(index=13, body=b"[]"))
    assert desk.answers[large].body == b"[]"


def test_an_answer_that_is_lost_again_and_again_is_given_up(desk, large):
    for _ in range(100):
        if large in desk.answers:
            break
        desk.answer(Refused(code="NotReady", text="not kept any more") if desk.upstream() == wanted(0) else LARGE)
        desk.pass_time(0.5)
    assert (desk.answers[large].status, desk.answers[large].body) == (500, b"not kept any more")


def test_a_slice_of_something_else_begins_it_anew(desk, large):
    desk.answer(slice_(1, b",2]", done=True))
    desk.pass_time(1)
    assert desk.upstream() == ListKeys(prefix="a", rendered=True)


def test_a_slice_that_nobody_asked_for_is_no_answer(desk):
    request = desk.http("GET", "/v1/kv/a?recurse")
    desk.answer(slice_(0, b"[]", done=True))
    desk.pass_time(1)
    assert request not in desk.answers
    desk.answer(Rendered(index=1, body=b"[]"))
    assert desk.answers[request].body == b"[]"


def test_a_server_that_is_gone_begins_it_anew(desk, large):
    desk.answer(slice_(0, b"[1"))
    desk.take(AskAgain(stale=False), Envelope("agent@n1.dc1", "gateway@n1.dc1", AskAgain(stale=False)))
    desk.pass_time(0.1)
    assert desk.upstream() == ListKeys(prefix="a", rendered=True)
    assert finish(desk, large).status == 200


def test_the_own_server_that_is_down_is_not_asked_again(server_desk):
    request = server_desk.http("GET", "/v1/kv/a?recurse")
    own = server_desk.asked[-1].target
    server_desk.answer(LARGE.model_copy(update={"server": own}))
    server_desk.answer(Undeliverable(request="", target=own, about="slices.read_slice", reason="actor_down"))
    assert (server_desk.asked[-1].target, server_desk.upstream().kind) == ("agent@n1.dc1", ListKeys.kind)
    server_desk.answer(Rendered(index=1, body=b"[]"))
    assert server_desk.answers[request].status == 200


def test_a_client_that_hangs_up_ends_it(desk, large):
    desk.gone(large)
    asked = len(desk.asked)
    desk.answer(slice_(0, b"[1"), desk.asked[-1])
    desk.pass_time(20)
    assert len(desk.asked) == asked
    assert desk.timers.keys() - {"deadlines"} == set()


def test_equal_blocked_queries_share_the_slices(desk):
    target = "/v1/catalog/service/web?index=7&wait=60s"
    first, second = desk.http("GET", target), desk.http("GET", target)
    desk.answer(LARGE)
    third = desk.http("GET", target)
    desk.answer(slice_(0, b"[1"))
    desk.answer(slice_(1, b"]", done=True))
    assert {desk.answers[request].more for request in (first, second, third)} == {(b"]",)}
    kinds = [type(e.body) for e in desk.asked]
    assert kinds == [ListServiceNodes, ReadSlice, ReadSlice]


def test_blocked_queries_whose_clients_have_gone_read_no_further(desk):
    request = desk.http("GET", "/v1/catalog/service/web?index=7&wait=60s")
    desk.gone(request)
    desk.answer(LARGE)
    assert desk.upstream() != wanted(0)
    assert desk.timers.keys() - {"deadlines"} == set()


def test_it_is_not_remembered_beyond_its_readers(desk, large):
    desk.answer(slice_(0, b"[1"))
    desk.answer(slice_(1, b",2]", done=True))
    read = desk.gateway._cache._reads["/v1/kv/a?recurse", EVERYTHING]
    assert read.response is None
    assert read.last is None or read.last.collecting is None


def test_an_answer_is_not_read_from_an_address_that_did_not_give_it(desk):
    """Else a server, or a forger, could make gateways ask any actor in their name."""
    request = desk.http("GET", "/v1/kv/a?recurse")
    for source in ("server@s1.dc1", "agent@s2.dc1"):
        large = LARGE.model_copy(update={"server": SERVER if source.startswith("server") else source})
        desk.take(large, Envelope(source, "gateway@n1.dc1", large, request=desk.asked[-1].request))
        desk.pass_time(1)
        assert desk.upstream() == ListKeys(prefix="a", rendered=True)
    assert finish(desk, request).status == 200


def test_an_answer_that_never_ends_is_refused(desk, large, monkeypatch):
    monkeypatch.setattr(collecting, "BYTES_MOST", 10)
    for number in range(3):
        desk.answer(slice_(number, b"[123"))
    assert (desk.answers[large].status, desk.answers[large].body) == (
        413,
        b"The answer has more than 10 bytes: ask for less at a time",
    )
    assert (desk.gateway.open_requests, desk.timers.keys() - {"deadlines"}) == (0, set())


def test_an_empty_slice_is_no_step_forward(desk, large):
    desk.answer(slice_(0, b""))
    desk.pass_time(1)
    assert desk.upstream() == ListKeys(prefix="a", rendered=True)


@pytest.mark.parametrize("code", ["UnknownRequest", "Invalid", "TooLarge", "BudgetSpent"])
def test_a_refusal_of_a_slice_is_not_one_of_the_question(desk, large, code):
    desk.answer(slice_(0, b"[1"))
    desk.answer(Refused(code=code))
    assert large not in desk.answers
    desk.pass_time(1)
    assert finish(desk, large).status == 200
