"""Three datacenters on real processes, latencies set by faults: distance decides who answers for a stopped service,
a cut fails in Consul's words within seconds and touches nothing local, and it heals."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
PAGE = Path(__file__).parents[2] / "docs" / "datacenters.md"
NEAR, FAR = 0.01, 0.12
SECONDS = 8.0
"""A server of a datacenter that says nothing is given up after two, and three at most are asked."""


@pytest.fixture(scope="module")
def cluster():
    with Cluster.local(1, 1, "-datacenters", "3", "-profile", "local") as made:
        yield made


def http(cluster, node, path, method="GET", body=None):
    """Status and text."""
    asked = urllib.request.Request(f"http://{cluster.nodes[node].http}{path}", method=method)
    asked.data = json.dumps(body).encode() if isinstance(body, dict) else body
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def within(seconds, true):
    """Look again and again; each look is a request, which takes its time."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until


def slow(cluster, one, other, latency_s):
    return [cluster.faults.delay(f"*.{a}", f"*.{b}", latency_s) for a, b in ((one, other), (other, one))]


def found(cluster):
    run = json.loads(http(cluster, "agent-1.dc1", "/v1/query/web/execute")[1])
    return run["Datacenter"], run["Failovers"], len(run["Nodes"])


def nearest_first(cluster):
    return json.loads(http(cluster, "agent-1.dc1", "/v1/catalog/datacenters")[1])


def test_a_service_that_stopped_is_found_in_the_nearest_other_datacenter(cluster):
    assert {m["Name"] for m in json.loads(http(cluster, "server-1.dc2", "/v1/agent/members?wan=1")[1])} == {
        f"server-1.dc{n}" for n in (1, 2, 3)
    }
    assert json.loads(http(cluster, "agent-1.dc2", "/v1/agent/members?wan=1")[1]) is None
    assert http(cluster, "agent-1.dc2", "/v1/agent/join/127.0.0.1?wan=1", "PUT")[0] == 500
    faults = [*slow(cluster, "dc1", "dc2", NEAR), *slow(cluster, "dc1", "dc3", FAR), *slow(cluster, "dc2", "dc3", FAR)]
    for dc in ("dc1", "dc2", "dc3"):
        assert http(cluster, f"agent-1.{dc}", "/v1/agent/service/register", "PUT", {"Name": "web"})[0] == 200
    query = {"Name": "web", "Service": {"Service": "web", "Failover": {"NearestN": 2}}}
    assert http(cluster, "agent-1.dc1", "/v1/query", "POST", query)[0] == 200
    within(20, lambda: found(cluster) == ("dc1", 0, 1))
    assert http(cluster, "agent-1.dc1", "/v1/agent/service/deregister/web", "PUT")[0] == 200
    within(90, lambda: nearest_first(cluster) == ["dc1", "dc2", "dc3"])
    within(20, lambda: found(cluster) == ("dc2", 1, 1))
    for fault in faults:
        fault.heal()
    faults = [*slow(cluster, "dc1", "dc2", FAR), *slow(cluster, "dc1", "dc3", NEAR), *slow(cluster, "dc2", "dc3", FAR)]
    within(90, lambda: nearest_first(cluster) == ["dc1", "dc3", "dc2"])
    assert found(cluster) == ("dc3", 1, 1)
    for fault in faults:
        fault.heal()


def test_a_cut_fails_in_words_within_seconds_spares_what_is_local_and_heals(cluster):
    assert http(cluster, "agent-1.dc1", "/v1/kv/a?dc=dc2", "PUT", b"there") == (200, "true")
    assert http(cluster, "agent-1.dc1", "/v1/kv/a")[0] == 404
    assert http(cluster, "agent-1.dc2", "/v1/kv/a?raw") == (200, "there")
    assert http(cluster, "agent-1.dc1", "/v1/kv/a?dc=dc9") == (500, "No path to datacenter")
    cut = cluster.faults.cut("*.dc1", "*.dc2")
    for method, path in (("GET", "/v1/kv/a?dc=dc2"), ("PUT", "/v1/kv/a?dc=dc2"), ("GET", "/v1/catalog/nodes?dc=dc2")):
        began = time.monotonic()
        assert http(cluster, "agent-1.dc1", path, method) == (500, "Remote DC has no server currently reachable")
        assert time.monotonic() - began < SECONDS
    for dc in ("dc1", "dc2"):
        assert http(cluster, f"agent-1.{dc}", "/v1/kv/local", "PUT", b"x") == (200, "true")
        members = json.loads(http(cluster, f"agent-1.{dc}", "/v1/agent/members")[1])
        assert [(m["Name"], m["Status"]) for m in members] == [("agent-1", 1), ("server-1", 1)]
    assert http(cluster, "agent-1.dc1", "/v1/kv/b?dc=dc3", "PUT", b"x") == (200, "true")
    cut.heal()
    within(60, lambda: http(cluster, "agent-1.dc1", "/v1/kv/a?dc=dc2&raw") == (200, "there"))


def lictor(cluster, node, *words):
    command = [sys.executable, "-m", "lictor_deploy.cli.main", *words, f"-http-addr={cluster.nodes[node].http}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_commands_about_servers_of_all_datacenters(cluster):
    listed = lictor(cluster, "server-1.dc1", "members", "-wan").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["Node", *(f"server-1.dc{n}" for n in (1, 2, 3))]
    assert lictor(cluster, "agent-1.dc1", "event", "-name=deploy", "-datacenter=dc2").stdout.startswith("Event ID: ")
    within(10, lambda: "deploy" in lictor(cluster, "agent-1.dc2", "event", "-list").stdout)
    assert "deploy" not in lictor(cluster, "agent-1.dc1", "event", "-list").stdout
    assert sorted(lictor(cluster, "agent-1.dc1", "catalog", "datacenters").stdout.split()) == ["dc1", "dc2", "dc3"]
    joined = lictor(cluster, "server-1.dc1", "join", "-wan", cluster.nodes["server-1.dc2"].ip)
    assert joined.stdout == "Successfully joined cluster by contacting 1 nodes.\n"
    assert lictor(cluster, "server-1.dc1", "force-leave", "-wan", "server-9.dc2").returncode == 1
    words = ("rtt", "-wan", "server-1.dc1", "server-1.dc3")
    within(60, lambda: lictor(cluster, "server-1.dc1", *words).returncode == 0)
    told = lictor(cluster, "server-1.dc1", *words).stdout
    assert re.fullmatch(r"Estimated server-1.dc1 <-> server-1.dc3 rtt: [0-9.]+ ms \(using WAN coordinates\)\n", told)


def test_the_commands_of_the_page_do_what_it_says(cluster):
    shown = re.findall(r"^\$ (.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(shown) > 10
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **cluster.environment, "PATH": beside}
    for command in shown:
        ran = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, timeout=60)
        assert (ran.returncode, "rror" in ran.stderr) == (0, False), f"{command}: {ran.stdout}{ran.stderr}"
