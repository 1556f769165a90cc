"""Shortcuts of the gateway: its own server asked directly, and reads that come again and again."""

from __future__ import annotations

import gc
import weakref

import pytest

from lictor_actors.roles.doorway.question import EVERYTHING
from lictor_actors.roles.gateway import read_cache
from lictor_messages.agent import ListLocalServices
from lictor_messages.answers import Rendered, Written
from lictor_messages.host import Undeliverable
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.refusals import Refused

AGENT, SERVER = "agent@n1.dc1", "server@n1.dc1"


def undelivered(desk):
    asked = desk.asked[-1]
    return Undeliverable(request=asked.request, target=asked.target, about=asked.body.kind, reason="actor_down")


def test_reads_and_writes_go_straight_to_the_own_server(server_desk):
    server_desk.http("GET", "/v1/kv/x")
    server_desk.http("PUT", "/v1/kv/x", b"v")
    assert [e.target for e in server_desk.asked] == [SERVER, SERVER]


def test_what_is_the_agents_own_goes_to_the_agent(server_desk):
    server_desk.http("GET", "/v1/agent/services")
    assert server_desk.asked[-1].target == AGENT
    assert isinstance(server_desk.upstream(), ListLocalServices)


def test_if_the_own_server_is_down_the_agent_is_asked_at_once(server_desk):
    request = server_desk.http("PUT", "/v1/kv/x", b"v")
    server_desk.answer(undelivered(server_desk))
    assert [e.target for e in server_desk.asked] == [SERVER, AGENT]
    assert [e.body for e in server_desk.asked] == [PutKey(key="x", value=b"v")] * 2
    server_desk.answer(Written())
    assert server_desk.answers[request].body == b"true"


def test_a_refused_request_is_tried_again_by_way_of_the_agent(server_desk):
    server_desk.http("GET", "/v1/kv/x")
    server_desk.answer(Refused(code="NoLeader"))
    server_desk.pass_time(0.5)
    assert [e.target for e in server_desk.asked] == [SERVER, AGENT]


def test_the_same_answer_is_said_once(desk):
    answer = Rendered(index=7, body=b"[]")
    requests = [desk.http("GET", "/v1/kv/x") for _ in range(2)]
    for envelope in desk.asked[:]:
        desk.answer(answer, envelope)
    again = desk.http("GET", "/v1/kv/x")
    desk.answer(answer)
    assert desk.answers[again] is desk.answers[requests[1]]
    assert dict(desk.answers[again].headers)["X-Consul-Index"] == "7"


def test_another_answer_to_a_known_read_is_said_anew(desk):
    for index, body in ((7, b"[1]"), (8, b"[2]"), (8, b"[2]")):
        request = desk.http("GET", "/v1/kv/x")
        desk.answer(Rendered(index=index, body=body))
        assert desk.answers[request].body == body
        assert dict(desk.answers[request].headers)["X-Consul-Index"] == str(index)


def test_a_known_target_still_differs_by_method(desk):
    desk.http("GET", "/v1/kv/x")
    desk.answer(Rendered(index=7, body=b"[]"))
    desk.http("PUT", "/v1/kv/x", b"v")
    assert desk.upstream() == PutKey(key="x", value=b"v")
    desk.http("DELETE", "/v1/kv/x")
    assert desk.upstream().kind == "kv.delete_key"


def test_a_known_read_keeps_its_parameters(desk):
    for _ in range(2):
        request = desk.http("GET", "/v1/catalog/nodes?consistent&pretty")
        assert desk.upstream().consistency == "consistent"
        desk.answer(Rendered(index=7, body=b"[1]"))
        assert desk.answers[request].body == b"[\n    1\n]\n"
        assert dict(desk.answers[request].headers)["X-Consul-Effective-Consistency"] == "consistent"


def test_blocking_queries_are_parsed_once_for_a_crowd_and_never_said_twice(desk, monkeypatch):
    monkeypatch.setattr(read_cache, "BLOCKING_MOST", 3)
    for index in range(5, 15):
        target = f"/v1/kv/x?index={index}&wait=10s"
        crowd = [desk.http("GET", target) for _ in range(3)]
        assert desk.upstream().min_index == index
        assert len(desk.gateway._cache._blocking) <= 3
        remembered = desk.gateway._cache._blocking[target, EVERYTHING]
        askers = next(iter(desk.gateway._desk._calls.open.values())).askers.values()
        assert all(asker.request is remembered.request for asker in askers)
        desk.answer(Rendered(index=index + 1, body=b"[%d]" % index))
        assert {desk.answers[request].body for request in crowd} == {b"[%d]" % index}
        assert remembered.response is None
    assert desk.gateway._cache._reads == {}


def test_what_depends_on_a_header_is_decided_for_each_request(desk):
    """The text and the JSON form of an agent's health share a target."""
    for accept in ("text/plain", "application/json", "text/plain"):
        desk.http("GET", "/v1/agent/health/service/name/web", accept=accept)
    assert desk.gateway._cache._reads == {}


def test_what_is_remembered_is_bounded(desk, monkeypatch):
    monkeypatch.setattr(read_cache, "READS_MOST", 3)
    monkeypatch.setattr(read_cache, "BYTES_MOST", 100)
    for number in range(10):
        request = desk.http("GET", f"/v1/kv/k{number}")
        desk.answer(Rendered(index=7, body=b"x" * 40))
        assert desk.answers[request].body == b"x" * 40
        remembered = desk.gateway._cache
        assert len(remembered._reads) <= 3
        assert sum(len(k.response.body) for k in remembered._reads.values() if k.response) <= remembered._bytes <= 100


@pytest.mark.parametrize("found", [True, False])
def test_a_miss_is_a_miss_the_second_time_too(desk, found):
    for _ in range(2):
        request = desk.http("GET", "/v1/kv/x")
        assert desk.upstream() == GetKey(key="x", rendered=True)
        desk.answer(Rendered(index=7, body=b"[]" if found else b"", found=found))
        assert desk.answers[request].status == (200 if found else 404)


def test_equal_blocked_queries_are_told_the_same_and_others_in_their_own_words(desk):
    plain = [desk.http("GET", "/v1/kv/x?index=5&wait=10s") for _ in range(3)]
    pretty = desk.http("GET", "/v1/kv/x?index=5&wait=10s&pretty")
    assert len(desk.asked) == 1
    desk.answer(Rendered(index=7, body=b"[1]"))
    assert all(desk.answers[request] is desk.answers[plain[0]] for request in plain)
    assert desk.answers[plain[0]].body == b"[1]"
    assert desk.answers[pretty].body == b"[\n    1\n]\n"


def test_what_is_forgotten_is_freed_at_once(desk):
    """A cycle would stay for good once the collector has set it aside."""
    answer = Rendered(index=7, body=b"[]")
    kept = weakref.ref(answer)
    for _ in range(2):
        desk.http("GET", "/v1/kv/x")
        desk.answer(answer)
    gc.disable()
    try:
        del answer
        desk.gateway._cache._forget_all()
        assert kept() is None
    finally:
        gc.enable()
