"""The shell over TLS: asyncio's transport is all that differs, and the machine knows nothing of it."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from http_site import LOOPS, Site, head_and_body, one_answer, running

from lictor_actors.hosts.doors.http.connection import HttpConnection
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = HttpAnswered(status=200, body=bytes(60_000), more=(bytes(60_000),) * 20)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and a client's that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    _make(key, certificate)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


def _make(key: Path, certificate: Path) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    files = ("-keyout", str(key), "-out", str(certificate))
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    subprocess.run(["openssl", "req", "-x509", *curve, *files, *names], check=True, capture_output=True)


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"][: len(LOOPS)])
def site(request, contexts):
    """Runs a coroutine function with a site and a function that dials it over TLS."""
    ours, theirs = contexts

    def run(test) -> None:
        async def whole(here: Site) -> None:
            loop, sites = asyncio.get_running_loop(), Sites(("x",), local=True)
            server = await loop.create_server(lambda: HttpConnection(here.door, sites), "127.0.0.1", 0, ssl=ours)
            port = server.sockets[0].getsockname()[1]
            await test(
                here, lambda: asyncio.open_connection("127.0.0.1", port, ssl=theirs, server_hostname="localhost")
            )
            server.close()

        running(request.param)(whole)

    return run


def test_requests_one_after_the_other_and_at_once(site):
    async def test(_, dial):
        reader, writer = await dial()
        writer.write(GET % 1)
        assert (await one_answer(reader))[1] == b"GET /1 "
        writer.write(GET % 2 + GET % 3)
        for number in (2, 3):
            assert (await one_answer(reader))[1] == b"GET /%d " % number
        writer.close()

    site(test)


def test_a_large_answer_comes_piece_by_piece(site):
    async def test(here, dial):
        here.reply = lambda _: LARGE
        reader, writer = await dial()
        writer.write(GET % 1)
        assert len((await one_answer(reader))[1]) == 21 * 60_000
        writer.close()

    site(test)


def test_the_last_words_are_said_before_the_connection_ends(site):
    async def test(here, dial):
        reader, writer = await dial()
        writer.write(b"garbage\r\n\r\n")
        head, body = head_and_body(await asyncio.wait_for(reader.read(), 10))
        assert head.startswith(b"HTTP/1.1 400 ")
        assert body == b"400 Bad Request"
        writer.close()
        await here.until(lambda: not here.door.connections)

    site(test)


def test_a_hang_up_is_reported(site):
    async def test(here, dial):
        here.reply = None
        _, writer = await dial()
        writer.write(GET % 1)
        await here.until(lambda: here.open)
        writer.close()
        await here.until(lambda: here.gone == [0])

    site(test)
