"""Why a check failed, in the very words of Go's network library: its texts were recorded, and are compared whole.

``go_words.json`` has what net/http, net and crypto/tls of Go 1.26 said to the same peers, called as Consul's checks
call them; ``PORT`` stands for the peer's port.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from raw_peer import RawPeer, Step, Then, result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_actors.hosts.live.probes.trust import trust
from lictor_messages.base import Message
from lictor_messages.jobs import HttpProbed, ProbeHttp, ProbeTcp, TcpProbed

SECOND = 1_000_000_000
SHORT = SECOND // 5
OK = b"HTTP/1.1 200 OK\r\n"
RECORDED = json.loads((Path(__file__).parent / "go_words.json").read_text(encoding="utf-8"))
WITHIN = re.compile(r":\d+->")
"""The own end of a connection, whose port is another one each time."""

WHEN = re.compile(r": current time .*")
"""Behind what has expired: by how much, to the second."""
PEERS: dict[str, tuple[Step, ...]] = {
    "hangs up at once": (),
    "resets at once": (Then.RESET,),
    "hangs up in the status line": (b"HTTP/1.1 20",),
    "hangs up after the status line": (OK,),
    "hangs up in the headers": (OK + b"X: y\r\n",),
    "hangs up in a header": (OK + b"X: y",),
    "is silent": (Then.STALL,),
    "stalls in the headers": (OK, Then.STALL),
    "empty line": (b"\r\n\r\n",),
    "one word": (b"hello\r\n\r\n",),
    "binary": (b"\x00\x01\xfe\xff\r\n\r\n",),
    "quotes": (b'say "hi" \\ now\r\n\r\n',),
    "speaks SSH": (b"SSH-2.0-x\r\n",),
    "speaks SSH with words": (b"SSH-2.0-x is here\r\n",),
    "speaks another protocol": (b"ICY 200 OK\r\n\r\n",),
    "HTTP/2 in the clear": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00d",),
    "odd version": (b"HTTP/1.x 200 OK\r\n\r\n",),
    "version of three parts": (b"HTTP/1.1.1 200 OK\r\n\r\n",),
    "no number for a status": (b"HTTP/1.1 OK 200\r\n\r\n",),
    "negative status": (b"HTTP/1.1 -20 OK\r\n\r\n",),
    "two figures for a status": (b"HTTP/1.1 20 OK\r\n\r\n",),
    "four figures for a status": (b"HTTP/1.1 2000 OK\r\n\r\n",),
    "status of letters": (b"HTTP/1.1 2x0 OK\r\n\r\n",),
    "two blanks before the status": (b"HTTP/1.1  200 OK\r\n\r\n",),
    "no header": (OK + b"junk\r\n\r\n",),
    "header of one colon": (OK + b": x\r\n\r\n",),
    "header with a blank in its name": (OK + b"X Y: z\r\nContent-Length: 2\r\n\r\nok",),
    "header with a blank before its colon": (OK + b"X : z\r\nContent-Length: 2\r\n\r\nok",),
    "first header is folded": (OK + b" x: y\r\n\r\n",),
    "control character in a header": (OK + b"X: a\x01b\r\nContent-Length: 2\r\n\r\nok",),
    "no number for a length": (OK + b"Content-Length: x\r\n\r\n",),
    "negative length": (OK + b"Content-Length: -1\r\n\r\n",),
    "length with a plus": (OK + b"Content-Length: +2\r\n\r\nok",),
    "empty length": (OK + b"Content-Length: \r\n\r\n",),
    "huge length": (OK + b"Content-Length: 99999999999999999999\r\n\r\n",),
    "unlike lengths": (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nok",),
    "odd transfer": (OK + b"Transfer-Encoding: rot13\r\n\r\nok",),
    "two transfers": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\nok",),
    "ten interim answers": (b"HTTP/1.1 102 Processing\r\n\r\n" * 10 + OK + b"\r\nok",),
    "too many transfers": (OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",),
    "a transfer of HTTP/1.0": (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nok",),
    "half a header": (OK + b"junk",),
    "name of a header in another alphabet": (OK + "Ж: z\r\n\r\n".encode(),),
    "odd characters": ("день \u200b\U0001f600\U000e0001 \t\r\n\r\n".encode(),),
    "switches protocols": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n",),
    "circle of redirects": (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",),
    "redirect to another scheme": (b"HTTP/1.1 301 Moved\r\nLocation: gopher://x/\r\n\r\n",),
    "redirect to a bad port": (b"HTTP/1.1 301 Moved\r\nLocation: http://a:b/\r\n\r\n",),
    "redirect to a control character": (b"HTTP/1.1 301 Moved\r\nLocation: http://a\x7f/\r\n\r\n",),
    "redirect to a bad escape": (b"HTTP/1.1 301 Moved\r\nLocation: /%zz\r\n\r\n",),
    "redirect without a place": (b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",),
    "redirect to a dead port": (b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/x\r\n\r\n",),
    "temporary redirect without a host": (b"HTTP/1.1 307 Moved\r\nLocation: http:///x\r\n\r\n",),
}
URLS = {
    "refused": "http://127.0.0.1:1/",
    "refused over IPv6": "http://[::1]:1/x?y",
    "refused with a password": "http://me:word@127.0.0.1:1/",
    "refused with a name": "http://me@127.0.0.1:1/",
    "refused under a name": "http://localhost:1/",
    "zone": "http://[fe80::1%25nope]:1/",
    "port too large": "http://127.0.0.1:99999/",
    "port of letters": "http://127.0.0.1:x/",
    "negative port": "http://127.0.0.1:-1/",
    "empty port": "http://127.0.0.1:/",
    "open bracket": "http://[::1/",
    "junk behind a bracket": "http://[::1]x/",
    "empty host": "http:///x",
    "no host": "http://",
    "host of a port only": "http://:1/",
    "other scheme": "ftp://127.0.0.1/",
    "scheme that is a host": "localhost:80/ok",
    "no scheme": "127.0.0.1:80/ok",
    "path": "/only/a/path",
    "relative": "x/y",
    "empty": "",
    "no scheme, two slashes": "//127.0.0.1/x",
    "colon first": "://x",
    "odd scheme": "ht_tp://x/",
    "blank in a host": "http://a b/",
    "blank before": " http://127.0.0.1:1/",
    "line end": "http://127.0.0.1/\n",
    "bad escape in a path": "http://127.0.0.1:1/%zz",
    "bad escape in a host": "http://a%zz/",
    "odd characters in a path": "http://127.0.0.1:1/день/\u200b",
    "odd characters in a query": 'http://127.0.0.1:1/?a="b"',
    "two hashes": "http://127.0.0.1:1/#a#b",
    "old number": "http://127.1:1/",
    "octal parts": "http://0177.0.0.1:1/",
    "short escape": "http://127.0.0.1:1/%a",
    "fragment": "http://127.0.0.1:1/x#part",
    "blank in a path": "http://127.0.0.1:1/a b",
    "label too long": f"http://{'a' * 70}.test/",
    "unspecified address": "http://0.0.0.0:1/",
    "mapped address": "http://[::ffff:127.0.0.1]:1/",
    "number as an address": "http://2130706433:1/",
    "https to a dead port": "https://127.0.0.1:1/",
}
TCP = {
    "refused": "127.0.0.1:1",
    "refused over IPv6": "[::1]:1",
    "refused under a name": "localhost:1",
    "no port": "127.0.0.1",
    "empty port": "127.0.0.1:",
    "no host": ":1",
    "IPv6 without brackets": "::1:1",
    "port too large": "127.0.0.1:99999",
    "negative port": "127.0.0.1:-1",
    "port of letters": "127.0.0.1:nope",
    "open bracket": "[::1:1",
    "closed bracket": "::1]:1",
    "two colons": "a:b:1",
    "junk behind a bracket": "[::1]x:1",
    "empty": "",
}
REQUESTS: dict[str, dict[str, object]] = {
    "method of two words": {"method": "A B"},
    "empty name of a header": {"header": (("", ("x",)),)},
    "name of a header with a blank": {"header": (("A B", ("c",)),)},
    "line end in a header": {"header": (("A", ("b\r\nHost: evil",)),)},
}


CERTIFICATES = {
    "localhost and 127.0.0.1": ("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:TRUE", 2),
    "another name": ("subjectAltName=DNS:other.example,DNS:*.wild.example", 2),
    "an IP": ("subjectAltName=IP:127.0.0.1,IP:::1", 2),
    "another IP": ("subjectAltName=IP:127.0.0.9,DNS:localhost", 2),
    "no name": ("basicConstraints=CA:TRUE", 2),
    "an address of mail": ("subjectAltName=email:me@localhost", 2),
    "expired": ("subjectAltName=DNS:localhost,IP:127.0.0.1", -1),
}
"""What it is for, and for how many days it is valid."""
TLS = {
    f"{certificate} for {name}": (certificate, "127.0.0.1", name)
    for certificate in CERTIFICATES
    for name in ("localhost", "127.0.0.1", "a.wild.example", "a.b.wild.example", "wild.example", "LOCALHOST.", "::1")
}
"""Certificate, address that is called, name that is asked for."""


def make_certificate(folder: Path, name: str) -> Path:
    """Signed by itself, so that trusting it is trusting its authority."""
    extension, days = CERTIFICATES[name]
    made = folder / f"{name}.pem"
    key, asked, extensions = (made.with_suffix(suffix) for suffix in (".key", ".csr", ".ext"))
    extensions.write_text(extension, encoding="ascii")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-new", *curve, "-keyout", key, "-out", asked, "-subj", "/CN=localhost")
    signed = ("-signkey", key, "-days", str(days), "-extfile", extensions, "-out", made)
    openssl("x509", "-req", "-in", asked, *signed)
    return made


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@contextlib.asynccontextmanager
async def serving(certificate: Path) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK + b"Content-Length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tls")
    return {name: make_certificate(folder, name) for name in CERTIFICATES}


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs()
    yield made
    await made.close()


def probe(url: str, **fields: object) -> ProbeHttp:
    return ProbeHttp.model_validate({"ticket": "t", "url": url, "timeout_ns": 5 * SECOND, **fields})


def plain(text: str, port: int = 0) -> str:
    """Without what is different each time."""
    return WITHIN.sub(":OWN->", text.replace(f":{port}", ":PORT") if port else text)


async def said_by(jobs: Jobs, job: Message) -> str:
    result = await result_of(jobs, job)
    if isinstance(result, TcpProbed):
        return result.error or "Success"
    assert isinstance(result, HttpProbed)
    return result.status_text or result.text


@pytest.mark.parametrize("name", PEERS)
async def test_a_peer_that_answers_oddly(jobs: Jobs, name: str) -> None:
    steps = PEERS[name]
    async with RawPeer({"/": steps}).listening() as peer:
        within = SHORT if Then.STALL in steps else 5 * SECOND
        said = await said_by(jobs, probe(f"http://127.0.0.1:{peer.port}/", timeout_ns=within))
    assert plain(said, peer.port) == RECORDED["peers"][name]


@pytest.mark.parametrize("name", URLS)
async def test_a_url_that_leads_nowhere(jobs: Jobs, name: str) -> None:
    assert plain(await said_by(jobs, probe(URLS[name]))) == RECORDED["urls"][name]


@pytest.mark.parametrize("name", TCP)
async def test_an_address_that_leads_nowhere(jobs: Jobs, name: str) -> None:
    job = ProbeTcp(ticket="t", address=TCP[name], timeout_ns=5 * SECOND)
    assert plain(await said_by(jobs, job)) == RECORDED["tcp"][name]


@pytest.mark.parametrize("name", REQUESTS)
async def test_what_no_request_may_hold(jobs: Jobs, name: str) -> None:
    async with RawPeer({"/": (OK + b"\r\n",)}).listening() as peer:
        said = await said_by(jobs, probe(f"http://127.0.0.1:{peer.port}/", **REQUESTS[name]))
    assert plain(said, peer.port) == RECORDED["requests"][name]


@pytest.mark.parametrize("name", TLS)
async def test_a_certificate(
    jobs: Jobs, certificates: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    certificate, address, asked = TLS[name]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates[certificate]))
    trust.cache_clear()
    async with serving(certificates[certificate]) as port:
        said = await said_by(jobs, probe(f"https://{address}:{port}/", tls_server_name=asked))
    trust.cache_clear()
    assert WHEN.sub("", plain(said, port)) == RECORDED["tls"][name]


async def test_an_unknown_authority(jobs: Jobs, certificates: dict[str, Path]) -> None:
    async with serving(certificates["localhost and 127.0.0.1"]) as port:
        said = await said_by(jobs, probe(f"https://127.0.0.1:{port}/"))
    assert plain(said, port) == RECORDED["unknown authority"]
