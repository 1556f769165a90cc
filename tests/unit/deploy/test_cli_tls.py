"""An agent behind a TLS proxy: ``https://``, and which certificates a command trusts."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
KEY_OF_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
FOR_THIS_MACHINE = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")


class Proxy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(["dc1"] if self.path == "/v1/catalog/datacenters" else self.path).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class TlsServer(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that does not trust us hangs up: that is what is tested."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"))
    subprocess.run(["openssl", "req", "-x509", *KEY_OF_EC, *files, *FOR_THIS_MACHINE], check=True, capture_output=True)
    return folder / "certificate.pem"


@pytest.fixture
def port(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    for name in ("CONSUL_CACERT", "CONSUL_HTTP_SSL", "CONSUL_HTTP_SSL_VERIFY", "CONSUL_HTTP_ADDR"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server = TlsServer(("127.0.0.1", 0), Proxy)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_of_a_named_authority_is_trusted(
    lictor: Any, port: int, certificate: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CONSUL_CACERT", str(certificate))
    assert lictor("catalog", "datacenters", f"-http-addr=https://localhost:{port}") == (0, "dc1\n", "")
    monkeypatch.setenv("CONSUL_HTTP_SSL", "true")
    assert lictor("catalog", "datacenters", f"-http-addr=localhost:{port}") == (0, "dc1\n", "")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_without_verification_any_certificate_will_do(lictor: Any, port: int, monkeypatch: Any, host: str) -> None:
    monkeypatch.setenv("CONSUL_HTTP_SSL_VERIFY", "false")
    assert lictor("catalog", "datacenters", f"-http-addr=https://{host}:{port}") == (0, "dc1\n", "")


def test_a_certificate_that_is_not_trusted_is_refused_with_the_remedy(lictor: Any, port: int) -> None:
    ran = lictor("catalog", "datacenters", f"-http-addr=https://localhost:{port}")
    assert (ran.status, ran.out) == (1, "")
    assert f"The certificate of https://localhost:{port} is not trusted: self" in ran.err
    assert "CONSUL_CACERT" in ran.err


def test_a_certificate_of_another_name_is_refused(lictor: Any, port: int, certificate: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("CONSUL_CACERT", str(certificate))
    ran = lictor("catalog", "datacenters", f"-http-addr=https://127.0.0.1:{port}")
    assert ran.status == 1
    assert "not trusted: IP address mismatch" in ran.err


def test_an_agent_without_tls_is_named(lictor: Any, agent: Any) -> None:
    ran = lictor("catalog", "datacenters", f"-http-addr=https://{agent.address}")
    assert ran.status == 1
    assert "does not speak TLS" in ran.err
    assert "try http://" in ran.err


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("no certificate", "it holds no certificate")])
def test_an_authority_that_cannot_be_read_is_named(
    lictor: Any, tmp_path: Path, monkeypatch: Any, content: str | None, why: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("CONSUL_CACERT", str(file))
    ran = lictor("members", "-http-addr=https://localhost:1")
    assert ran.status == 1
    assert f"CONSUL_CACERT={file}): {why}" in ran.err
    assert ran.err.count("\n") == 1
