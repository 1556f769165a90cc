"""The page that says which of Consul's endpoints Lictor answers: made from the router and the list of Consul's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.consul_endpoints import ACLS_OFF, CONSUL_ENDPOINTS, NO_COORDINATES
from lictor_actors.roles.api.routes import Route
from lictor_messages.web import HttpAnswered

PAGE = Path(__file__).parents[2] / "docs" / "http-compatibility.md"
HEAD = """# Consul's endpoints

Each endpoint that Consul 1.22 registers, and what Lictor does with it. This page is made from the code:
`LICTOR_REWRITE=1 pytest tests/golden`. A path that ends in a slash stands for all below it. Odd requests and limits:
[http.md](http.md); other differences: [status.md](status.md). Parameters, bodies and answers of what is answered, for
tools: [openapi.json](openapi.json) (OpenAPI 3.1).

*answered*: as Consul does, but for the note. *refused*: 404 and `Consul has GET /v1/config, Lictor not yet`.
*switched off*: 401, or 500, as a Consul answers in which that part is switched off.

| method | path | state | note |
|---|---|---|---|
"""
NO_GATEWAY = "always empty: there are no gateways of a mesh"
ROOT_ALONE = "one root of a built-in authority, whose key is not kept: it signs no certificates of services yet"
MESH = "belongs to the service mesh"
NOTES = {
    "/v1/agent/checks": "`Definition` is filled; Consul shows `{}`",
    "/v1/agent/service/": "`?hash` and `?wait` block; `ContentHash` is the number of Consul 1.22, but for proxies",
    "/v1/agent/service/register": "`Proxy` and `Connect` are kept, a `SidecarService` is refused: no mesh yet",
    **dict.fromkeys(("/v1/agent/connect/ca/roots", "/v1/connect/ca/roots"), ROOT_ALONE),
    "/v1/agent/check/register": "`DockerContainerID` and `OSService` are refused by name; scripts run if allowed",
    "/v1/agent/metrics": "names, and what is left out: [metrics.md](metrics.md)",
    "/v1/agent/reload": "takes effect: the keys that [configuration.md](configuration.md) marks",
    "/debug/pprof/": "with `enable_debug`; what Python has not (`allocs`, `block`, `symbol` …) is refused by name",
    "/debug/pprof/profile": "with `enable_debug`; a text of stacks with their counts, as flame graphs are drawn from",
    "/debug/pprof/heap": "with `enable_debug`; a text: bytes and number of objects by type, texts and numbers left out",
    "/debug/pprof/trace": "with `enable_debug`; a text: each change of each thread's stack with its time",
    "/debug/pprof/cmdline": "with `enable_debug`",
    "/v1/catalog/register": "the header `X-Lictor-Will-Be-Undone` names a living agent that owns the node",
    "/v1/catalog/deregister": "the header `X-Lictor-Will-Be-Undone` as with register",
    **dict.fromkeys(("/v1/catalog/gateway-services/", "/v1/health/ingress/"), NO_GATEWAY),
    "/v1/health/service/": "`?peer` has nothing",
    "/v1/kv/": "keys are text in UTF-8",
    "/v1/operator/raft/configuration": "`CommitIndex` beside `LastIndex`",
    "/v1/query/": "`/execute` and `/explain` below it; a `Peer` among `Failover.Targets` is refused",
    "/v1/operator/utilization": "Consul Enterprise",
}
OWN = {
    ("GET", "/"),
    ("GET", "/v1/internal/lictor/suspicions"),
    ("PUT", "/v1/internal/lictor/query/"),
    ("GET", "/debug/pprof/goroutine"),
}
"""What Consul does not list: its root page is no endpoint, and its profiles are part of one."""
MESH_PATHS = (
    "connect",
    "config",
    "discovery-chain",
    "ingress",
    "gateway",
    "exported",
    "peering",
    "federation",
    "virtual",
)


def _rows() -> Iterator[str]:
    built = {(route.method, route.path) for route in ROUTER.table}
    for endpoint in sorted(CONSUL_ENDPOINTS, key=lambda endpoint: endpoint.path):
        for method in endpoint.methods.split():
            here = (method, endpoint.path) in built
            off = endpoint.instead in (ACLS_OFF, NO_COORDINATES)
            state = "answered" if here else "switched off" if off else "refused"
            note = NOTES.get(endpoint.path, "")
            if not here and not off and any(part in endpoint.path for part in MESH_PATHS):
                note = note or MESH
            yield f"| {method} | `{endpoint.path}` | {state} | {note} |"


def _page() -> str:
    return HEAD + "\n".join(_rows()) + "\n"


def test_the_page_is_the_codes() -> None:
    if os.environ.get("LICTOR_REWRITE"):
        PAGE.write_text(_page())
    assert _page() == PAGE.read_text(), "LICTOR_REWRITE=1 pytest tests/golden"


def test_notes_are_of_endpoints() -> None:
    assert set(NOTES) <= {endpoint.path for endpoint in CONSUL_ENDPOINTS}


def test_no_endpoint_is_listed_twice_and_each_route_of_ours_is_one_of_consuls() -> None:
    listed = Counter((method, endpoint.path) for endpoint in CONSUL_ENDPOINTS for method in endpoint.methods.split())
    assert max(listed.values()) == 1
    assert {(route.method, route.path) for route in ROUTER.table} - listed.keys() == OWN


@pytest.mark.parametrize("refused", ROUTER.refused, ids=lambda route: f"{route.method} {route.path}")
def test_what_is_lacking_says_so(refused: Route) -> None:
    answer = refused.endpoint(None)  # type: ignore[arg-type]  # it looks at no request
    assert isinstance(answer, HttpAnswered)
    words = answer.body.decode()
    if answer.status == 404:
        assert words == f"Consul has {refused.method} {refused.path}, Lictor not yet"
    else:
        assert (answer.status, words) in (ACLS_OFF, NO_COORDINATES)
