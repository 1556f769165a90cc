"""The door over TLS: requests as over TCP, and a counter for each handshake that comes to nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from collections import Counter

import pytest
from certificates import Signer
from http_site import LOOPS, Site, head_and_body, one_answer, running

from lictor_actors.bus.tls import TlsFiles, client_context, server_context
from lictor_actors.hosts.doors.http.handshakes import TlsTerms
from lictor_messages.web import HttpAnswered

GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
Dialled = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LARGE = HttpAnswered(status=200, body=bytes(60_000), more=(bytes(60_000),) * 20)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("strange"))


@pytest.fixture(scope="module")
def ours(signer: Signer) -> TlsFiles:
    return signer.files("server")


@pytest.fixture(scope="module")
def theirs(signer: Signer) -> TlsFiles:
    return signer.files("client", "cli")


class Secured:
    """A listener over TLS of a site, and what it has counted."""

    def __init__(self, here: Site, files: TlsFiles, theirs: ssl.SSLContext) -> None:
        self.here = here
        self.context = server_context(files, "http/1.1")
        self.theirs = theirs
        self.counted: Counter[str] = Counter()
        self.writers: list[asyncio.StreamWriter] = []

    async def listen(self) -> None:
        tls = TlsTerms(lambda: self.context, lambda what: self.counted.update([what]))
        self.port = await self.here.door.listen("127.0.0.1", 0, tls)

    async def dial(self, context: ssl.SSLContext | None = None) -> Dialled:
        return await self.plain(ssl=context or self.theirs, server_hostname="localhost")

    async def plain(self, **tls) -> Dialled:
        dialled = await asyncio.open_connection("127.0.0.1", self.port, **tls)
        self.writers.append(dialled[1])
        return dialled

    async def asks(self, number: int, dialled: Dialled) -> None:
        reader, writer = dialled
        writer.write(GET % number)
        assert (await one_answer(reader))[1] == b"GET /%d " % number

    async def hang_up(self) -> None:
        for writer in self.writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self.writers), return_exceptions=True)

    async def failed(self, reason: str, times: int = 1) -> None:
        await self.here.until(lambda: self.counted[f"https_handshake_failed:{reason}"] == times)
        assert sum(self.counted.values()) == times


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"][: len(LOOPS)])
def secured(request, ours, theirs):
    """Runs a coroutine function with a secured site, whose clients have to show a certificate."""

    def run(test, **limits) -> None:
        async def whole(here: Site) -> None:
            listener = Secured(here, ours._replace(verify_incoming=True), client_context(theirs))
            await listener.listen()
            await test(listener)
            await listener.hang_up()

        running(request.param, **limits)(whole)

    return run


@pytest.fixture
def site(secured):
    """The same for those that only dial."""
    return lambda test: secured(lambda listener: test(listener.here, listener.dial))


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


def old(files: TlsFiles) -> ssl.SSLContext:
    """A client that knows no version that is still good."""
    context = client_context(files)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context


def told(port: int, context: ssl.SSLContext) -> str | None:
    """Why a client fails that asks as soon as it believes to be in: with TLS 1.3, before its certificate is read."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
            context.wrap_socket(connection) as secured,
        ):
            secured.sendall(GET % 1)
            return secured.recv(100).decode()
    except ssl.SSLError as error:
        return error.reason


@pytest.mark.parametrize(
    ("reason", "hears", "client"),
    [
        (
            "peer_did_not_return_a_certificate",
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            lambda ours, _: client_context(TlsFiles(str(ours.file))),
        ),
        (
            "certificate_verify_failed",
            "TLSV1_ALERT_UNKNOWN_CA",
            lambda ours, other: client_context(other.files("x", "cli")._replace(ca_file=str(ours.file))),
        ),
        (
            "tlsv1_alert_unknown_ca",
            "CERTIFICATE_VERIFY_FAILED",
            lambda _, other: client_context(other.files("y", "cli")),
        ),
        ("unsupported_protocol", "TLSV1_ALERT_PROTOCOL_VERSION", lambda ours, _: old(ours.files("z", "cli"))),
    ],
)
def test_a_handshake_that_fails_tells_its_client_why_and_is_counted(secured, signer, stranger, reason, hears, client):
    async def test(listener):
        kept = await listener.dial()
        assert await asyncio.to_thread(told, listener.port, client(signer, stranger)) == hears
        await listener.failed(reason)
        await listener.asks(2, kept)
        assert [request.target for request in listener.here.asked] == ["/2"]

    secured(test)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (GET % 1, "http_request"),
        (b"CONNECT x:1 HTTP/1.1\r\n\r\n", "https_proxy_request"),
        (b"\0" * 64, "wrong_version_number"),
        (b"", "hung_up"),
    ],
    ids=["http", "proxy", "zeros", "nothing"],
)
def test_a_client_that_speaks_something_else_is_counted(secured, said, reason):
    async def test(listener):
        reader, writer = await listener.plain()
        writer.write(said)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        await listener.failed(reason)
        await listener.asks(1, await listener.dial())

    secured(test)


def test_who_never_begins_is_let_go_and_has_so_many_connections(secured):
    async def test(listener):
        for _ in range(7):
            await listener.plain()
        await listener.here.until(lambda: listener.counted["https_handshake_failed:too_many"] == 2)
        await listener.here.until(lambda: listener.counted["https_handshake_failed:timeout"] == 5)
        await listener.asks(1, await listener.dial())

    secured(test, handshake_s=0.3)


def test_new_handshakes_take_new_certificates_and_connections_stay(secured, stranger):
    async def test(listener):
        kept = await listener.dial()
        await listener.asks(1, kept)
        listener.context = server_context(stranger.files("renewed"), "http/1.1")
        await listener.asks(2, kept)
        with pytest.raises(ssl.SSLCertVerificationError):
            await listener.dial()
        await listener.asks(3, await listener.dial(client_context(TlsFiles(str(stranger.file)))))
        await listener.asks(4, kept)

    secured(test)
