"""Keys of the configuration on a real agent: HTTP's limits and local socket, rates, watches, and a reload of them."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
PORT = 8771
ADDRESS = f"127.0.0.1:{PORT}"
FLAGS = (
    "-dev",
    f"-http-port={PORT}",
    "-dns-port=-1",
    "-bus-port=-1",
    "-server-port=8772",
    "-serf-lan-port=8773",
    "-serf-wan-port=-1",
)
HANDLER = "import os, sys; open(sys.argv[1], 'a').write(os.environ['CONSUL_INDEX'] + ' ' + sys.stdin.read())"


def configuration(folder: Path, **limits: Any) -> str:
    path = folder / "agent.json"
    config = {
        "addresses": {
            "http": f'{{{{ GetAllInterfaces | include "address" "^127" | attr "address" }}}} unix://{folder}/s'
        },
        "unix_sockets": {"mode": "0660"},
        "http_config": {
            "response_headers": {"X-Own": "here"},
            "block_endpoints": ["/v1/agent/monitor"],
            "allow_write_http_from": ["127.0.0.0/8"],
            "max_header_bytes": 4096,
        },
        "limits": {
            "http_max_conns_per_client": 20,
            "kv_max_value_size": 100,
            "txn_max_req_len": 300,
            "http_max_request_body_size": 1000,
            "request_limits": {"mode": "enforcing", "write_rate": 2},
            **limits,
        },
        "watches": [{"type": "key", "key": "seen", "args": [sys.executable, "-c", HANDLER, str(folder / "seen")]}],
    }
    path.write_text(json.dumps(config))
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("configured")


@pytest.fixture(scope="module")
def agent(folder: Path, http: Callable[..., Any], until: Callable[..., Any]) -> Iterator[Path]:
    command = [sys.executable, "-m", "lictor_deploy.cli.main", "agent", *FLAGS, "-config-file", configuration(folder)]
    with (folder / "log").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)

    def leads() -> bool:
        with socket.socket() as dialled:
            listens = dialled.connect_ex(("127.0.0.1", PORT)) == 0
        return listens and bool(http(ADDRESS, "GET", "/v1/status/leader").json)

    until(leads, 60)
    yield folder
    process.terminate()
    process.wait()
    assert not (folder / "s").exists(), "the socket's file goes with the agent"


@pytest.fixture
def ask(agent: Path, http: Callable[..., Any]) -> Callable[..., Any]:
    return lambda method, path, body=None, **headers: http(ADDRESS, method, f"/v1/{path}", body, **headers)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "words"),
    [
        ("GET", "status/leader", None, {}, 200, "8772"),
        ("GET", "agent/monitor", None, {}, 403, "Endpoint is blocked by agent configuration"),
        ("PUT", "kv/large", b"x" * 101, {}, 413, "Request body(101 bytes) too large, max size: 100 bytes. See http"),
        ("PUT", "txn", b"x" * 301, {}, 413, "Request body(301 bytes) too large, max size: 300 bytes. See http"),
        ("PUT", "agent/service/register", b"x" * 1001, {}, 413, "Request body(1001 bytes) too large, max size: 1000"),
        ("GET", "status/leader", None, {"X-Long": "x" * 5000}, 431, "Request header fields too large"),
    ],
)
def test_what_is_over_a_limit_hears_consuls_words(
    ask: Any, method: str, path: str, body: Any, headers: Any, status: int, words: str
) -> None:
    said = ask(method, path, body, **headers)
    assert (said.status, said.headers["X-Own"]) == (status, "here")
    assert words in said.text


def test_the_local_socket_has_its_mode_and_is_in_no_network(agent: Path) -> None:
    path = agent / "s"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    for method, status in (("GET", 200), ("PUT", 403)):
        connection = HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(path))
        connection.request(method, "/v1/status/leader" if method == "GET" else "/v1/kv/a")
        assert connection.getresponse().status == status
        connection.close()


def test_one_address_has_so_many_connections(ask: Any) -> None:
    held = [socket.create_connection(("127.0.0.1", PORT), timeout=20) for _ in range(21)]
    try:
        said = held[-1].makefile("rb").read()
    finally:
        for connection in held:
            connection.close()
    assert said.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert said.endswith(b"Your IP is issuing too many concurrent connections, please rate limit your calls\n")


def test_writes_beyond_the_rate_are_refused_until_a_reload_allows_more(
    ask: Any, agent: Path, until: Callable[..., Any]
) -> None:
    said = until(lambda: next((s for s in (ask("PUT", "kv/often", b"x") for _ in range(40)) if s.status != 200), None))
    assert (said.status, said.text) == (
        503,
        "rate limit exceeded for operation that can only be performed by the leader, try again later",
    )
    configuration(agent, request_limits={"mode": "disabled"}, kv_max_value_size=200, http_max_conns_per_client=30)
    assert ask("PUT", "agent/reload").status == 200
    assert {ask("PUT", "kv/often", b"x").status for _ in range(40)} == {200}
    assert ask("PUT", "kv/large", b"x" * 101).status == 200


def test_a_handler_is_run_at_first_and_with_each_change(ask: Any, agent: Path, until: Callable[..., Any]) -> None:
    lines = lambda: (agent / "seen").read_text().splitlines() if (agent / "seen").exists() else []  # noqa: E731
    until(lambda: lines() and lines()[0].endswith(" null"))
    assert ask("PUT", "kv/seen", b"one").json
    until(lambda: len(lines()) == 2)
    index, _, found = lines()[1].partition(" ")
    assert json.loads(found)["Value"] == "b25l"
    assert json.loads(found)["ModifyIndex"] == int(index)
