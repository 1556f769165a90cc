"""Large answers leave the HTTP door piece by piece, as fast as their client takes them."""

from __future__ import annotations

import asyncio
import gzip
import os

import pytest
from http_site import LIMITS, LOOPS, head_and_body, one_answer, running

from lictor_actors.hosts.doors.http.phases import SENDING
from lictor_messages.web import HttpAnswered

GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
PIECES = [os.urandom(1) * size for size in (60_000, 1, 70_000, 65_536)]
BODY = b"".join(PIECES)
LARGE = HttpAnswered(status=200, headers=(("X-Consul-Index", "7"),), body=PIECES[0], more=tuple(PIECES[1:]))
PIECE = 64 * 1024
HUGE = HttpAnswered(status=200, body=bytes(PIECE), more=(bytes(PIECE),) * 400)


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"][: len(LOOPS)])
def site(request):
    """Runs a coroutine function with a site."""
    return running(request.param)


def unchunked(data: bytes) -> bytes:
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        body, data, end = body + data[: int(size, 16)], data[int(size, 16) + 2 :], not int(size, 16)
        if end:
            assert data == b""
            return body


def gets(version: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} /large HTTP/{version}", "Host: x", *headers, "", ""]).encode()


def test_it_is_whole_and_the_next_answer_comes_after_it(site):
    async def test(s):
        reader, writer = await s.dial()
        s.reply = lambda asked: LARGE if asked.target == "/1" else HttpAnswered(status=200, body=b"small")
        writer.write(GET % 1 + GET % 2 + GET % 1)
        for wanted in (BODY, b"small", BODY):
            head, body = await one_answer(reader)
            assert body == wanted
            assert (b"X-Consul-Index: 7" in head) == (wanted is BODY)
        writer.close()

    site(test)


@pytest.mark.parametrize("closes", [True, False])
def test_compressed_it_comes_in_chunks(site, closes):
    async def test(s):
        s.reply = lambda _: LARGE
        last = gets("1.1", "Accept-Encoding: gzip", "Connection: close")
        data = await s.talk(last if closes else gets("1.1", "Accept-Encoding: gzip") + last)
        head, body = head_and_body(data)
        assert b"Transfer-Encoding: chunked" in head
        assert b"Content-Encoding: gzip" in head
        assert b"Content-Length" not in head
        if not closes:
            first, end, _ = body.partition(b"0\r\n\r\n")
            body = first + end
        assert gzip.decompress(unchunked(body)) == BODY

    site(test)


def test_http_1_0_knows_no_chunks(site):
    async def test(s):
        s.reply = lambda _: LARGE
        head, body = head_and_body(await s.talk(gets("1.0", "Accept-Encoding: gzip")))
        assert b"Content-Length: %d" % len(BODY) in head
        assert b"Encoding: " not in head
        assert body == BODY

    site(test)


def test_head_gets_its_length(site):
    async def test(s):
        s.reply = lambda _: LARGE
        head, body = head_and_body(
            await s.talk(gets("1.1", "Accept-Encoding: gzip", "Connection: close", method="HEAD"))
        )
        assert b"Content-Length: %d" % len(BODY) in head
        assert body == b""

    site(test)


def test_no_more_waits_in_the_buffer_than_a_piece_too_much(site):
    async def test(s):
        s.reply = lambda _: HUGE
        reader, writer = await s.dial()
        writer.transport.pause_reading()
        writer.write(GET % 0)
        await s.until(lambda: s.asked)
        (connection,) = s.door._connections
        await s.until(lambda: connection.machine._blocked)
        assert connection._transport.get_write_buffer_size() <= LIMITS.write_buffer + PIECE
        s.tick(2)  # slow, but not for too long
        writer.transport.resume_reading()
        _, body = await one_answer(reader)
        assert len(body) == 401 * PIECE
        writer.close()

    site(test)


def test_who_takes_nothing_more_is_cut_off(site):
    async def test(s):
        s.reply = lambda _: HUGE
        _, writer = await s.dial()
        writer.transport.pause_reading()
        writer.write(GET % 0)
        await s.until(lambda: s.asked and next(iter(s.door._connections)).machine._blocked)
        s.tick(3)
        await s.until(lambda: not s.door.connections)
        writer.transport.abort()

    site(test)


def test_who_has_asked_and_half_closed_gets_all_of_it(site):
    async def test(s):
        s.reply = lambda _: HUGE
        reader, writer = await s.dial()
        writer.write(GET % 0)
        writer.write_eof()
        await s.until(lambda: s.asked)
        s.tick(1)
        s.tick(1)
        data = await asyncio.wait_for(reader.read(), 10)
        assert len(head_and_body(data)[1]) == 401 * PIECE
        writer.close()

    site(test)


def test_who_hangs_up_in_the_middle_is_forgotten(site):
    async def test(s):
        s.reply = lambda _: HUGE
        reader, writer = await s.dial()
        writer.write(GET % 0)
        await reader.readexactly(PIECE)
        writer.transport.abort()
        await s.until(lambda: not s.door.connections)
        assert s.gone == []

    site(test)


def test_other_connections_are_served_meanwhile(site):
    async def test(s):
        s.reply = lambda asked: HUGE if asked.target == "/0" else HttpAnswered(status=200, body=b"small")
        large, large_writer = await s.dial()
        small, small_writer = await s.dial()
        large_writer.write(GET % 0)
        await large.readuntil(b"\r\n\r\n")
        small_writer.write(GET % 1)
        assert (await one_answer(small))[1] == b"small"
        assert any(connection.machine.phase is SENDING for connection in s.door._connections)
        assert len(await large.readexactly(401 * PIECE)) == 401 * PIECE
        for writer in (large_writer, small_writer):
            writer.close()

    site(test)
