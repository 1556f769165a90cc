from __future__ import annotations

import pytest

from lictor_messages.answers import Rendered, Written
from lictor_messages.kv import DeleteKey, Entries, Entry, GetKey, ListKeyNames, ListKeys, PutKey

UUID = "0a1b2c3d-0000-4000-8000-000000000001"


def test_get_is_asked_rendered_and_answered_with_consuls_headers(desk):
    request = desk.http("GET", "/v1/kv/a/b")
    assert desk.upstream() == GetKey(key="a/b", rendered=True)
    desk.answer(Rendered(index=42, last_contact_ms=3, body=b'[{"Key":"a/b"}]'))
    answer = desk.answers[request]
    assert (answer.status, answer.body) == (200, b'[{"Key":"a/b"}]')
    assert answer.headers == (
        ("Content-Type", "application/json"),
        ("X-Consul-Default-ACL-Policy", "allow"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Consul-Index", "42"),
        ("X-Consul-KnownLeader", "true"),
        ("X-Consul-LastContact", "3"),
    )


def test_a_miss_is_404_without_a_body_but_with_an_index(desk, header):
    request = desk.http("GET", "/v1/kv/none")
    desk.answer(Rendered(index=7, body=b"", found=False))
    answer = desk.answers[request]
    assert (answer.status, answer.body, header(answer, "X-Consul-Index")) == (404, b"", "7")
    assert not header(answer, "Content-Type")


def test_index_zero_never_reaches_a_client(desk, header):
    request = desk.http("GET", "/v1/kv/x")
    desk.answer(Rendered(index=0, body=b"[]"))
    assert header(desk.answers[request], "X-Consul-Index") == "1"


def test_pretty_indents_by_four(desk):
    request = desk.http("GET", "/v1/kv/x?pretty")
    desk.answer(Rendered(index=1, body=b'[{"Key":"x"}]'))
    assert desk.answers[request].body == b'[\n    {\n        "Key": "x"\n    }\n]\n'


def test_raw_is_the_value_itself(desk, header):
    request = desk.http("GET", "/v1/kv/x?raw")
    assert desk.upstream() == GetKey(key="x")
    desk.answer(Entries(index=5, entries=(Entry(key="x", value=b"\x00<b>"),)))
    answer = desk.answers[request]
    assert answer.body == b"\x00<b>"
    assert header(answer, "Content-Type") == "text/plain"
    assert header(answer, "X-Consul-Index") == "5"


@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("/v1/kv/web/?recurse", ListKeys(prefix="web/", rendered=True)),
        ("/v1/kv/?recurse", ListKeys(prefix="", rendered=True)),
        ("/v1/kv/web/?keys&separator=/", ListKeyNames(prefix="web/", separator="/", rendered=True)),
        ("/v1/kv/?keys&seperator=/", ListKeyNames(prefix="", separator="/", rendered=True)),
        ("/v1/kv/a%2Fb%20c%C3%A9", GetKey(key="a/b cé", rendered=True)),
        ("/v1/kv/a%2525", GetKey(key="a%25", rendered=True)),
        ("/v1/kv/x?stale", GetKey(key="x", rendered=True, consistency="stale")),
        ("/v1/kv/x?consistent", GetKey(key="x", rendered=True, consistency="consistent")),
        ("/v1/kv/x?max_stale=10s", GetKey(key="x", rendered=True, consistency="stale", max_stale_ns=10_000_000_000)),
        ("/v1/kv/x?index=9&wait=30s", GetKey(key="x", rendered=True, min_index=9, wait_ns=30_000_000_000)),
        ("/v1/kv/x?index=9", GetKey(key="x", rendered=True, min_index=9, wait_ns=300_000_000_000)),
        ("/v1/kv/x?index=9&wait=1h", GetKey(key="x", rendered=True, min_index=9, wait_ns=600_000_000_000)),
        ("/v1/kv/x?index=0&wait=1h", GetKey(key="x", rendered=True)),
        ("/v1/kv/x?dc=dc1", GetKey(key="x", rendered=True)),
        ("/v1/kv/x?dc=dc2", GetKey(key="x", rendered=True, dc="dc2")),
    ],
)
def test_reads_become_queries(desk, target, query):
    desk.http("GET", target)
    assert desk.upstream() == query


@pytest.mark.parametrize(
    ("method", "target", "command"),
    [
        ("PUT", "/v1/kv/a", PutKey(key="a", value=b"v")),
        ("PUT", "/v1/kv/a?flags=18446744073709551615", PutKey(key="a", value=b"v", flags=2**64 - 1)),
        ("PUT", "/v1/kv/a?cas=0", PutKey(key="a", value=b"v", cas=0)),
        ("DELETE", "/v1/kv/a?cas=7", DeleteKey(key="a", cas=7)),
        ("DELETE", "/v1/kv/?recurse", DeleteKey(key="", recurse=True)),
    ],
)
def test_writes_become_commands_and_answer_true_or_false(desk, method, target, command):
    for ok, body in ((True, b"true"), (False, b"false")):
        request = desk.http(method, target, b"v")
        assert desk.upstream() == command
        desk.answer(Written(ok=ok, index=3))
        assert (desk.answers[request].status, desk.answers[request].body) == (200, body)


@pytest.mark.parametrize(
    ("method", "target", "status", "words"),
    [
        ("GET", "/v1/kv/", 400, "Missing key name"),
        ("PUT", "/v1/kv/", 400, "Missing key name"),
        ("DELETE", "/v1/kv/", 400, "Missing key name"),
        ("GET", "/v1/kv/x?stale&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
        ("GET", "/v1/kv/x?cached&consistent", 400, "Cannot specify ?cached with ?consistent, conflicting semantics."),
        ("GET", "/v1/kv/x?max_stale=x", 400, 'Invalid max_stale value "x"'),
        ("GET", "/v1/kv/x?index=-1", 400, "Invalid index"),
        ("GET", "/v1/kv/x?index=18446744073709551616", 400, "Invalid index"),
        ("GET", "/v1/kv/x?index=" + "9" * 5000, 400, "Invalid index"),
        ("GET", "/v1/kv/x?wait=soon", 400, "Invalid wait time"),
        ("PUT", "/v1/kv/x?cas=x", 500, 'strconv.ParseUint: parsing "x": invalid syntax'),
        ("PUT", "/v1/kv/x?flags=-1", 500, 'strconv.ParseUint: parsing "-1": invalid syntax'),
        (
            "PUT",
            "/v1/kv/x?flags=18446744073709551616",
            500,
            'strconv.ParseUint: parsing "18446744073709551616": value out of range',
        ),
        ("PUT", "/v1/kv/x?cas=0&acquire=x", 400, "Conflicting flags: acquire=x&cas=0"),
        ("DELETE", "/v1/kv/x?recurse&cas=1", 400, "Conflicting flags: cas=1&recurse="),
    ],
)
def test_bad_requests_get_consuls_words(desk, method, target, status, words):
    answer = desk.answers[desk.http(method, target)]
    assert (answer.status, answer.body.decode()) == (status, words)
    assert not desk.asked


def test_a_value_over_the_limit_is_413(desk):
    answer = desk.put("/v1/kv/big", bytes(524_289))
    assert answer.status == 413
    assert answer.body.startswith(b"Request body(524289 bytes) too large, max size: 524288 bytes. See ")
    desk.http("PUT", "/v1/kv/big", bytes(524_288))
    assert desk.upstream() == PutKey(key="big", value=bytes(524_288))


def test_locks_are_asked_of_the_store_with_their_session(desk):
    desk.http("PUT", f"/v1/kv/x?acquire={UUID}&flags=3", b"v")
    assert desk.upstream() == PutKey(key="x", value=b"v", flags=3, acquire=UUID)
    desk.http("PUT", "/v1/kv/x?release=")
    assert desk.upstream() == PutKey(key="x", release="")


def test_the_session_of_a_lock_is_found_whatever_its_case(desk):
    desk.http("PUT", f"/v1/kv/X?acquire={UUID.upper()}")
    assert desk.upstream() == PutKey(key="X", acquire=UUID)
    desk.http("PUT", f"/v1/kv/X?release={UUID.upper()}")
    assert desk.upstream() == PutKey(key="X", release=UUID)
