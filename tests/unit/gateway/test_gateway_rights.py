"""Askers of unlike rights share nothing, those of equal rights everything: what is remembered, joined and rendered."""

from __future__ import annotations

import pytest

from lictor_actors.roles.doorway.question import Rights
from lictor_messages.agent import ListLocalChecks, LocalServices
from lictor_messages.answers import Rendered
from lictor_messages.slices import AnswerSlice, LargeAnswer

TARGET = "/v1/kv/x"
BLOCKED = "/v1/kv/x?index=5&wait=60s"
SERVER = "server@s2.dc1"


@pytest.fixture
def desk(desk, monkeypatch):
    """The rights of a request are those of its header; requests to other servers are let go."""
    monkeypatch.setattr(desk.gateway, "rights", lambda asked: Rights(dict(asked.headers)["x-rights"]))
    post = desk._post
    desk._post = lambda e: desk.asked.append(e) if e.target == SERVER else post(e)
    return desk


def get(desk, rights, target=TARGET):
    return desk.http("GET", target, x_rights=rights)


def answer_all(desk, bodies, since=0):
    for envelope, body in zip(desk.asked[since:], bodies, strict=True):
        desk.answer(Rendered(index=9, body=body), envelope)


def test_a_remembered_response_is_for_equal_rights_alone(desk):
    same = Rendered(index=7, body=b"[]")
    requests = {}
    for name in ("few", "few again", "few once more", "all", "all again", "all once more"):
        requests[name] = get(desk, name.split()[0])
        desk.answer(same)
    said = {name: desk.answers[request] for name, request in requests.items()}
    assert said["few again"] is said["few once more"]
    assert said["all again"] is said["all once more"]
    assert said["few again"] is not said["all again"]
    assert len(desk.gateway._cache._reads) == 2


def test_a_read_of_one_moment_is_shared_by_equal_rights_alone(desk):
    for rights in ("few", "all"):
        for _ in range(2):  # from the second on they are remembered
            get(desk, rights)
            desk.answer(Rendered(index=7, body=b"[]"))
        get(desk, rights)
    early = len(desk.asked)
    few, every = [[get(desk, rights) for _ in range(3)] for rights in ("few", "all")]
    assert len(desk.asked) == early, "they wait for one another"
    desk.pass_time(0)
    answer_all(desk, (b"[1]", b"[1,2]"), since=early)
    assert [desk.answers[request].body for request in few] == [b"[1]"] * 3
    assert [desk.answers[request].body for request in every] == [b"[1,2]"] * 3


def test_a_blocked_query_is_joined_by_equal_rights_alone(desk):
    few, every = [[get(desk, rights, BLOCKED) for _ in range(3)] for rights in ("few", "all")]
    assert len(desk.asked) == 2
    answer_all(desk, (b"[1]", b"[1,2]"))
    assert {desk.answers[request].body for request in few} == {b"[1]"}
    assert {desk.answers[request].body for request in every} == {b"[1,2]"}


def test_who_asks_for_the_rest_of_its_wait_keeps_to_its_rights(desk):
    get(desk, "few", BLOCKED)
    desk.pass_time(40)
    late = {rights: get(desk, rights, BLOCKED) for rights in ("few", "all")}
    desk.pass_time(21)
    desk.answer(Rendered(index=5, body=b"[]"), desk.asked[0])  # unchanged: the late one of few asks on, alone
    assert len(desk.asked) == 3
    desk.answer(Rendered(index=6, body=b"[1]"))
    assert late["few"] in desk.answers
    assert late["all"] not in desk.answers


def test_a_large_answer_is_collected_for_each_rights(desk):
    requests = [get(desk, rights, "/v1/catalog/service/web?index=7&wait=60s") for rights in ("few", "all")]
    for envelope, name in zip(desk.asked[:2], "ab", strict=True):
        desk.answer(LargeAnswer(index=12, id=name, server=SERVER), envelope)
    for envelope in desk.asked[2:4]:
        desk.answer(AnswerSlice(index=12, number=0, data=envelope.body.id.encode(), done=True), envelope)
    assert [desk.answers[request].body for request in requests] == [b"a", b"b"]


def test_what_an_answer_leads_to_is_asked_with_the_same_rights(desk):
    get(desk, "few", "/v1/agent/health/service/id/web")
    desk.answer(LocalServices(services=()))
    assert desk.upstream() == ListLocalChecks()
    assert [call.question.rights for call in desk.gateway._desk._calls.open.values()] == ["few"]
