"""``lictor agent`` as a process: how soon it answers, how it ends, what it says when it cannot start."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pkgutil import iter_modules
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

import lictor_messages
from lictor_deploy.local.handle import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
# Beside the addresses that this process gives its clusters.
IP = own_addresses()[1].rsplit(".", 1)[0] + ".250" if own_addresses()[0] == "-base-ip" else "127.0.0.1"
SECOND_IP = IP.rsplit(".", 1)[0] + ".251"
HTTP, SECOND_HTTP = f"{IP}:8500", f"{SECOND_IP}:8500"
ID = "0a1b2c3d-0000-4000-8000-000000000001"
PATIENCE_S = 120
"""Beside other work a Python that takes half a second to start has taken ten."""
PAUSE = threading.Event()


@pytest.fixture
def agents():
    """Start agents; none survives the test."""
    started = []

    def start(*flags, ip=IP):
        process = subprocess.Popen(
            [*LICTOR, "agent", f"-bind={ip}", f"-client={ip}", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def first_answer(process, http=HTTP):
    """Wait until HTTP answers."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(URLError, ConnectionError):
            urlopen(f"http://{http}/v1/agent/self", timeout=PATIENCE_S).close()
            return
        PAUSE.wait(0.02)
    process.kill()
    raise AssertionError(process.communicate())


def lictor(*words, http=HTTP):
    return subprocess.run([*LICTOR, *words, f"-http-addr={http}"], capture_output=True, text=True, timeout=PATIENCE_S)


def until(what):
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end


def test_an_agent_of_its_own_works_and_leaves_with_status_0(agents):
    process = agents("-dev", "-node=solo")
    first_answer(process)
    until(lambda: lictor("kv", "put", "x", "y").returncode == 0)
    assert lictor("kv", "get", "x").stdout == "y\n"
    assert "solo" in lictor("members").stdout
    left = lictor("leave")
    assert (left.returncode, left.stdout) == (0, "Graceful leave complete\n")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, "")
    assert "Node name: 'solo'" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("server", "status"), [(True, 1), (False, 0)], ids=["server stops", "client leaves"])
def test_signals(agents, tmp_path, number, server, status):
    flags = ["-server", "-bootstrap-expect=1"] if server else []
    process = agents(f"-data-dir={tmp_path}", *flags)
    first_answer(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (status, "")


def test_signals_that_a_program_in_go_survives_end_no_agent(agents):
    process = agents("-dev", "-node=solo")
    first_answer(process)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE, signal.SIGWINCH, signal.SIGCONT):
        process.send_signal(number)
    until(lambda: lictor("kv", "put", "x", "y").returncode == 0)
    process.terminate()
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    for name in ("SIGUSR1", "SIGUSR2", "SIGALRM"):
        assert f"[WARN]  agent: {name} does nothing here" in out


@pytest.mark.alone  # it takes the ports on every address
def test_an_agent_that_others_may_reach_says_so_once(agents):
    process = agents("-dev", ip=IP)
    first_answer(process)
    process.terminate()
    assert "without TLS and without keys" not in process.communicate(timeout=PATIENCE_S)[0]
    process = agents("-dev", "-bind=0.0.0.0", f"-advertise={IP}")
    first_answer(process)
    process.terminate()
    (line,) = [line for line in process.communicate(timeout=PATIENCE_S)[0].splitlines() if "without keys" in line]
    assert (
        "[WARN]  agent: everybody who can reach 0.0.0.0:8301, 0.0.0.0:8300 and 0.0.0.0:8302 can read and change" in line
    )


def test_a_crash_in_a_library_leaves_a_trace_in_the_log(agents):
    process = agents("-dev")
    first_answer(process)
    process.send_signal(signal.SIGSEGV)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in out
    assert "in in_loop" in out


def test_sighup_does_not_end_an_agent(agents):
    """For Consul it means to read the configuration again; terminals and service managers send it."""
    process = agents("-dev")
    first_answer(process)
    process.send_signal(signal.SIGHUP)
    until(lambda: lictor("kv", "put", "x", "y").returncode == 0)
    process.terminate()
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert "reloaded: 0 services and 0 checks are configured" in out


def test_configuration_files_with_a_service_and_a_check(agents, tmp_path):
    (tmp_path / "c.json").write_text(
        json.dumps(
            {
                "server": True,
                "bootstrap": True,
                "node_name": "configured",
                "datacenter": "East",
                "data_dir": str(tmp_path / "data"),
                "performance": {"raft_multiplier": 1},
                "service": {"name": "web", "port": 80, "check": {"name": "web-ttl", "ttl": "30s"}},
            }
        )
    )
    process = agents(f"-config-file={tmp_path / 'c.json'}")
    first_answer(process)
    until(lambda: "web" in lictor("catalog", "services", "-node=configured").stdout)
    with urlopen(f"http://{HTTP}/v1/agent/self") as answer:
        config = json.load(answer)["Config"]
    assert (config["NodeName"], config["Datacenter"], config["Server"]) == ("configured", "east", True)
    assert (tmp_path / "data" / "node-id").read_text().strip() == config["NodeID"]


def test_state_survives_kill_9(agents, tmp_path):
    flags = ["-server", "-bootstrap-expect=1", f"-data-dir={tmp_path}", "-node=n"]
    process = agents(*flags)
    first_answer(process)
    until(lambda: lictor("kv", "put", "kept", "yes").returncode == 0)
    process.kill()
    process.communicate()
    process = agents(*flags)
    first_answer(process)
    until(lambda: lictor("kv", "get", "kept").stdout == "yes\n")


def test_bad_input_over_http_breaks_nothing(agents):
    process = agents("-dev")
    first_answer(process)
    until(lambda: lictor("kv", "put", "x", "y").returncode == 0)
    for path, body in (("/v1/agent/service/register", b'{"Nmae": 1}'), ("/v1/kv/x?cas=no", b""), ("/v1/kv/", b"")):
        with pytest.raises(URLError) as refused:
            urlopen(Request(f"http://{HTTP}{path}", body, method="PUT"))
        assert refused.value.code in (400, 500)
        refused.value.close()
    assert lictor("kv", "get", "x").stdout == "y\n"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "Try `lictor agent -dev`"),
        (["-config-dir=."], "data_dir cannot be empty"),
        (["-dev", "-log-level=LOUD"], "Invalid log level"),
        (["-dev", "-node=a b"], "Invalid node name"),
        (["-data-dir=/proc/nope"], "Cannot use the data directory"),
        (["-dev", "-bind=192.0.2.1"], "this machine has no such address"),
        (["-dev", "-http-port=80000"], "ports.http must be a port number"),
        (["-dev", "-serf-lan-port=seven"], "-serf-lan-port"),
    ],
)
def test_an_agent_that_cannot_start_says_why_in_a_sentence(agents, flags, words):
    process = agents("-server", *flags)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert words in err
    assert "Traceback" not in err


def test_a_taken_port_is_named(agents):
    first_answer(agents("-dev"))
    second = agents("-dev")
    _, err = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 1
    assert f"{HTTP} (client_addr, HTTP) is already in use" in err
    assert "-http-port" in err


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("-node=same", "another node is called 'same' already"),
        ("-datacenter=far", "a gossip pool is one datacenter's"),
        (f"-node-id={ID}", "has the id of node 'same'"),
    ],
)
def test_who_may_not_join_is_told_why(agents, flag, words):
    first_answer(agents("-dev", "-node=same", f"-node-id={ID}"))
    second = agents("-dev", flag, f"-retry-join={IP}", ip=SECOND_IP)
    first_answer(second, SECOND_HTTP)
    joined = lictor("join", IP, http=SECOND_HTTP)
    assert joined.returncode == 1
    assert words in joined.stderr
    second.terminate()
    out, _ = second.communicate(timeout=PATIENCE_S)
    assert f"join: nobody has answered, trying again and again: {IP}: " in out
    assert words in out


def test_foreign_bytes_on_the_bus_do_no_harm(agents):
    import socket

    process = agents("-dev")
    first_answer(process)
    for port in (8300, 8301, 8304):
        with socket.create_connection((IP, port)) as stranger:
            stranger.sendall(os.urandom(4096))
            with suppress(ConnectionError):  # it may have hung up on us by then
                stranger.sendall(b"\x00SP\x00\x00\x50\x00\x00" + (100).to_bytes(8, "big") + os.urandom(100))
    until(lambda: lictor("kv", "put", "x", "y").returncode == 0)
    assert process.poll() is None


LATE = {
    *("aiohttp", "attr", "cyclopts", "hypothesis", "lark", "ray", "rich", "tenacity"),
    *("lictor_actors.client", "lictor_actors.faults.vocabulary", "lictor_actors.judges", "lictor_actors.swarm"),
    *("lictor_actors.timeline.diagram", "lictor_deploy.cli.tree", "lictor_deploy.local.cluster"),
}
"""What an agent may need once it runs, or never."""
WATCHED = """
import os, signal, socket, sys, threading
from lictor_deploy.cli.main import main

def ask():
    with socket.create_connection((sys.argv[1], 8500)) as connection:
        connection.sendall(b"GET /v1/status/leader HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        return connection.recv(4096)

def watch():
    while True:
        try:
            assert ask().startswith(b"HTTP/1.1 ")
            break
        except ConnectionRefusedError:
            pause.wait(0.01)
    print("modules", *sorted(sys.modules), file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

pause = threading.Event()
threading.Thread(target=watch, daemon=True).start()
main(["agent", "-dev", f"-bind={sys.argv[1]}", f"-client={sys.argv[1]}"])
"""


def test_when_an_agent_first_answers_it_knows_every_message_and_has_loaded_nothing_large_in_vain():
    """Messages are found by their names in frames: a kind whose module came later would be dropped as unknown."""
    done = subprocess.run([sys.executable, "-c", WATCHED, IP], capture_output=True, text=True, timeout=PATIENCE_S)
    loaded = set(done.stderr.split())
    assert "modules" in loaded, done.stderr
    messages = {f"lictor_messages.{module.name}" for module in iter_modules(lictor_messages.__path__)}
    messages.remove("lictor_messages.html")  # what notebooks show, and nothing is said with it
    assert messages - loaded == set()
    assert LATE & loaded == set()
