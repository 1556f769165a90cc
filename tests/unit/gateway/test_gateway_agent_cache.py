"""``?cached``: what a hit says and does not ask, how an answer is kept right, and how old it may be."""

from __future__ import annotations

import pytest

from lictor_actors.roles.doorway.question import Rights
from lictor_actors.roles.gateway import agent_cache
from lictor_messages.answers import Rendered
from lictor_messages.catalog import ListServiceHealth
from lictor_messages.refusals import Refused
from lictor_messages.status import Datacenters

WEB = "/v1/health/service/web?cached"
DCS = "/v1/catalog/datacenters?cached"
SEVEN = Rendered(index=7, body=b"[7]")
ONE_DC = Datacenters(names=("dc1",))
BLOCKED = ListServiceHealth(service="web", rendered=True, consistency="stale", min_index=7, wait_ns=agent_cache.WAIT_NS)


def first(desk, target, answer, **headers):
    """Ask what is not in the cache."""
    request = desk.http("GET", target, **headers)
    desk.answer(answer)
    return desk.answers[request]


@pytest.fixture
def hit(desk, header):
    """A GET that asks no other actor: its body, and its age in seconds."""

    def ask(target=WEB, **headers):
        before = len(desk.asked)
        answer = desk.get(target, **headers)
        assert len(desk.asked) == before
        assert header(answer, "X-Cache") == "HIT"
        return answer.body, int(header(answer, "Age"))

    return ask


@pytest.fixture
def asks(desk):
    """How many messages a GET costs that the cache cannot answer."""

    def ask(target, **headers):
        before = len(desk.asked)
        request = desk.http("GET", target, **headers)
        assert request not in desk.answers
        return len(desk.asked) - before

    return ask


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/catalog/services", "/v1/catalog/service/web", "/v1/catalog/node-services/n1"),
        "/v1/health/service/web",
    ],
)
def test_a_hit_sends_no_message(desk, header, hit, path):
    miss = first(desk, f"{path}?cached", SEVEN)
    assert (header(miss, "X-Cache"), header(miss, "Age")) == ("MISS", "")
    assert hit(f"{path}?cached") == (b"[7]", 0)
    assert desk.counted["cache_hit"] == desk.counted["cache_miss"] == 1


@pytest.mark.parametrize("path", ["kv/a", "catalog/nodes", "session/list", "health/state/any", "health/node/n1"])
def test_what_consul_has_no_cache_for_does_not_hear_of_it(desk, header, asks, path):
    for _ in range(2):
        assert header(first(desk, f"/v1/{path}?cached", SEVEN), "X-Cache") == ""


@pytest.mark.parametrize("other", ["&passing", "&tag=a", "&filter=Node.Node==n1", "&near=n2"])
def test_another_question_has_another_answer(desk, hit, asks, other):
    first(desk, WEB, SEVEN)
    assert asks(WEB + other) == 1
    assert hit(WEB + "&stale") == (b"[7]", 0)


def test_other_rights_have_another_answer(desk, asks, monkeypatch):
    first(desk, WEB, SEVEN)
    monkeypatch.setattr(desk.gateway, "rights", lambda _: Rights("few"))
    assert asks(WEB) == 1


def test_an_answer_is_kept_right_in_the_background(desk, hit):
    first(desk, WEB, SEVEN)
    assert desk.upstream() == BLOCKED
    desk.answer(Rendered(index=9, body=b"[9]"))
    assert hit() == (b"[9]", 0)
    assert desk.upstream() == BLOCKED.model_copy(update={"min_index": 9})


def test_what_is_kept_right_needs_no_control(desk, hit):
    first(desk, WEB, SEVEN)
    assert hit(cache_control="must-revalidate, max-age=0") == (b"[7]", 0)


def test_age_grows_while_no_server_is_there_and_ends_with_the_next_answer(desk, hit):
    first(desk, WEB, SEVEN)
    desk.answer(Refused(code="Invalid"))
    assert hit() == (b"[7]", 0)
    desk.pass_time(4)
    assert hit() == (b"[7]", 4)
    desk.pass_time(10)
    assert hit() == (b"[7]", 14)
    assert desk.upstream() == BLOCKED
    desk.answer(Rendered(index=8, body=b"[8]"))
    assert hit() == (b"[8]", 0)


def test_a_client_that_blocks_waits_for_news(desk, header, hit):
    first(desk, WEB, SEVEN)
    assert hit(WEB + "&index=6") == (b"[7]", 0)
    request = desk.http("GET", WEB + "&index=7&wait=10s")
    asked = desk.asked[-1]
    assert request not in desk.answers
    desk.answer(Rendered(index=8, body=b"[8]"), asked)
    assert header(desk.answers[request], "X-Cache") == "MISS"
    assert hit() == (b"[8]", 0)


@pytest.mark.parametrize("control", ["must-revalidate", "max-age=0", "max-age=5", "Max-Age=5, stale-if-error=60"])
def test_what_is_not_kept_right_is_asked_again_when_it_is_too_old(desk, asks, control):
    first(desk, DCS, ONE_DC)
    desk.pass_time(6)
    assert asks(DCS, cache_control=control) == 1


@pytest.mark.parametrize("control", ["", "max-age=60", "public"])
def test_what_is_not_kept_right_is_given_while_it_is_young_enough(desk, hit, control):
    first(desk, DCS, ONE_DC)
    desk.pass_time(6)
    assert hit(DCS, cache_control=control) == (b'["dc1"]', 6)


@pytest.mark.parametrize(("control", "status"), [("stale-if-error=60", 200), ("stale-if-error=5", 500), ("", 500)])
def test_an_old_answer_may_be_better_than_an_error(desk, header, control, status):
    first(desk, DCS, ONE_DC)
    desk.pass_time(6)
    said = first(desk, DCS, Refused(code="Invalid"), cache_control=f"max-age=1, {control}")
    assert said.status == status
    assert header(said, "Age") == ("6" if status == 200 else "")


@pytest.mark.parametrize("control", ["max-age=x", "max-age=", "stale-if-error=-1", "max-age=99999999999"])
def test_a_control_that_makes_no_sense_is_refused(desk, control):
    refused = desk.get(WEB, cache_control=control)
    assert (refused.status, refused.body) == (400, b"Invalid Cache-Control header.")


def test_what_was_not_found_is_not_kept(desk, asks):
    first(desk, WEB, Refused(code="Invalid"))
    assert asks(WEB) == 1


def test_bytes_are_bounded_and_the_answer_that_was_used_longest_ago_goes(desk, hit, asks, monkeypatch):
    monkeypatch.setattr(agent_cache, "BYTES_MOST", 30)
    for name in ("a", "b", "c"):
        first(desk, f"/v1/health/service/{name}?cached", Rendered(index=7, body=b"x" * 10))
    hit("/v1/health/service/a?cached")
    first(desk, "/v1/health/service/d?cached", Rendered(index=7, body=b"x" * 10))
    assert asks("/v1/health/service/b?cached") == 1
    hit("/v1/health/service/a?cached")


def test_an_answer_larger_than_the_cache_is_given_and_not_kept(desk, asks, monkeypatch):
    monkeypatch.setattr(agent_cache, "BYTES_MOST", 5)
    assert first(desk, WEB, Rendered(index=7, body=b"x" * 10)).body == b"x" * 10
    assert asks(WEB) == 1


def test_entries_are_bounded_however_small(desk, asks, monkeypatch):
    monkeypatch.setattr(agent_cache, "ENTRIES_MOST", 2)
    for name in ("a", "b", "c"):
        first(desk, f"/v1/health/service/{name}?cached", SEVEN)
    assert asks("/v1/health/service/a?cached") == 1


def test_what_has_not_been_used_for_three_days_is_forgotten(desk, asks):
    first(desk, WEB, SEVEN)
    desk.now += agent_cache.KEPT_NS
    first(desk, "/v1/health/service/other?cached", SEVEN)
    assert asks(WEB) == 1


def test_without_the_cache_each_is_asked(desk, header, asks):
    desk.gateway.options = desk.gateway.options.model_copy(update={"use_cache": False})
    assert header(first(desk, WEB, SEVEN), "X-Cache") == ""
    assert asks(WEB) == 1
