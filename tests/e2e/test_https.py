"""The steps of docs/tls.md as they stand there, on a real agent, and what comes to those that it keeps out."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from lictor_actors.bus.tls import TlsFiles, client_context

PAGE = (Path(__file__).parents[2] / "docs" / "tls.md").read_text()
SHELL = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONFIGURATION = re.findall(r"^```hcl\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(120)]  # the page has the usual ports
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def shell(folder: Path, script: str) -> str:
    done = subprocess.run(
        ["bash", "-ec", script], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, until: Callable[..., Any]) -> Iterator[Path]:
    """With the certificates of the first step, and the agent of the second one."""
    folder = tmp_path_factory.mktemp("page")
    shell(folder, SHELL[0])
    (folder / "agent.hcl").write_text(f"{CONFIGURATION[0]}enable_agent_tls_for_checks = true\n")
    with (folder / "log").open("wb") as out:
        process = subprocess.Popen(SHELL[1].split(), cwd=folder, env=ENVIRONMENT, stdout=out, stderr=out)
    try:
        until(lambda: " leads term " in (folder / "log").read_text() or process.poll() is not None, 60)
        yield folder
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait()
    assert "Traceback" not in (folder / "log").read_text()


def trusting(folder: Path) -> ssl.SSLContext:
    certificate, key = (str(folder / f"dc1-cli-consul-0{end}.pem") for end in ("", "-key"))
    return client_context(TlsFiles(str(folder / "consul-agent-ca.pem"), cert_file=certificate, key_file=key))


def dialled(folder: Path) -> HTTPSConnection:
    connection = HTTPSConnection("127.0.0.1", 8501, timeout=20, context=trusting(folder))
    connection.connect()
    return connection


def asked(connection: HTTPSConnection, path: str) -> Any:
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200
    return json.loads(answer.read())


def serial(connection: HTTPSConnection) -> str:
    return connection.sock.getpeercert()["serialNumber"]


def test_the_steps_of_the_page_and_new_certificates_under_an_open_connection(folder: Path) -> None:
    kept = dialled(folder)
    assert asked(kept, "/v1/status/leader")
    said = shell(folder, "\n".join(SHELL[2:]))
    assert len(re.findall(r"127\.0\.0\.1:8301 +alive +server", said)) == 2
    assert "Configuration reload triggered" in said
    assert asked(kept, "/v1/status/leader")
    fresh = dialled(folder)
    assert (asked(fresh, "/v1/agent/self")["DebugConfig"]["HTTPSPort"], serial(fresh) != serial(kept)) == (8501, True)
    (folder / "dc1-server-consul-0.pem").write_text("torn")
    fresh.request("PUT", "/v1/agent/reload")
    refused = fresh.getresponse()
    assert refused.status == 500
    assert b"tls.defaults.cert_file: cannot use dc1-server-consul-0.pem: it holds no certificate" in refused.read()
    again = dialled(folder)
    assert serial(again) == serial(fresh)
    for connection in (kept, fresh, again):
        connection.close()


def test_those_that_do_not_get_in_are_counted(folder: Path, until: Callable[..., Any]) -> None:
    connection = dialled(folder)

    def counted() -> set[str]:
        counters = asked(connection, "/v1/agent/metrics")["Counters"]
        events = [one["Labels"]["what"] for one in counters if one["Name"] == "lictor.events"]
        return {what.partition(":")[2] for what in events if what.startswith("https_handshake_failed:")}

    with socket.create_connection(("127.0.0.1", 8501), timeout=20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert plain.recv(100) == b""
    words = "lictor members -http-addr=https://127.0.0.1:8501 -ca-file=consul-agent-ca.pem 2>&1 || true"
    assert "asks for a certificate" in shell(folder, words)
    assert "is not trusted" in shell(folder, "lictor members -http-addr=https://127.0.0.1:8501 2>&1 || true")
    expected = {"http_request", "peer_did_not_return_a_certificate", "tlsv1_alert_unknown_ca"}
    until(lambda: expected <= counted(), 30)
    connection.close()


def test_a_check_shows_the_agents_certificate_where_it_is_asked_for(folder: Path, until: Callable[..., Any]) -> None:
    connection = dialled(folder)
    for name, check in (
        ("http", {"HTTP": "https://127.0.0.1:8501/v1/status/leader"}),
        ("tcp", {"TCP": "127.0.0.1:8501", "TCPUseTLS": True}),
    ):
        body = {"Name": name, "Interval": "1s", "Timeout": "10s", **check}
        connection.request("PUT", "/v1/agent/check/register", json.dumps(body))
        assert connection.getresponse().read() == b""

    def passing() -> set[str]:
        checks = asked(connection, "/v1/agent/checks").values()
        return {check["Name"] for check in checks if check["Status"] == "passing"}

    until(lambda: passing() == {"http", "tcp"}, 30)
    connection.close()
