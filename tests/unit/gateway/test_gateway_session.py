from __future__ import annotations

import json
import re

import pytest

from lictor_messages.answers import Rendered, Written
from lictor_messages.refusals import Refused
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
    SessionRecord,
    Sessions,
)

ID = "0a1b2c3d-0000-4000-8000-000000000001"
SECOND = 1_000_000_000


def created(desk, body) -> SessionRecord:
    desk.http("PUT", "/v1/session/create", body)
    command = desk.upstream()
    assert isinstance(command, CreateSession)
    return command.session


def test_create_chooses_the_id_and_answers_it(desk):
    request = desk.http("PUT", "/v1/session/create")
    session = desk.upstream().session
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", session.id)
    assert session == SessionRecord(id=session.id, node="n1")
    desk.answer(Written(index=5))
    assert json.loads(desk.answers[request].body) == {"ID": session.id}


def test_two_sessions_have_two_ids(desk):
    assert created(desk, b"").id != created(desk, b"").id


def test_the_body_is_taken_whatever_the_case_and_unknown_fields_are_ignored(desk):
    session = created(
        desk,
        {
            "name": "lock",
            "NODE": "n2",
            "LockDelay": "20s",
            "behavior": "delete",
            "Ttl": "30s",
            "Color": "red",
            "ServiceChecks": [{"ID": "web-up", "Namespace": ""}],
        },
    )
    assert session == SessionRecord(
        id=session.id,
        node="n2",
        name="lock",
        lock_delay_ns=20 * SECOND,
        behavior="delete",
        ttl="30s",
        service_checks=("web-up",),
    )


@pytest.mark.parametrize(
    ("given", "ns"),
    [
        (0, 0),
        ("0s", 0),
        (5, 5 * SECOND),
        (999, 999 * SECOND),
        (1000, 1000),
        (15 * SECOND, 15 * SECOND),
        ("1m", 60 * SECOND),
    ],
)
def test_a_small_lock_delay_is_seconds_a_large_one_nanoseconds(desk, given, ns):
    assert created(desk, {"LockDelay": given}).lock_delay_ns == ns


@pytest.mark.parametrize(
    ("body", "checks"),
    [
        ({}, ("serfHealth",)),
        ({"Checks": []}, ()),
        ({"NodeChecks": []}, ()),
        ({"NodeChecks": None}, ("serfHealth",)),
        ({"Checks": ["a", "serfHealth"]}, ("a", "serfHealth")),
        ({"Checks": ["a"], "NodeChecks": ["b", "a"]}, ("a", "b")),
    ],
)
def test_serf_health_is_the_only_check_unless_others_are_named(desk, body, checks):
    assert created(desk, body).node_checks == checks


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "words"),
    [
        ("PUT", "/v1/session/create", b"{", 400, "Request decode failed: unexpected EOF"),
        ("PUT", "/v1/session/create", b'{"TTL":5}', 400, "Request decode failed: json: cannot unmarshal number"),
        ("PUT", "/v1/session/create", b'{"LockDelay":"x"}', 400, 'Request decode failed: time: invalid duration "x"'),
        ("PUT", "/v1/session/destroy/", b"", 400, "Missing session"),
        ("PUT", "/v1/session/renew/", b"", 400, "Missing session"),
        ("GET", "/v1/session/info/", b"", 400, "Missing session"),
        ("GET", "/v1/session/node/", b"", 400, "Missing node name"),
        ("PUT", "/v1/session/destroy/x", b"", 500, "failed session lookup: index error: UUID must be 36 characters"),
        ("PUT", "/v1/session/renew/x", b"", 500, "failed session lookup: index error: UUID must be 36 characters"),
        ("GET", "/v1/session/info/x", b"", 500, "failed session lookup: index error: UUID must be 36 characters"),
        ("GET", "/v1/session/create", b"", 405, "method GET not allowed"),
    ],
)
def test_bad_session_requests_get_consuls_words(desk, method, target, body, status, words):
    answer = desk.answers[desk.http(method, target, body)]
    assert (answer.status, answer.body.decode()[: len(words)]) == (status, words)


def test_the_stores_words_reach_the_client_as_500(desk):
    request = desk.http("PUT", "/v1/session/create", {"TTL": "1s"})
    words = "Invalid Session TTL '1000000000', must be between [10s=24h0m0s]"
    desk.answer(Refused(code="Invalid", text=words))
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (500, words)


def test_destroy_is_true(desk):
    request = desk.http("PUT", f"/v1/session/destroy/{ID}")
    assert desk.upstream() == DestroySession(id=ID)
    desk.answer(Written(index=3))
    assert desk.answers[request].body == b"true"


def test_an_id_is_found_whatever_its_case(desk):
    desk.http("PUT", f"/v1/session/destroy/{ID.upper()}")
    assert desk.upstream() == DestroySession(id=ID)
    desk.http("PUT", f"/v1/session/renew/{ID.upper()}")
    assert desk.upstream() == RenewSession(id=ID)
    desk.http("GET", f"/v1/session/info/{ID.upper()}")
    assert desk.upstream().id == ID


def test_renew_answers_the_session(desk):
    request = desk.http("PUT", f"/v1/session/renew/{ID}")
    assert desk.upstream() == RenewSession(id=ID)
    session = SessionRecord(id=ID, node="n1", ttl="10s", create_index=4, modify_index=4)
    desk.answer(Sessions(index=4, sessions=(session,)))
    assert json.loads(desk.answers[request].body) == [
        {
            "ID": ID,
            "Name": "",
            "Node": "n1",
            "LockDelay": 15 * SECOND,
            "Behavior": "release",
            "TTL": "10s",
            "NodeChecks": ["serfHealth"],
            "ServiceChecks": None,
            "CreateIndex": 4,
            "ModifyIndex": 4,
        }
    ]


def test_renew_of_a_session_that_is_gone_is_404_in_consuls_words(desk):
    request = desk.http("PUT", f"/v1/session/renew/{ID}")
    desk.answer(Sessions(index=4, sessions=()))
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (404, f"Session id '{ID}' not found")


@pytest.mark.parametrize(
    ("target", "query"),
    [
        (f"/v1/session/info/{ID}", GetSession(id=ID, rendered=True)),
        ("/v1/session/node/n1?stale", ListNodeSessions(node="n1", consistency="stale", rendered=True)),
        ("/v1/session/list?index=7&wait=10s", ListSessions(min_index=7, wait_ns=10 * SECOND, rendered=True)),
    ],
)
def test_look_ups_are_rendered_by_the_server_and_may_block(desk, header, target, query):
    request = desk.http("GET", target)
    assert desk.upstream() == query
    desk.answer(Rendered(index=9, body=b"[]"))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"[]")
    assert header(desk.answers[request], "X-Consul-Index") == "9"
