"""docs/openapi.json says what an agent answers: requests are made from it, and answers are held against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from lictor import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
DESCRIBED = {
    path: operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    for path, operations in DOCUMENT["paths"].items()
    if "get" in operations and "content" in operations["get"]["responses"]["200"]
}
"""What a read answers, where the document says it."""
NOT_RUN = {
    "put-agent-leave": "the agent would stop",
    "get-agent-monitor": "it has no end",
    "get-debug-pprof-profile": "it takes as long as it is told",
    "get-debug-pprof-trace": "so does it",
}
REQUESTS_EACH = 10
THERE = {
    "/v1/agent/service/{id}": "web",
    "/v1/catalog/node-services/{node}": "outside",
    "/v1/catalog/service/{service}": "web",
    "/v1/coordinate/node/{node}": "outside",
    "/v1/health/checks/{service}": "web",
    "/v1/health/node/{node}": "outside",
    "/v1/health/service/{service}": "web",
    "/v1/health/state/{state}": "any",
    "/v1/kv/{key}": "known",
}
"""Names that the registrations below make known."""


@pytest.fixture(scope="module")
def agent(http: Callable[..., Any], until: Callable[..., Any], tracebacks: Callable[..., Any]) -> Iterator[str]:
    with Cluster.local(1, 0) as cluster:
        address = cluster.nodes["server-1"].http
        http(
            address,
            "PUT",
            "/v1/agent/service/register",
            {"Name": "web", "Port": 80, "Tags": ["a"], "Check": {"TTL": "1m", "Notes": "n"}},
        )
        check = {"Name": "c", "Status": "passing", "Definition": {"TCP": "a:1", "Interval": "10s"}}
        http(
            address,
            "PUT",
            "/v1/catalog/register",
            {"Node": "outside", "Address": "10.0.0.9", "NodeMeta": {"a": "b"}, "Check": check},
        )
        http(
            address,
            "PUT",
            "/v1/coordinate/update",
            {"Node": "outside", "Coord": {"Vec": [0.0] * 8, "Error": 1.5, "Height": 1e-5}},
        )
        http(address, "PUT", "/v1/kv/known", "v")
        http(address, "PUT", "/v1/session/create", {"Name": "s"})
        http(address, "POST", "/v1/query", {"Name": "q", "Service": {"Service": "web"}})
        until(lambda: http(address, "GET", "/v1/health/service/web").json)
        until(lambda: http(address, "GET", "/v1/coordinate/nodes").json)
        yield address
        assert tracebacks(cluster) == []


@pytest.fixture(scope="module")
def operations() -> dict[str, Any]:
    load_all_checks()
    made = (result.ok() for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
    return {operation.definition.raw["operationId"]: operation for operation in made}


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in NOT_RUN])
def test_what_is_asked_by_the_document_is_answered_by_it(agent: str, operations: dict[str, Any], name: str) -> None:
    @given(case=operations[name].as_strategy())
    @settings(
        max_examples=REQUESTS_EACH,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        for waits in ("index", "hash"):
            case.query.pop(waits, None)
        case.call_and_validate(
            base_url=f"http://{agent}", timeout=20, checks=[response_schema_conformance, status_code_conformance]
        )

    ask()


@pytest.mark.parametrize(
    "path", [path for path in DESCRIBED if path in THERE or ("{" not in path and "/acl/" not in path)]
)
def test_what_is_there_fits_what_the_document_says_of_it(agent: str, http: Callable[..., Any], path: str) -> None:
    name = path.partition("{")[2].rstrip("}")
    answer = http(agent, "GET", path.replace(f"{{{name}}}", THERE.get(path, "")))
    assert answer.status == 200
    found = list(
        Draft202012Validator({**DESCRIBED[path], "components": DOCUMENT["components"]}).iter_errors(answer.json)
    )
    assert found == []
