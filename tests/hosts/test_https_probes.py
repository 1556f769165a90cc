"""An HTTPS check against certificates of every kind, and against peers that speak no TLS."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from raw_peer import RawPeer, Then, result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_actors.hosts.live.probes.trust import trust
from lictor_messages.jobs import HttpProbed, ProbeHttp

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
SECOND = 1_000_000_000
X509 = "tls: failed to verify certificate: x509: "
UNKNOWN = f"{X509}certificate signed by unknown authority"


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs()
    yield made
    await made.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    _make(folder / "local.pem", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2")
    _make(folder / "other.pem", "subjectAltName=DNS:other.example", "-days", "2")
    _make(folder / "no-names.pem", "basicConstraints=CA:FALSE", "-days", "2")
    return folder


def _make(certificate: Path, extension: str, *more: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", *more)
    files = ("-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate))
    names = ("-subj", "/CN=localhost", "-addext", extension)
    subprocess.run(["openssl", "req", "-x509", *curve, *files, *names], check=True, capture_output=True)


@contextlib.asynccontextmanager
async def serving(certificate: Path) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def probe(url: str, **fields: object) -> ProbeHttp:
    return ProbeHttp.model_validate({"ticket": "t", "url": url, "timeout_ns": 5 * SECOND, **fields})


@pytest.mark.parametrize("name", ["local", "other", "no-names"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[127.0.0.1]"])
async def test_an_unknown_authority_is_nottrusted_unless_the_check_says_so(
    jobs: Jobs, certificates: Path, name: str, host: str
) -> None:
    async with serving(certificates / f"{name}.pem") as port:
        url = f"https://{host}:{port}/"
        refused = await result_of(jobs, probe(url))
        taken = await result_of(jobs, probe(url, tls_skip_verify=True))
        named = await result_of(jobs, probe(url, tls_skip_verify=True, tls_server_name="odd.example"))
    assert refused == HttpProbed(ticket="t", status=0, text=f'Get "{url}": {UNKNOWN}')
    assert taken == named == HttpProbed(ticket="t", status=200, status_text="200 OK", text="ok")


@pytest.mark.parametrize(
    ("name", "host", "server_name", "text"),
    [
        ("local", "localhost", "", ""),
        ("local", "127.0.0.1", "", ""),
        ("local", "127.0.0.1", "localhost", ""),
        ("other", "localhost", "other.example", ""),
        ("other", "localhost", "", "x509: certificate is valid for other.example, not localhost"),
        (
            "other",
            "127.0.0.1",
            "",
            "x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
        ),
        ("local", "127.0.0.1", "other.example", "x509: certificate is valid for localhost, not other.example"),
        ("no-names", "localhost", "", "x509: certificate relies on legacy Common Name field, use SANs instead"),
    ],
)
async def test_atrusted_certificate_is_one_for_its_names(
    jobs: Jobs,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    host: str,
    server_name: str,
    text: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / f"{name}.pem"))
    trust.cache_clear()
    async with serving(certificates / f"{name}.pem") as port:
        result = await result_of(jobs, probe(f"https://{host}:{port}/", tls_server_name=server_name))
    trust.cache_clear()
    assert isinstance(result, HttpProbed)
    assert result.status == (0 if text else 200)
    assert result.text.endswith(text or "ok")


@pytest.mark.parametrize(
    ("steps", "cause"),
    [
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), "tls: first record does not look like a TLS handshake"),
        ((b"220 mail.example ESMTP\r\n",), "tls: first record does not look like a TLS handshake"),
        ((b"\x15\x03\x03\x00\x02\x02\x28",), "remote error: tls: handshake failure"),
        ((), "EOF"),
        ((Then.RESET,), "connection reset by peer"),
        ((Then.STALL,), "context deadline exceeded"),
    ],
)
async def test_a_peer_without_tls_is_told_apart(jobs: Jobs, steps: tuple[bytes | Then, ...], cause: str) -> None:
    async with RawPeer({"": steps}, ends=b"\x00").listening() as peer:
        within = SECOND // 5 if Then.STALL in steps else 5 * SECOND
        result = await result_of(jobs, probe(f"https://127.0.0.1:{peer.port}/", timeout_ns=within))
    assert isinstance(result, HttpProbed)
    assert result.status == 0
    assert cause in result.text


async def test_plain_http_to_a_peer_with_tls_says_so(jobs: Jobs, certificates: Path) -> None:
    async with serving(certificates / "local.pem") as port:
        result = await result_of(jobs, probe(f"http://127.0.0.1:{port}/"))
    assert isinstance(result, HttpProbed)
    assert result.status == 0
    assert result.text.endswith(("EOF", "connection reset by peer", 'malformed HTTP response "\\u0015\\u0003"'))
