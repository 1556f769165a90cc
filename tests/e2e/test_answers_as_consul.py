"""What clients of Consul 1.22 read in answers and once found otherwise here, asked of a real agent over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import lictor

pytestmark = pytest.mark.e2e
WEB = {"Name": "web", "ID": "web1", "Address": "127.0.0.9", "Port": 80, "Check": {"TTL": "10s", "Status": "passing"}}
BY_HAND = {
    "Node": "n2",
    "Address": "10.0.0.2",
    "Service": {"Service": "db"},
    "Check": {
        "CheckID": "c",
        "Name": "c",
        "ServiceID": "db",
        "Definition": {"TCP": "10.0.0.2:5", "Interval": "40s", "Timeout": "3s"},
    },
}
AddressPair = {"Address": "127.0.0.9", "Port": 80}
SET = [{"Node": {"Verb": "set", "Node": {"Node": "n3", "Address": "10.0.0.3"}}}]
CONFIG = "https://www.consul.io/docs/agent/config/config-files#"
READ_BEGUN = {"X-Consul-Index": "1", "X-Consul-KnownLeader": "false", "X-Consul-LastContact": "0"}
QUERY_META = {"Index", "LastContact", "KnownLeader", "ConsistencyLevel", "NotModified", "Backend"}


@pytest.fixture(scope="module")
def ask(http: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    with lictor.Cluster.local(1, 0) as cluster:
        node = cluster.nodes["server-1"]
        for path, body in (("agent/service/register", WEB), ("catalog/register", BY_HAND)):
            assert http(node, "PUT", f"/v1/{path}", body).status == 200
        query = {"Name": "q1", "Service": {"Service": "web"}}
        assert http(node, "POST", "/v1/query", query).status == 200
        yield lambda method, path, body=None, **headers: http(node, method, f"/v1/{path}", body, **headers)


SERVICE = {"Tags": [], "Meta": None, "Weights": {"Passing": 1, "Warning": 1}}
ROWS: dict[str, tuple[str, Callable[[Any], Any], Any]] = {
    "2 tagged addresses": (
        "agent/service/web1",
        lambda it: it["TaggedAddresses"],
        {"lan_ipv4": AddressPair, "wan_ipv4": AddressPair},
    ),
    "6 a check by hand has its type": ("health/service/db", lambda it: it[0]["Checks"][0]["Type"], "tcp"),
    "6 and no interval of its own": (
        "health/service/db",
        lambda it: (it[0]["Checks"][0]["Interval"], it[0]["Checks"][0]["Definition"]["Interval"]),
        ("", "40s"),
    ),
    "10 what Raft says": (
        "agent/self",
        lambda it: {"term", "last_log_term", "last_snapshot_index", "num_peers", "state"} - it["Stats"]["raft"].keys(),
        set(),
    ),
    "10 the term": ("agent/self", lambda it: int(it["Stats"]["raft"]["term"]) > 0, True),
    "10 the leader": (
        "agent/self",
        lambda it: [it["Stats"]["consul"][key] for key in ("leader", "known_datacenters", "bootstrap")],
        ["true", "1", "true"],
    ),
    "10 pools": ("agent/self", lambda it: [it["Stats"][key]["members"] for key in ("serf_lan", "serf_wan")], ["1"] * 2),
    "10 goroutines": ("agent/self", lambda it: it["Stats"]["runtime"]["goroutines"], "5"),
    "10 xDS": ("agent/self", lambda it: it["xDS"]["Port"], -1),
    "11 Raft's index is never told": ("operator/raft/configuration", lambda it: it["Index"], 0),
    "12 autopilot's first configuration": (
        "operator/autopilot/configuration",
        lambda it: it["CreateIndex"] > 0 and it["ModifyIndex"] > 0,
        True,
    ),
    "16 an unknown peer has nothing": ("health/service/web?peer=unknown", lambda it: it, []),
    "17 a query's own fields": ("query/q1/execute", lambda it: QUERY_META - it.keys(), set()),
    "17 tags never given": (
        "query/q1/execute",
        lambda it: [it["Nodes"][0]["Service"]["Tags"], *(one["ServiceTags"] for one in it["Nodes"][0]["Checks"])],
        [None] * 3,
    ),
    "22 the other struct of checks": (
        "agent/health/service/id/web1",
        lambda it: [it["Checks"][0].get(key) for key in ("Type", "Interval", "Timeout")],
        ["", None, None],
    ),
    "22 its definition": (
        "agent/health/service/id/web1",
        lambda it: [it["Checks"][0]["Definition"][key] for key in ("Body", "HTTP", "Interval", "Header")],
        ["", "", "0s", None],
    ),
    "23 an agent's checks have no definition": ("agent/checks", lambda it: it["service:web1"]["Definition"], {}),
    "23 nor in the catalog": ("health/checks/web", lambda it: it[0]["Definition"], {}),
    "24 a node's meta": (
        "catalog/nodes",
        lambda it: it[-1]["Meta"],
        {"consul-network-segment": "", "consul-version": "1.22.1"},
    ),
    "25 the service consul": (
        "catalog/service/consul",
        lambda it: [it[0]["ServiceMeta"][f"serf_protocol_{which}"] for which in ("current", "min", "max")],
        ["2", "1", "5"],
    ),
    "25 a server's tags": (
        "agent/members",
        lambda it: (
            {"acls", "raft_vsn", "vsn_min", "vsn_max", "segment", "ft_fs", "ft_si", "wan_join_port"}
            - it[0]["Tags"].keys()
        ),
        set(),
    ),
    "26 the version": ("agent/self", lambda it: it["Config"]["Version"], "1.22.1"),
    "28 no meta of a node": ("catalog/node/n2", lambda it: it["Node"]["Meta"], None),
    "28 no meta of a service": (
        "catalog/node/n2",
        lambda it: it["Services"]["db"] | SERVICE == it["Services"]["db"],
        True,
    ),
    "28 nor where its health is read": ("health/service/web", lambda it: it[0]["Service"]["Meta"], None),
    "28 a flat row has an empty one": ("catalog/service/web", lambda it: it[0]["ServiceMeta"], {}),
    "28 an agent's row too": ("agent/service/web1", lambda it: (it["Meta"], it["Tags"]), ({}, [])),
    "29 an unknown node": ("catalog/node-services/zz", lambda it: it, {"Node": None, "Services": None}),
}
TOLD: dict[str, tuple[str, str, Any, int, str]] = {
    "7 join oneself": ("PUT", "agent/join/{Addr}:{Port}", None, 200, ""),
    "8 force oneself out": ("PUT", "agent/force-leave/server-1", None, 200, ""),
    "8 and prune": ("PUT", "agent/force-leave/server-1?prune", None, 200, ""),
    "13 an index of 64 bits": (
        "PUT",
        "operator/autopilot/configuration?cas=3",
        {"ModifyIndex": 2**64 - 1},
        200,
        "false",
    ),
    "14 cas is no number": (
        "PUT",
        "operator/autopilot/configuration?cas=x",
        {},
        400,
        'Error parsing cas value: strconv.ParseUint: parsing "x": invalid syntax',
    ),
    "31 an event's filter": (
        "PUT",
        "event/fire/x?node=(",
        None,
        500,
        "Invalid node filter: error parsing regexp: missing closing ): `(`",
    ),
    "31 an event too large": (
        "PUT",
        "event/fire/x",
        bytes(600),
        500,
        "error broadcasting event: user event exceeds configured limit of 512 bytes before encoding",
    ),
    "31 a value too large": (
        "PUT",
        "kv/big",
        bytes(600_000),
        413,
        f"Request body(600000 bytes) too large, max size: 524288 bytes. See {CONFIG}kv_max_value_size.",
    ),
    "31 a transaction too large": (
        "PUT",
        "txn",
        bytes(600_000),
        413,
        f"Request body(600000 bytes) too large, max size: 524288 bytes. See {CONFIG}txn_max_req_len.",
    ),
    "31 a transaction of the wrong type": (
        "PUT",
        "txn",
        {},
        400,
        "Failed to parse body: json: cannot unmarshal object into Go value of type api.TxnOps",
    ),
    "31 no snapshot": ("PUT", "snapshot", b"junk", 500, "failed to decompress snapshot: unexpected EOF"),
}
FAILED_READS = {
    "unknown datacenter": "catalog/nodes?dc=zz",
    "bad filter": "catalog/nodes?filter=Node+%3D+x",
    "bad passing": "health/service/web?passing=x",
    "no UUID": "query/zz",
    "no such query": "query/00000000-0000-4000-8000-000000000000",
    "no session's UUID": "session/info/zz",
}


@pytest.mark.parametrize("row", ROWS)
def test_what_is_read(ask: Callable[..., Any], row: str) -> None:
    path, look, expected = ROWS[row]
    assert look(ask("GET", path).json) == expected


@pytest.mark.parametrize("row", TOLD)
def test_what_is_told(ask: Callable[..., Any], row: str) -> None:
    method, path, body, status, words = TOLD[row]
    answer = ask(method, path.format_map(ask("GET", "agent/members").json[0]), body)
    assert (answer.status, answer.text) == (status, words)


@pytest.mark.parametrize("which", FAILED_READS)
def test_a_failed_read_says_where_it_stands(ask: Callable[..., Any], which: str) -> None:
    answer = ask("GET", FAILED_READS[which])
    assert answer.status >= 400
    assert {name: answer.headers.get(name) for name in READ_BEGUN} == READ_BEGUN


def test_renewing_is_no_read(ask: Callable[..., Any]) -> None:
    session = ask("PUT", "session/create").json["ID"]
    renewed = ask("PUT", f"session/renew/{session}")
    assert renewed.json[0]["ID"] == session
    assert not READ_BEGUN.keys() & set(renewed.headers)


def test_transactions_show_what_was_never_given_as_null(ask: Callable[..., Any]) -> None:
    (result,) = ask("PUT", "txn", SET).json["Results"]
    assert result["Node"]["Meta"] is None
    read = ask("PUT", "txn", [{"KV": {"Verb": "get-tree", "Key": "zz"}}]).json
    assert (read["ConsistencyLevel"], read["NotModified"]) == ("", False)
    assert ask("PUT", "txn", [{}]).json["Results"] == []


def test_a_hash_is_waited_for_and_short_waits_are_kept(ask: Callable[..., Any]) -> None:
    known = ask("GET", "agent/service/web1").json["ContentHash"]
    assert ask("GET", f"agent/service/web1?hash={known}&wait=50ms").json["ContentHash"] == known
    assert ask("GET", "kv/none?index=1&wait=1ms").status == 404


def test_a_cache_control_that_is_none(ask: Callable[..., Any]) -> None:
    answer = ask("GET", "catalog/services", **{"Cache-Control": "max-age=x"})
    assert (answer.status, answer.text) == (400, "Invalid Cache-Control header.")


def test_what_an_instance_says_of_a_mesh_is_kept(ask: Callable[..., Any]) -> None:
    proxy = {"DestinationServiceName": "web", "Upstreams": [{"DestinationName": "db", "LocalBindPort": 9191}]}
    service = {"Service": "p", "Kind": "connect-proxy", "Port": 21000, "Proxy": proxy}
    answer = ask("PUT", "catalog/register", {"Node": "n4", "Address": "10.0.0.4", "Service": service})
    assert answer.status == 200, answer.text
    kept = ask("GET", "catalog/service/p?filter=ServiceProxy.DestinationServiceName==web").json[0]
    assert kept["ServiceProxy"] == {"Mode": "", "MeshGateway": {}, "Expose": {}, **proxy}
