"""Every example runs, against a real cluster, and shows what it promises."""

import os
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
