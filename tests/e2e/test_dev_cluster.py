"""``lictor dev`` as a person uses it: real processes, real sockets."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
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
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 5
    assert process.returncode == (0 if number == signal.SIGINT else 128 + number)
    assert (out.splitlines()[-1], err) == ("Stopped.", "")
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


def test_a_cluster_that_is_late_goes_on_and_says_which_nodes_are(runtime):
    hurry = "from lictor_deploy.local import cluster; cluster.READY_WITHIN_S = 0; from lictor_deploy.cli import main"
    words = ["dev", *own_addresses(), "-servers", "1", "-agents", "2", "-exec", "echo it runs"]
    ran = subprocess.run(
        [sys.executable, "-c", f"{hurry}; main.main({words!r})"], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    *_, told, last = ran.stdout.splitlines()
    assert told.startswith("Not whole after ")
    assert "Late: server-1, agent-1, agent-2. The cluster goes on. Running: echo it runs" in told
    assert last == "it runs"


def test_a_pipe_gets_a_line_for_each_change_and_logs_are_written(runtime):
    process = dev("-servers", "1", "-agents", "2")
    logs = Path(ready(process)[-1].split()[1])
    running = Cluster(str(next(runtime.rglob("control"))))
    fault = running.faults.stop("agent-2")
    assert f"{fault.id} stop agent-2.dc1" in process.stdout.readline()
    assert "1 failed, 2 alive" in process.stdout.readline()
    fault.heal()
    assert f"healed {fault.id}" in process.stdout.readline()
    assert "0 failed, 3 alive" in process.stdout.readline()
    assert "raft: leads term" in (logs / "server-1.log").read_text()
    running.faults.restart("server-1", wipe=True)
    assert "restart server-1.dc1" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert err == ""


def test_a_terminal_has_a_line_that_is_kept_up_to_date(runtime):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*LICTOR, "dev", *own_addresses(), "-servers", "1", "-agents", "1"], stdout=theirs, start_new_session=True
    )
    os.close(theirs)
    shown = Shown(ours)
    shown.until("leader server-1 | 2 alive, 0 failed | no faults")
    with Cluster(str(next(runtime.rglob("control")))).faults.isolate("agent-1", match="kv.*"):
        shown.until("1 fault: f1 isolate")
    shown.until("| no faults |")
    os.killpg(process.pid, signal.SIGINT)
    shown.until("Stopped.")
    assert process.wait(10) == 0
    os.close(ours)


class Shown:
    """What a terminal has been sent."""

    def __init__(self, terminal):
        self._terminal, self._text = terminal, ""

    def until(self, words):
        while words not in self._text:
            self._text += os.read(self._terminal, 4096).decode(errors="replace")
        self._text = self._text.partition(words)[2]


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


def test_ports_left_out_are_named_before_anything_starts(runtime):
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
