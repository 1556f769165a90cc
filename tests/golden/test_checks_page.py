"""docs/checks.md: each example is registered over HTTP with a node of the world, runs, and reaches the catalog."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_deploy.agent.spec import definitions_of
from lictor_deploy.config.files import of_json
from lictor_deploy.config.sections import AgentConfig
from lictor_messages.agent import PROBED
from lictor_messages.web import HttpAnswered, HttpAsked

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
EXAMPLES = [(m[1], json.loads(m[1])) for m in re.finditer(r"^```json\n(.*?)^```$", PAGE.read_text(), re.M | re.S)]
CHECKS = [given for _, given in EXAMPLES if "Name" in given]
DB = {"Name": "db", "Check": {"TTL": "1h", "Status": "passing"}}
OUTPUT = {
    "disk": "fine",
    "api": "HTTP POST https://127.0.0.1:8443/health: 200 Output: ",
    "port": "TCP connect 127.0.0.1:5432: Success",
    "statsd": "UDP connect 127.0.0.1:8125: Success",
    "rpc": "gRPC check 127.0.0.1:50051/orders: success",
    "h2": "HTTP2 ping was successful",
    "batch": "",
    "needs the database": "All checks passing.",
    "needs a node": "All checks passing.",
}


class Node:
    """A client agent of the world beside a server, with scripts allowed and every target up."""

    def __init__(self) -> None:
        self.world = World(seed=1)
        allowed = {"agent.enable_script_checks": True, "agent.check_update_interval_ns": 0}
        for spec in cluster_specs(1, servers=1, agents=1):
            add_node(self.world, spec.having(allowed))
        jobs = self.world.jobs
        jobs.scripts["/usr/local/bin/check-disk", "/var"] = 0, "fine"
        jobs.http["https://127.0.0.1:8443/health"] = 200
        jobs.tcp["127.0.0.1:5432"] = jobs.udp["127.0.0.1:8125"] = jobs.h2ping["127.0.0.1:8443"] = True
        jobs.grpc["127.0.0.1:50051/orders"] = 1
        self.world.run(10)

    def http(self, method: str, target: str, body: Any = None) -> HttpAnswered:
        asked = HttpAsked(method=method, target=target, body=json.dumps(body).encode() if body else b"")
        answer = self.world.ask("agent-1.dc1", "gateway", asked)
        assert isinstance(answer, HttpAnswered)
        return answer


@pytest.fixture(scope="module")
def node() -> Node:
    made = Node()
    assert made.http("PUT", "/v1/agent/service/register", DB).status == 200
    return made


@pytest.mark.parametrize("given", CHECKS, ids=lambda given: given["Name"])
def test_an_example_passes_in_the_catalog_within_its_interval(node: Node, given: dict[str, Any]) -> None:
    registered = node.http("PUT", "/v1/agent/check/register", given)
    assert registered.status == 200, registered.body
    node.world.run(12)
    answer = node.http("GET", "/v1/health/node/agent-1")
    (row,) = (row for row in json.loads(answer.body) if row["Name"] == given["Name"])
    assert (row["Status"], row["Output"]) == ("passing", OUTPUT[given["Name"]])
    shown = {name: value for name, value in given.items() if name in row["Definition"]}
    assert {name: row["Definition"][name] for name in shown} == shown


def test_every_kind_has_an_example() -> None:
    fields = {"ttl", "aliasnode", "aliasservice", *PROBED.values()}
    assert fields <= {name.lower() for given in CHECKS for name in given}


def test_the_example_of_a_file_is_taken_by_an_agent_that_runs_scripts() -> None:
    (text,) = (text for text, given in EXAMPLES if "Name" not in given)
    config = AgentConfig.model_validate({**of_json(text.encode(), "page"), "enable_local_script_checks": True})
    services, checks = definitions_of(config, "n1")
    assert [service.service.service for service in services] == ["web"]
    assert [check.type for check in (*services[0].checks, *checks)] == ["http", "script"]
