"""Parameters of any request: an index where nothing blocks, a datacenter, a peer, names of the enterprise."""

from __future__ import annotations

import pytest

from lictor_messages.answers import Rendered

READS = ("/v1/catalog/nodes", "/v1/catalog/services", "/v1/catalog/service/web", "/v1/catalog/node/n1")
READS += ("/v1/catalog/node-services/n1", "/v1/health/node/n1", "/v1/health/checks/web", "/v1/health/state/any")
READS += ("/v1/health/service/web", "/v1/kv/a", "/v1/session/list", "/v1/query")
NEVER_BLOCK = ("/v1/agent/self", "/v1/agent/members", "/v1/agent/services", "/v1/agent/checks", "/v1/status/leader")
NEVER_BLOCK += ("/v1/status/peers", "/v1/catalog/datacenters", "/v1/operator/raft/configuration")
NEVER_BLOCK += ("/v1/operator/autopilot/configuration", "/v1/operator/autopilot/health", "/v1/query/q/execute")


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("query", ["ns=default", "partition=default", "ns=default&partition=default"])
def test_what_the_community_edition_takes_changes_nothing(desk, path, query):
    desk.http("GET", f"{path}?stale")
    plain = desk.upstream()
    desk.http("GET", f"{path}?stale&{query}")
    assert desk.upstream() == plain


@pytest.mark.parametrize("path", READS)
def test_another_datacenter_is_asked_by_name_and_the_own_one_is_none(desk, path):
    for asked, named in (("dc2", "dc2"), ("dc1", ""), ("", "")):
        desk.http("GET", f"{path}?dc={asked}")
        assert desk.asked[-1].body.dc == named


@pytest.mark.parametrize("path", READS)
def test_conflicting_modes(desk, path):
    answer = desk.get(f"{path}?stale&consistent")
    words = b"Cannot specify ?stale with ?consistent, conflicting semantics."
    assert (answer.status, answer.body) == (400, words)
    answer = desk.get(f"{path}?max_stale=1x")
    assert (answer.status, answer.body) == (400, b'Invalid max_stale value "1x"')
    for query, words in (("index=-1", b"Invalid index"), ("wait=5", b"Invalid wait time")):
        answer = desk.get(f"{path}?{query}")
        assert (answer.status, answer.body) == (400, words)


@pytest.mark.parametrize("path", NEVER_BLOCK)
@pytest.mark.parametrize("query", ["index=5", "index=5&wait=1s"])
def test_an_index_does_not_make_a_question_block_that_cannot(desk, path, query):
    desk.http("GET", f"{path}?{query}")
    message = desk.upstream()
    assert getattr(message, "min_index", 0) == 0


@pytest.mark.parametrize("path", ["/v1/health/service/web", "/v1/catalog/service/web", "/v1/health/checks/web"])
@pytest.mark.parametrize("peer", ["unknown", "a", "dc1"])
def test_an_unknown_peer_has_nothing(desk, path, peer):
    request = desk.http("GET", f"{path}?peer={peer}")
    desk.answer(Rendered(index=7, body=b'[{"Node":{}}]', found=True))
    answer = desk.answers[request]
    assert (answer.status, answer.body) == (200, b"[]")
    assert ("X-Consul-Index", "7") in answer.headers


def test_a_remembered_read_does_not_answer_for_a_peer(desk):
    for _ in range(2):
        request = desk.http("GET", "/v1/health/service/web")
        desk.answer(Rendered(index=7, body=b"[1]", found=True))
        assert desk.answers[request].body == b"[1]"
        request = desk.http("GET", "/v1/health/service/web?peer=x")
        desk.answer(Rendered(index=7, body=b"[1]", found=True))
        assert desk.answers[request].body == b"[]"


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(("name", "of"), [("ns", "Namespaces"), ("partition", "Partitions")])
def test_another_namespace_is_refused_instead_of_ignored(desk, path, name, of):
    answer = desk.get(f"{path}?{name}=team1")
    words = f'Invalid query parameter: "{name}" - {of} are a Consul Enterprise feature'
    assert (answer.status, answer.body.decode()) == (400, words)


@pytest.mark.parametrize(
    ("wait", "ns"),
    [
        ("1ns", 1),
        ("1us", 1_000),
        ("1ms", 1_000_000),
        ("10ms", 10_000_000),
        ("50ms", 50_000_000),
        ("99ms", 99_000_000),
        ("100ms", 100_000_000),
        ("150ms", 150_000_000),
        ("1.05s", 1_050_000_000),
        ("0s", 300_000_000_000),
        ("-1s", 300_000_000_000),
        ("1h", 600_000_000_000),
    ],
)
def test_a_wait_is_as_long_as_it_says(desk, wait, ns):
    desk.http("GET", f"/v1/kv/none?index=1&wait={wait}")
    assert desk.upstream().wait_ns == ns
