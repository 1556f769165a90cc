"""Checks in a cluster of the world: an alias of another node, a reload, and a catalog whose edits are undone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.catalog import ServiceRecord
from lictor_messages.reload import DefinitionsRead
from lictor_messages.web import HttpAnswered, HttpAsked


class Cluster:
    """A server and two agents, and what is noted there."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.world = World(seed=3, trace=self.lines.append)
        add_cluster(self.world, servers=1, agents=2)
        self.world.run(10)

    def http(self, node: str, method: str, target: str, body: Any = None) -> HttpAnswered:
        asked = HttpAsked(method=method, target=target, body=json.dumps(body).encode() if body else b"")
        answer = self.world.ask(f"{node}.dc1", "gateway", asked)
        assert isinstance(answer, HttpAnswered)
        return answer

    def put(self, node: str, target: str, body: Any = None) -> HttpAnswered:
        answer = self.http(node, "PUT", target, body)
        assert answer.status == 200, answer.body
        return answer

    def checks(self, node: str) -> dict[str, tuple[str, str]]:
        rows = json.loads(self.http("server-1", "GET", f"/v1/health/node/{node}").body)
        return {row["CheckID"]: (row["Status"], row["Output"]) for row in rows}

    def noted(self, words: str) -> list[str]:
        return [line for line in self.lines if words in line]


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_an_alias_follows_another_node_within_a_moment_and_through_its_death(cluster: Cluster) -> None:
    check = {"CheckID": "up", "Name": "up", "TTL": "1h", "Status": "passing"}
    cluster.put("agent-1", "/v1/agent/service/register", {"Name": "db", "Check": check})
    cluster.put("agent-2", "/v1/agent/check/register", {"Name": "a", "AliasNode": "agent-1", "AliasService": "db"})
    cluster.world.run(2)
    assert cluster.checks("agent-2")["a"][0] == "passing"
    cluster.put("agent-1", "/v1/agent/check/warn/up")
    cluster.world.run(1)
    assert cluster.checks("agent-2")["a"] == ("warning", 'Aliased check "up" failing: ')
    cluster.world.crash("agent-1.dc1")
    cluster.world.run(30)
    assert cluster.checks("agent-2")["a"] == (
        "critical",
        'Aliased check "Serf Health Status" failing: Agent not live or unreachable',
    )
    cluster.world.restart("agent-1.dc1")
    cluster.world.run(60)
    assert cluster.checks("agent-2")["a"][0] == "warning"


def test_an_edit_of_the_catalog_is_undone_and_said_with_the_reason(cluster: Cluster) -> None:
    cluster.put("agent-1", "/v1/agent/service/register", {"Name": "web", "Port": 80})
    cluster.put("agent-1", "/v1/agent/service/register", {"Name": "db", "Port": 90})
    cluster.world.run(10)
    assert cluster.noted("anti-entropy") == [], "its own news is no reversal"
    node = {"Node": "agent-1", "Address": "10.0.0.2", "SkipNodeUpdate": True}
    edited = cluster.put("agent-2", "/v1/catalog/register", {**node, "Service": {"Service": "web", "Port": 81}})
    cluster.put("agent-2", "/v1/catalog/register", {**node, "Service": {"Service": "stray", "Port": 1}})
    gone = cluster.put("agent-2", "/v1/catalog/deregister", {"Node": "agent-1", "ServiceID": "db"})
    elsewhere = cluster.put("agent-2", "/v1/catalog/register", {"Node": "esm", "Address": "10.9.9.9"})
    undone = [dict(answer.headers).get("X-Lictor-Will-Be-Undone", "")[:20] for answer in (edited, gone, elsewhere)]
    assert undone == ["the agent of agent-1", "the agent of agent-1", ""]
    cluster.world.run(130)
    assert [
        len(cluster.noted(f"anti-entropy {words}"))
        for words in (
            "undoes an edit of service 'web' in the catalog: port was 81, is 80",
            "removes service 'stray' from the catalog",
            "restores service 'db' in the catalog",
        )
    ] == [1, 1, 1]
    rows = json.loads(cluster.http("server-1", "GET", "/v1/catalog/node/agent-1").body)["Services"]
    assert {name: row["Port"] for name, row in rows.items()} == {"web": 80, "db": 90}


def test_a_reload_brings_the_catalog_to_what_the_files_say(cluster: Cluster) -> None:
    record = ServiceRecord(node="", id="", service="web", port=80)
    register = RegisterService(service=record, checks=(CheckSpec(ttl_ns=10**12, status="passing"),))
    cluster.put("agent-1", "/v1/agent/service/register", {"Name": "mine"})
    cluster.world.jobs.definitions["agent-1.dc1"] = DefinitionsRead(ticket="", services=(register,))
    cluster.put("agent-1", "/v1/agent/reload")
    cluster.world.run(1)
    assert set(json.loads(cluster.http("server-1", "GET", "/v1/catalog/services").body)) >= {"web", "mine"}
    cluster.world.jobs.definitions["agent-1.dc1"] = DefinitionsRead(ticket="")
    cluster.put("agent-1", "/v1/agent/reload")
    cluster.world.run(1)
    services = set(json.loads(cluster.http("server-1", "GET", "/v1/catalog/services").body))
    assert ("web" in services, "mine" in services) == (False, True)
    cluster.world.jobs.definitions["agent-1.dc1"] = DefinitionsRead(ticket="", error="no")
    refused = cluster.http("agent-1", "PUT", "/v1/agent/reload")
    assert (refused.status, refused.body) == (500, b"no")


def test_an_output_alone_wakes_no_reader_and_comes_within_the_interval(cluster: Cluster) -> None:
    cluster.put("agent-1", "/v1/agent/check/register", {"Name": "c", "TTL": "1h", "Status": "passing"})
    cluster.put("agent-1", "/v1/agent/check/pass/c?note=first")
    cluster.world.run(1)
    index = dict(cluster.http("server-1", "GET", "/v1/health/node/agent-1").headers)["X-Consul-Index"]
    cluster.put("agent-1", "/v1/agent/check/pass/c?note=second")
    cluster.world.run(140)
    answer = cluster.http("server-1", "GET", f"/v1/health/node/agent-1?index={index}&wait=1s")
    assert dict(answer.headers)["X-Consul-Index"] == index
    cluster.world.run(320)
    assert cluster.checks("agent-1")["c"] == ("passing", "second")
