"""``lictor dev`` as a person uses it: real processes, real sockets."""

import json
import os
import signal
import subprocess
import sys
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from lictor_deploy.agent.limits import Listener, require_free
from lictor_deploy.local.handle import Cluster, own_addresses

pytestmark = pytest.mark.e2e
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]


def dev(*flags, **options):
    return subprocess.Popen(
        [*LICTOR, "dev", *own_addresses(), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def ready(process):
    """Read until the table of addresses is complete."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Logs: "):
            return lines
    raise AssertionError(f"ended: {process.stderr.read()}")


def leftovers(runtime):
    return [str(path) for path in runtime.rglob("*") if path.is_file() or path.is_socket()]


def group(process):
    """Processes that still run in this process group, the parent's children among them."""
    found = subprocess.run(["ps", "-o", "pid=", "-g", str(process.pid)], capture_output=True, text=True).stdout
    return found.split()


def test_exec_runs_in_a_whole_cluster_and_its_status_is_ours(runtime):
    script = 'lictor members | wc -l; lictor catalog nodes | wc -l; echo "$LICTOR_BUS"; exit 7'
    process = dev("-servers", "3", "-agents", "5", "-exec", script)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 7, err
    assert out.splitlines()[-3:-1] == ["9", "9"]
    assert out.splitlines()[-1].startswith("tcp://127.")
    assert leftovers(runtime) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_within_five_seconds(runtime, number):
    process = dev("-servers", "1", "-agents", "4")
    ready(process)
    assert len(group(process)) == 4
    started = time.monotonic()
    os.killpg(process.pid, number)  # as a terminal does: every process of the group gets it
    _, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 5
    assert process.returncode == 128 + number
    assert err == ""
    assert group(process) == []
    assert leftovers(runtime) == []


def test_a_signal_while_starting_stops_it_too(runtime):
    process = dev("-servers", "3", "-agents", "40", "-profile", "wan")
    while not list(runtime.rglob("control")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err == ""
    assert leftovers(runtime) == []


def test_killing_the_parent_takes_every_process_along(runtime):
    process = dev("-servers", "1", "-agents", "4")
    ready(process)
    process.kill()
    process.communicate()
    until = time.monotonic() + 10
    while group(process):
        assert time.monotonic() < until


def test_data_is_kept_over_restarts(runtime):
    flags = ["-servers", "3", "-agents", "0", "-data-dir", str(runtime / "data")]
    first = dev(*flags, "-exec", "lictor kv put kept yes")
    assert first.communicate(timeout=60)[0].endswith("Success! Data written to: kept\n")
    second = dev(*flags, "-exec", "lictor kv get kept")
    assert second.communicate(timeout=60)[0].endswith("yes\n")


def test_a_data_directory_in_use_is_refused(runtime):
    flags = ["-servers", "1", "-agents", "0", "-data-dir", str(runtime / "data")]
    process = dev(*flags)
    ready(process)
    second = dev("-http-port", "9500", *flags)
    _, err = second.communicate(timeout=20)
    assert second.returncode == 1
    assert "in use" in err
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)


def test_taken_ports_are_named_before_anything_starts(runtime):
    process = dev("-servers", "1", "-agents", "0")
    ready(process)
    second = dev("-servers", "1", "-agents", "0")
    _, err = second.communicate(timeout=20)
    assert second.returncode == 1
    assert "already in use" in err
    assert "-base-ip" in err
    assert "Traceback" not in err
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)


def test_one_ip_gives_every_node_a_port(runtime):
    script = 'curl -s "$CONSUL_HTTP_ADDR/v1/status/leader" >/dev/null; lictor fault ls'
    base = own_addresses()[1] if own_addresses()[0] == "-base-ip" else "127.0.0.1"
    command = [*LICTOR, "dev", "-one-ip", "-base-ip", base, "-servers", "1", "-agents", "3", "-exec", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("No faults.\n"), done.stderr


def test_the_killed_leader_comes_back_and_no_acknowledged_write_is_lost(runtime):
    with Cluster.local(3, 2) as cluster:
        leader = cluster.status()["status"]["leader"].partition(".")[0]
        through = next(node for name, node in cluster.nodes.items() if name == "agent-1")
        assert put(through, "before", b"1")
        os.kill(cluster.status()["processes"][leader], signal.SIGKILL)
        until = time.monotonic() + 15
        acknowledged = []
        for number in range(1000):
            if put(through, f"during/{number}", b"x"):
                acknowledged.append(number)
            if len(acknowledged) >= 20 or time.monotonic() > until:
                break
        assert len(acknowledged) >= 20
        cluster.wait_whole(30)
        back = cluster.nodes[leader]
        for number in acknowledged:
            assert get(back, f"during/{number}") == b"x"
        assert get(back, "before") == b"1"


def put(node, key, value):
    try:
        with urlopen(Request(f"http://{node.http}/v1/kv/{key}", data=value, method="PUT"), timeout=20) as answer:
            return answer.read() == b"true"
    except HTTPError as error:
        error.close()
        if error.code != 500:
            raise
        return False


def get(node, key):
    with urlopen(f"http://{node.http}/v1/kv/{key}?raw", timeout=20) as answer:
        return answer.read()


def test_everything_is_free_again_after_a_local_cluster(runtime):
    with Cluster.local(1, 1) as cluster:
        places = list(cluster.nodes.values())
        assert json.loads(urlopen(f"http://{places[0].http}/v1/status/leader").read())
    require_free(Listener(place.ip, 8500, "HTTP", "") for place in places if place.http.endswith(":8500"))
    assert leftovers(runtime) == []
