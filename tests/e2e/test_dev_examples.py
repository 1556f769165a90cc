"""Every example runs, against a real cluster, and shows what it promises."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = pytest.mark.e2e
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def cluster():
    with Cluster.local(3, 5, "-profile", "local") as made:
        yield made


def start(cluster, example, *arguments):
    command = [sys.executable, str(EXAMPLES / example), *arguments]
    return subprocess.Popen(
        command, env={**os.environ, **cluster.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def output(process):
    out, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
    return out


def test_a_service_of_ones_own_is_found_through_another_node(cluster):
    service = start(cluster, "own_service.py", cluster.nodes["agent-1"].http, "6")
    name = service.stdout.readline().split()[0]
    until = time.monotonic() + 5
    found = ""
    while name not in found and time.monotonic() < until:
        found = output(start(cluster, "find_service.py", cluster.nodes["agent-5"].door))
    assert f"{name} on agent-1" in found
    assert "is gone" in output(service)


def test_kv_and_watch(cluster):
    out = output(start(cluster, "kv_and_watch.py"))
    assert "['red', 'green', 'blue']" in out
    assert "with an old index: False, with the right one: True" in out


def test_break_it(cluster):
    out = output(start(cluster, "break_it.py"))
    assert "chose a new leader" in out
    assert "every node sees every other again" in out
    assert cluster.faults.ls() == []


SHOWS = {
    "hello_catalog.py": r"healthy: hello-8081 .*, hello-8082 .*\nhealthy: hello-8082 at port 8082\n"
    r"critical: hello-8081 says 'the disk is full'\n",
    "leader_election.py": r"(?s)(\w+) leads.*(?!\1)(\w+) leads.*(?!\1|\2)\w+ leads.*each has led once\n",
    "semaphore.py": r"(?s)worker-1 works.*worker-1 dies with its slot.*2 of 2 slots taken.*all five have worked\n",
    "live_configuration.py": r"runs with .*'welcome', discount=0\)\nruns with .*'hello', discount=0\)\n"
    r"runs with .*discount=20\)\nkeeps .*discount=20\): discount is 200: .*\nruns with .*discount=30\)\n",
    "fastapi_pair.py": r"200: hello ann\n503: .*there is no healthy greeter.*\n",
    "blue_green.py": r"began with blue: .*\[9001\]\nswitched to green: .*\[9002\]\nswitched to blue: .*\[9001\]\n",
}
"""What a reader is promised to see, line by line."""


@pytest.mark.parametrize("example", SHOWS)
def test_an_example_shows_what_it_promises(cluster, example):
    if "fastapi" in example:
        pytest.importorskip("fastapi", reason="the example needs FastAPI: pip install fastapi uvicorn")
    out = output(start(cluster, example))
    assert re.fullmatch(SHOWS[example], out), out


def test_callers_fail_over_to_another_datacenter_and_come_back():
    with Cluster.local(1, 1, "-datacenters", "2", "-profile", "local") as both:
        out = output(start(both, "datacenter_failover.py"))
    assert re.findall(r"on agent-1 in (\w+)", out) == ["dc1", "dc2", "dc1"]
