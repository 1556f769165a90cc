"""``lictor dev`` at full size and under rough treatment: side by side, interrupted, killed, started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lictor_deploy.local.handle import CLUSTERS, Cluster, await_control, own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]


@pytest.fixture
def dev():
    """Start ``lictor dev`` in a session of its own; none of its processes survives the test."""
    started = []

    def start(*flags, addresses=None):
        command = [*LICTOR, "dev", *(addresses or own_addresses(next(CLUSTERS))), *flags]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, **pipes, text=True, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        for pid in processes_of(process):
            os.kill(pid, signal.SIGKILL)
        process.communicate()


TELL = 'echo "$LICTOR_CONTROL"; cat'


def processes_of(process):
    """Everything in its session that still runs."""
    found = subprocess.run(["ps", "-o", "pid=,stat=", "-s", str(process.pid)], capture_output=True, text=True)
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "Z" not in line.split()[1]]


def leftovers(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def test_ctrl_c_stops_a_hundred_nodes_within_five_seconds_and_leaves_nothing(runtime, dev):
    process = dev("-servers", "3", "-agents", "97")
    for line in process.stdout:
        if line.startswith("Logs: "):
            break
    assert len(processes_of(process)) >= 6
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 5
    assert (process.returncode, err) == (0, "")
    assert processes_of(process) == []
    assert leftovers(runtime) == []
    assert not list(runtime.glob("lictor-data-*"))


def test_ctrl_c_while_a_command_runs_ends_the_command_too(runtime, dev, until):
    process = dev("-servers", "1", "-agents", "1", "-exec", "echo running; sleep 600")
    for line in process.stdout:
        if line == "running\n":
            break
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    until(lambda: processes_of(process) == [])
    assert leftovers(runtime) == []


def test_two_clusters_side_by_side_know_nothing_of_each_other(runtime, dev, http):
    one, two = (dev("-servers", "3", "-agents", "2", "-exec", TELL) for _ in range(2))
    ours, theirs = Cluster(await_control(one)), Cluster(await_control(two))
    assert ours.control != theirs.control
    assert {node.ip for node in ours.nodes.values()}.isdisjoint(node.ip for node in theirs.nodes.values())
    assert http(ours.nodes["agent-1"], "PUT", "/v1/kv/whose", "ours").text == "true"
    assert http(theirs.nodes["agent-1"], "GET", "/v1/kv/whose").status == 404
    with ours.faults.isolate("agent-1"):
        assert theirs.faults.ls() == []
    assert http(ours.nodes["agent-1"], "PUT", f"/v1/agent/join/{theirs.nodes['server-1'].ip}").status == 500
    for process in (one, two):
        process.stdin.close()
    for process in (one, two):
        assert process.wait(10) == 0
        process.stdin = None
    assert leftovers(runtime) == []


def test_everything_killed_at_once_keeps_what_was_acknowledged(runtime, dev, http, until):
    flags = ["-servers", "3", "-agents", "1", "-data-dir", str(runtime / "data"), "-exec", TELL]
    addresses = own_addresses(next(CLUSTERS))
    first = dev(*flags, addresses=addresses)
    cluster = Cluster(await_control(first))
    node = cluster.nodes["agent-1"]
    assert http(node, "PUT", "/v1/agent/service/register", {"Name": "kept"}).status == 200
    for number in range(50):
        assert http(node, "PUT", f"/v1/kv/kept/{number}", str(number)).text == "true"
    for pid in processes_of(first):
        os.kill(pid, signal.SIGKILL)
    first.communicate()

    second = Cluster(await_control(dev(*flags, addresses=addresses)))
    node = second.nodes["agent-1"]
    assert http(node, "GET", "/v1/kv/kept/49?raw&consistent").text == "49"
    assert len(http(node, "GET", "/v1/kv/kept/?keys").json) == 50
    until(lambda: http(second.nodes["server-2"], "GET", "/v1/catalog/service/kept").json)


def test_a_data_directory_of_another_size_is_still_a_cluster(runtime, dev, http):
    """Started again with fewer agents: those that are gone do not keep the rest from being whole."""
    flags = ["-servers", "1", "-data-dir", str(runtime / "data"), "-exec"]
    addresses = own_addresses(next(CLUSTERS))
    assert dev("-agents", "3", *flags, "true", addresses=addresses).wait(30) == 0
    again = dev("-agents", "1", *flags, TELL, addresses=addresses)
    cluster = Cluster(await_control(again))
    assert set(cluster.nodes) == {"server-1", "agent-1"}
    assert http(cluster.nodes["agent-1"], "PUT", "/v1/kv/x", "1").text == "true"


def test_killing_the_parent_alone_leaves_no_process(runtime, dev, until):
    process = dev("-servers", "3", "-agents", "4", "-exec", TELL)
    await_control(process)
    children = [pid for pid in processes_of(process) if "lictor" in Path(f"/proc/{pid}/cmdline").read_text()]
    assert len(children) >= 6
    process.kill()
    until(lambda: not set(children) & set(processes_of(process)) - {process.pid}, 10)
