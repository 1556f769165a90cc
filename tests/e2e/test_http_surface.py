"""What HTTP tells of one agent and its process: the machine, usage, members by filter, and the log as it is written."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
PORT = 8753
ADDRESS = f"127.0.0.1:{PORT}"
FLAGS = ["-dev", f"-http-port={PORT}", "-dns-port=-1", "-bus-port=-1", "-server-port=8754", "-serf-lan-port=8755"]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    log = tmp_path_factory.mktemp("agent") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "lictor_deploy.cli.main", "agent", *FLAGS], stdout=out)
    yield process
    process.kill()
    process.wait()
    assert "[DEBUG]" not in log.read_text(), "a client that follows the log must not change what the agent writes"


@pytest.fixture(scope="module")
def ask(agent: Any, http: Callable[..., Any], until: Callable[..., Any]) -> Callable[[str], Any]:
    def listens() -> bool:
        with socket.socket() as dialled:
            return dialled.connect_ex(("127.0.0.1", PORT)) == 0

    until(listens, 60)
    until(lambda: http(ADDRESS, "GET", "/v1/status/leader").json, 60)
    return lambda path: http(ADDRESS, "GET", f"/v1/{path}").json


def test_the_machine_is_this_one(ask):
    host = ask("agent/host")
    assert host["Host"]["hostname"] == socket.gethostname()
    assert host["Memory"]["total"] > host["Memory"]["available"] > 0
    assert len(host["CPU"]) >= 1


def test_a_dev_agent_uses_one_node_and_one_service_that_no_one_pays_for(ask, until):
    until(lambda: ask("operator/usage")["Usage"]["dc1"]["Services"])
    usage = ask("operator/usage")["Usage"]["dc1"]
    assert (usage["Nodes"], usage["ServiceInstances"], usage["BillableServiceInstances"]) == (1, 1, 0)


def test_members_are_filtered(ask):
    assert [len(ask(f"agent/members?filter=Status=={number}")) for number in (1, 4)] == [1, 0]


def test_a_cached_answer_follows_the_catalog(ask, http, until):
    register = {"Node": "by-hand", "Address": "10.0.0.9", "Service": {"Service": "cached"}}
    first = http(ADDRESS, "GET", "/v1/health/service/cached?cached")
    assert (first.json, first.headers["X-Cache"]) == ([], "MISS")
    assert http(ADDRESS, "GET", "/v1/health/service/cached?cached").headers["X-Cache"] == "HIT"
    assert http(ADDRESS, "PUT", "/v1/catalog/register", register).json
    until(lambda: ask("health/service/cached?cached"))
    again = http(ADDRESS, "GET", "/v1/health/service/cached?cached")
    assert (again.headers["X-Cache"], again.headers["Age"]) == ("HIT", "0")


@pytest.mark.parametrize("query", ["loglevel=debug", "loglevel=debug&logjson"])
def test_the_log_is_followed_while_it_is_written(agent, ask, query):
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as following:
        following.sendall(f"GET /v1/agent/monitor?{query} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        lines = following.makefile("rb")
        assert b" 200 " in lines.readline()
        while lines.readline() != b"\r\n":
            pass
        agent.send_signal(signal.SIGHUP)
        line = next(line for line in lines if b"SIGHUP" in line)
        if "logjson" in query:
            assert json.loads(line)["@module"] == "agent"
        else:
            assert line.endswith(b"Z [INFO]  agent: SIGHUP: reading the configuration again\n")
