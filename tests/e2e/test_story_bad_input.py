"""Nonsense at every door: a clear answer with the right status, and the cluster goes on as if nothing had been said."""

import os
import resource
import socket
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

import lictor
from lictor_deploy.local.handle import own_addresses
from lictor_messages.answers import Command, Query
from lictor_messages.kv import ReapTombstones

pytestmark = pytest.mark.e2e
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
SERVICE = "/v1/agent/service/register"
RANDOM = Random(4096).randbytes(4096)
LONG_FRAME = b"\x00SP\x00\x00\x30\x00\x00" + (2**62).to_bytes(8, "big") + RANDOM
BAD_FRAME = b"\x00SP\x00\x00\x30\x00\x00" + (100).to_bytes(8, "big") + RANDOM[:100]


@pytest.fixture
def unharmed(calm, http, tracebacks):
    """What was acknowledged before is there after, every node is alive, and nobody logged a traceback."""
    node = calm.nodes["agent-2"]
    assert http(node, "PUT", "/v1/kv/bad/acknowledged", "yes").text == "true"
    before = calm.status()["processes"]
    yield calm.nodes["agent-1"]
    assert http(node, "GET", "/v1/kv/bad/acknowledged?raw&consistent").text == "yes"
    calm.wait_whole(20)
    assert calm.status()["processes"] == before
    assert tracebacks(calm) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("PUT", SERVICE, '{"Nmae": "x"}', 400, 'Request decode failed: json: unknown field "Nmae"'),
        ("PUT", SERVICE, '{"Name": "x", "Check": {"Foo": 1}}', 400, 'unknown field "Foo"'),
        ("PUT", SERVICE, '{"Name": 1}', 400, "cannot unmarshal number into Go struct field"),
        ("PUT", SERVICE, '{"Name": "x", "Port": "80"}', 400, "cannot unmarshal string"),
        ("PUT", SERVICE, '{"Name": "x", "Tags": "a"}', 400, "cannot unmarshal string"),
        ("PUT", SERVICE, '{"Name"', 400, "unexpected EOF"),
        ("PUT", SERVICE, "", 400, "EOF"),
        ("PUT", SERVICE, "[" * 100_000, 400, "exceeded max depth"),
        ("PUT", SERVICE, b"\xff\xfe", 400, "invalid character"),
        ("PUT", SERVICE, '{"Name": "x", "Check": {"HTTP": "http://x"}}', 400, "Interval must be > 0"),
        ("PUT", SERVICE, '{"Name": "x", "Check": {"Args": ["ls"], "Interval": "1s"}}', 500, "Scripts are disabled"),
        ("PUT", "/v1/agent/check/update/nope", '{"Status": "green"}', 400, "Invalid check status"),
        ("PUT", "/v1/agent/service/deregister/nope", "", 404, 'Unknown service ID "nope"'),
        ("PUT", "/v1/catalog/register", "{}", 500, "Must provide node"),
        ("PUT", "/v1/catalog/register", '{"Node": "x", "Address": 1}', 400, "cannot unmarshal number"),
        ("GET", "/v1/catalog/nodes?index=-1", None, 400, "Invalid index"),
        ("GET", "/v1/catalog/nodes?index=18446744073709551616", None, 400, "Invalid index"),
        ("GET", "/v1/catalog/nodes?index=1&wait=soon", None, 400, "Invalid wait time"),
        ("GET", "/v1/catalog/nodes?stale&consistent", None, 400, "Cannot specify ?stale with ?consistent"),
        ("GET", "/v1/catalog/nodes?max_stale=x", None, 400, "Invalid max_stale"),
        ("GET", "/v1/catalog/nodes?dc=nowhere", None, 500, "No path to datacenter"),
        ("GET", "/v1/catalog/nodes?filter=Nope==1", None, 500, "is not valid"),
        ("GET", "/v1/catalog/nodes?filter=" + "(" * 5000, None, 500, "Failed to create boolean expression evaluator"),
        ("PUT", "/v1/kv/x?flags=-1", "v", 500, "invalid syntax"),
        ("PUT", "/v1/kv/x?cas=many", "v", 500, "invalid syntax"),
        ("PUT", "/v1/kv/x?cas=1&acquire=y", "v", 400, "Conflicting flags"),
        ("DELETE", "/v1/kv/x?recurse&cas=1", None, 400, "Conflicting flags"),
        ("PUT", "/v1/kv/", "v", 400, "Missing key name"),
        ("PUT", "/v1/kv/huge", "x" * (512 * 1024 + 1), 413, "too large, max size: 524288 bytes"),
        ("PUT", "/v1/kv/huger", "x" * (4 * 1024 * 1024), 413, "too large"),
        ("GET", "/v1/kv/%00", None, 400, ""),
        ("GET", "/v1/kv/%zz", None, 400, "400 Bad Request"),
        ("GET", "/v1/kv/" + "k" * 600_000, None, 414, "Request URI too long"),
        ("POST", "/v1/kv/x", "v", 405, "method POST not allowed"),
        ("GET", "/v1/nothing", None, 404, ""),
        (
            "PUT",
            "/v1/event/fire/x",
            "y" * 513,
            500,
            "error broadcasting event: user event exceeds configured limit of 512 bytes",
        ),
        ("PUT", "/v1/event/fire/x?tag=a", "", 500, "Cannot provide tag filter without service filter"),
        ("PUT", "/v1/agent/join/nowhere.invalid", "", 500, "Failed to join nowhere.invalid: nobody answers there"),
    ],
    ids=lambda value: value[:32] if isinstance(value, str) else None,
)
def test_a_bad_request_gets_its_status_and_a_reason(unharmed, http, method, path, body, status, words):
    answer = http(unharmed, method, path, body)
    assert answer.status == status
    assert words in answer.text


def test_headers_beyond_all_limits(unharmed, http):
    assert http(unharmed, "GET", "/v1/kv/x", **{"X-Big": "y" * 1_100_000}).status == 431


def spoken(address, data):
    """Say it, hang up our side, and hear everything until they hang up."""
    host, _, port = address.partition(":")
    heard = b""
    with socket.create_connection((host, int(port)), timeout=10) as stranger:
        try:
            stranger.sendall(data)
            stranger.shutdown(socket.SHUT_WR)
            while said := stranger.recv(4096):
                heard += said
        except TimeoutError:
            raise
        except OSError:  # they hung up on us, which is an answer too
            pass
    return heard


@pytest.mark.parametrize(
    "data",
    [
        RANDOM,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + RANDOM[:500],
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /v1/kv/a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PUT /v1/kv/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"PUT /v1/kv/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PUT /v1/kv/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=lambda data: ascii(data[:24]),
)
def test_what_is_not_http_is_told_so(unharmed, data):
    assert spoken(unharmed.http, data).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    "data", [RANDOM, LONG_FRAME, BAD_FRAME, b"GET / HTTP/1.1\r\n\r\n"], ids=["random", "long", "bad", "http"]
)
def test_foreign_bytes_at_the_client_bus(unharmed, data):
    spoken(unharmed.door.removeprefix("tcp://"), data)
    with lictor.Client(unharmed.door) as client:
        assert client.kv.get("bad/acknowledged").value == b"yes"


def test_bad_requests_on_the_client_bus(unharmed):
    with lictor.Client(unharmed.door) as client:
        with pytest.raises(lictor.BadRequest, match="Must provide key"):
            client.kv.put("", b"x")
        with pytest.raises(lictor.BadRequest, match="unsigned"):
            client.kv.put("x", b"x", flags=-1)
        with pytest.raises(lictor.TooLarge):
            client.kv.put("huge", b"x" * 2_000_000)
        with pytest.raises(lictor.NotFound):
            client.agent.deregister_service("nope")
        with pytest.raises(lictor.NoPathToDatacenter):
            client.kv.get("x", dc="nowhere")
        assert client.kv.get("bad/acknowledged").value == b"yes"


async def test_a_command_that_no_server_knows_stops_no_server(unharmed):
    """In the log it would stop all of them, now and after every restart."""
    async with lictor.connect(unharmed.door) as client:
        for message in (Command(), Query(), ReapTombstones(upto=2**40)):
            with pytest.raises(lictor.Refused, match="this agent knows no such message"):
                await client.ask(message)


def test_strangers_that_never_finish_hold_nobody_up(unharmed, http):
    host, _, port = unharmed.http.partition(":")
    strangers = [socket.create_connection((host, int(port))) for _ in range(100)]
    for stranger in strangers:
        stranger.sendall(b"PUT /v1/kv/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
    assert http(unharmed, "GET", "/v1/kv/bad/acknowledged?raw").text == "yes"
    for stranger in strangers:
        stranger.close()


# -- at the command line ------------------------------------------------------


def lictor_says(*words, limit=None, **environment):
    def lower():
        if limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    return subprocess.run(
        [*LICTOR, *words],
        capture_output=True,
        text=True,
        timeout=30,
        preexec_fn=lower,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dev", "-servers", "none"], "-servers"),
        (["dev", "-servers", "0"], "A cluster needs a server"),
        (["dev", "-agents", "-1"], "-agents"),
        (["dev", "-base-ip", "localhost"], "not an IPv4 address"),
        (["dev", "-http-port", "70000"], "-http-port"),
        (["dev", "-nonsense"], "nonsense"),
        (["dev", "-data-dir", "/proc/nowhere"], "Cannot use the data directory /proc/nowhere"),
        (["dev", "-data-dir", __file__], "Cannot use the data directory"),
        (["agent", "-dev", "-config-file", "/nowhere.json"], "/nowhere.json"),
        (["nonsense"], "nonsense"),
        (["members", "-http-addr=127.0.0.1:1"], "127.0.0.1:1"),
        (["kv", "get"], "key"),
        (["fault", "isolate"], "requires an argument"),
    ],
    ids=str,
)
def test_a_bad_command_gets_a_sentence(words, said):
    done = lictor_says(*words)
    assert done.returncode not in (0, -6, -11)
    assert said.lower() in (done.stderr + done.stdout).lower()
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("command", ["dev", "agent"])
def test_a_low_file_limit_gets_a_sentence_that_says_what_to_do(command):
    flags = own_addresses() if command == "dev" else ["-dev", f"-bind={own_addresses()[1]}"]
    done = lictor_says(command, *flags, limit=64)
    assert done.returncode == 1
    assert "Only 64 files may be open" in done.stderr
    assert "ulimit" in done.stderr
    assert "Traceback" not in done.stderr


def test_makefile_says_what_is_missing(tmp_path):
    root = Path(__file__).parents[2]
    old, bare = tmp_path / "old", tmp_path / "bare"
    old.write_text("#!/bin/sh\nexit 1\n")
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexit 0\n')
    for python, words in ((old, "needs Python 3.11 or newer"), (bare, "apt install python3-venv")):
        python.chmod(0o755)
        command = ["make", "-C", str(root), "setup", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode != 0
        assert words in done.stdout + done.stderr
        assert not (tmp_path / "venv").exists()


def test_a_port_taken_by_a_stranger_is_named(calm):
    """Also when it is taken on all addresses of the machine."""
    with socket.socket() as stranger:
        stranger.bind(("0.0.0.0", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        done = lictor_says("dev", *own_addresses(), "-http-port", str(port), "-servers", "1", "-agents", "0")
    assert done.returncode == 1
    assert f":{port} (HTTP of server-1) is already in use" in done.stderr


def test_many_threads_of_nonsense_at_once(unharmed, http):
    seen = []

    def ask(number):
        for turn in range(20):
            path = ("/v1/kv/%zz", "/v1/catalog/nodes?index=x", "/v1/kv/bad/acknowledged?raw")[(number + turn) % 3]
            seen.append(http(unharmed, "GET", path).status)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {200, 400}
    assert len(seen) == 320
