"""The HTTP door over real sockets, on asyncio's loop and on uvloop."""

from __future__ import annotations

import asyncio
import gc
import gzip
import weakref

import pytest
from http_site import LOOPS, Site, echo, head_and_body, one_answer, running

from lictor_actors.hosts.doors.http.door import HttpDoor
from lictor_actors.hosts.doors.http.request import accepts_gzip
from lictor_messages.web import HttpAnswered

GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"][: len(LOOPS)])
def site(request):
    """Runs a coroutine function with a site."""
    return running(request.param)


def test_a_whole_request_and_its_answer(site):
    async def test(s):
        data = await s.talk(b"GET /v1/kv/a?raw HTTP/1.1\r\nHost: x\r\nX-Consul-Token: t\r\nConnection: close\r\n\r\n")
        head, body = head_and_body(data)
        lines = head.split(b"\r\n")
        assert lines[0] == b"HTTP/1.1 200 OK"
        assert b"X-Consul-Index: 1" in lines
        assert b"Vary: Accept-Encoding" in lines
        assert b"Connection: close" in lines
        assert any(line.startswith(b"Date: ") and line.endswith(b" GMT") for line in lines)
        assert body == b"GET /v1/kv/a?raw "
        assert s.asked[0].headers == (("host", "x"), ("x-consul-token", "t"), ("connection", "close"))
        assert s.asked[0].peer == "127.0.0.1"

    site(test)


def test_every_byte_may_come_alone(site):
    async def test(s):
        request = b"PUT /v1/kv/abc?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        data = await s.talk(*(request[i : i + 1] for i in range(len(request))))
        assert head_and_body(data)[1] == b"PUT /v1/kv/abc?x=1 hello"

    site(test)


def test_chunked_bodies_with_trailers(site):
    async def test(s):
        data = await s.talk(
            b"PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
            b"3\r\nabc\r\n",
            b"4;ext=1\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n",
        )
        assert head_and_body(data)[1] == b"PUT /k abcdefg"
        assert not [name for name, _ in s.asked[0].headers if name == "trailer"]

    site(test)


def test_a_connection_serves_many_requests(site):
    async def test(s):
        reader, writer = await s.dial()
        for i in range(3):
            writer.write(GET % i)
            assert (await one_answer(reader))[1] == b"GET /%d " % i
        writer.close()

    site(test)


def test_pipelined_requests_are_asked_one_by_one_and_answered_in_order(site):
    async def test(s):
        s.reply = None
        reader, writer = await s.dial()
        writer.write(b"".join(GET % i for i in range(3)))
        for i in range(3):
            await s.until(lambda i=i: len(s.open) == i + 1)
            await s.settle()
            assert len(s.asked) == i + 1
            s.open[i](HttpAnswered(status=200, body=b"%d" % i))
            assert (await one_answer(reader))[1] == b"%d" % i
        writer.close()

    site(test)


@pytest.mark.slow
def test_ten_thousand_pipelined_requests_do_not_recurse(site):
    async def test(s):
        reader, writer = await s.dial()
        writer.write(b"".join(GET % i for i in range(10_000)))
        for i in range(10_000):
            assert (await one_answer(reader))[1] == b"GET /%d " % i
        writer.close()

    site(test)


def test_reading_pauses_behind_an_open_request(site):
    async def test(s):
        s.reply = None
        _, writer = await s.dial()
        writer.write(GET % 0)
        await s.until(lambda: s.open)
        connection = next(iter(s.door._connections))
        writer.write(GET % 1 * 500_000)
        await s.until(lambda: not connection._reads)
        await s.settle()
        assert len(connection.machine._queue) < 50_000
        writer.transport.abort()

    site(test)


def test_expect_100_continue_is_granted_before_the_body(site):
    async def test(s):
        reader, writer = await s.dial()
        writer.write(b"PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        assert (await one_answer(reader))[1] == b"PUT /k ab"
        writer.close()

    site(test)


def test_a_continue_waits_for_the_answer_before_it(site):
    async def test(s):
        s.reply = None
        reader, writer = await s.dial()
        expect = b"PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        writer.write(GET % 0 + expect)
        await s.until(lambda: s.open)
        s.reply = echo
        s.open[0](HttpAnswered(status=200, body=b"first"))
        assert (await one_answer(reader))[1] == b"first"
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        assert (await one_answer(reader))[1] == b"PUT /k ab"
        writer.close()

    site(test)


@pytest.mark.parametrize(
    ("request_head", "connection"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", b"Connection: close"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"Connection: close"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + GET % 2, b"Connection: close"),
    ],
)  # fmt: skip
def test_connections_that_end_with_their_answer(site, request_head, connection):
    async def test(s):
        data = await s.talk(request_head)
        assert data.count(b"HTTP/1.1 200 OK") == 1
        assert connection in data

    site(test)


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
OFFERED = b"PUT /k HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"Content-Length: 4\r\n\r\nblue"
CHUNKED = b"PUT /k HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n4\r\nblue\r\n0\r\n\r\n"


@pytest.mark.parametrize("request_", [OFFERED, CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize("cut", range(0, len(OFFERED), 7))
def test_the_body_of_a_request_that_offers_an_upgrade_is_read(site, request_, cut):
    """As Java's HTTP client sends every one: the offer is declined, the request counts, and the connection stays."""

    async def test(s):
        reader, writer = await s.dial()
        for part in (request_[:cut], request_[cut:] + request_, request_):
            writer.write(part)
            await asyncio.sleep(0)
        for _ in range(3):
            assert (await one_answer(reader))[1] == b"PUT /k blue"
        writer.close()

    site(test)


def test_http_1_0_may_keep_its_connection(site):
    async def test(s):
        reader, writer = await s.dial()
        for _ in range(2):
            writer.write(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert b"Connection: keep-alive" in (await one_answer(reader))[0]
        writer.close()

    site(test)


def test_head_gets_no_body_but_its_length(site):
    async def test(s):
        data = await s.talk(b"HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, body = head_and_body(data)
        assert b"Content-Length: 8" in head
        assert body == b""

    site(test)


@pytest.mark.parametrize(("size", "zipped"), [(1399, False), (1400, True)])
def test_gzip_from_1400_bytes_on(site, size, zipped):
    async def test(s):
        s.reply = lambda _: HttpAnswered(status=200, body=b"a" * size)
        request = b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: deflate, GZIP\r\nConnection: close\r\n\r\n"
        head, body = head_and_body(await s.talk(request))
        assert (b"Content-Encoding: gzip" in head) is zipped
        assert (gzip.decompress(body) if zipped else body) == b"a" * size
        plain = await s.talk(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert head_and_body(plain)[1] == b"a" * size

    site(test)


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (b"gzip", True),
        (b"deflate, GZIP", True),
        (b"br;q=1.0, gzip;q=0.5", True),
        (b"br;q=0, gzip", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, identity", False),
        (b"identity", False),
    ],
)
def test_who_takes_gzip(value, taken):
    assert accepts_gzip(value) is taken


def test_a_header_value_cannot_start_another_header(site):
    async def test(s):
        s.reply = lambda _: HttpAnswered(status=200, headers=(("X-A", "b\r\nX-Evil: 1"),))
        head, _ = head_and_body(await s.talk(b"GET / HTTP/1.0\r\n\r\n"))
        assert not [line for line in head.split(b"\r\n") if line.startswith(b"X-Evil")]

    site(test)


# -- what is wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00garbage\r\n\r\n", 400),
        (b"NONSENSE / HTTP/1.1\r\n\r\n", 405),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET /" + b"a" * 600 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 5000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: 1\r\n" * 1000 + b"\r\n", 431),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10001\r\n\r\n", 413),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10001\r\nExpect: 100-continue\r\n\r\n", 413),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n" + b"a" * 10001, 413),
    ],
)
def test_bad_requests_are_refused_and_the_connection_ends(site, data, status):
    async def test(s):
        said = await s.talk(data)
        assert said.startswith(b"HTTP/1.1 %d " % status)
        assert said.count(b"HTTP/1.1") == 1
        assert not s.asked

    site(test)


def test_a_url_is_taken_as_it_was_typed(site):
    """curl escapes nothing: /v1/kv/grüße leaves it as UTF-8. httptools would refuse every byte above 127."""

    async def test(here: Site) -> None:
        last = "PUT /v1/kv/grüße?dc=ü HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nü".encode()
        await here.talk(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n", "ü".encode(), last)
        first, second = here.asked
        assert second.target == "/v1/kv/gr%C3%BC%C3%9Fe?dc=%C3%BC"
        assert first.body == second.body == "ü".encode()

    site(test)


def test_what_else_is_wrong_with_a_url_is_said(site):
    async def test(here: Site) -> None:
        answer = await here.talk(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /\xff HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"must be written as percent escapes" in answer

    site(test)


def test_an_endless_header_is_refused_before_it_ends(site):
    async def test(s):
        said = await s.talk(b"GET / HTTP/1.1\r\nX: ", *[b"a" * 1000] * 6)
        assert said.startswith(b"HTTP/1.1 431 ")

    site(test)


def test_answers_that_are_due_come_before_the_refusal(site):
    async def test(s):
        s.reply = None
        reader, writer = await s.dial()
        writer.write(GET % 0 + GET % 1 + b"garbage\r\n\r\n")
        for i in range(2):
            await s.until(lambda i=i: len(s.open) == i + 1)
            s.open[i](HttpAnswered(status=200, body=b"ok"))
        data = await asyncio.wait_for(reader.read(), 10)
        assert [data.count(b"HTTP/1.1 200"), data.count(b"HTTP/1.1 400")] == [2, 1]
        assert data.index(b"HTTP/1.1 400") > data.rindex(b"HTTP/1.1 200")
        writer.close()

    site(test)


def test_a_client_that_sends_a_huge_body_can_still_read_why_not(site):
    async def test(s):
        reader, writer = await s.dial()
        writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
        writer.write(b"a" * 3_000_000)
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 413 ")
        writer.transport.abort()

    site(test)


@pytest.mark.parametrize("framing", [b"Content-Length: 12000", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize(("target", "status"), [(b"/v1/snapshot?dc=dc1", 200), (b"/v1/snapshots", 413)])
def test_a_path_may_take_larger_bodies(site, target, status, framing):
    async def test(s):
        body = b"a" * 12_000 if b"Length" in framing else b"2ee0\r\n" + b"a" * 12_000 + b"\r\n0\r\n\r\n"
        said = await s.talk(b"PUT %b HTTP/1.1\r\nHost: x\r\n%b\r\nConnection: close\r\n\r\n" % (target, framing), body)
        assert said.startswith(b"HTTP/1.1 %d " % status)

    site(test)


def test_a_large_snapshot_is_taken_back_if_it_comes_fast_enough(site):
    async def test(s):
        reader, writer = await s.dial()
        head = b"PUT /v1/snapshot HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 900000000\r\n\r\n"
        writer.write(head)
        assert await asyncio.wait_for(reader.readline(), 10) == b"HTTP/1.1 100 Continue\r\n"
        writer.write(b"a" * 4_000_000)
        connection = next(iter(s.door._connections))
        await s.until(lambda: connection.machine.reader.body_size == 4_000_000)
        s.tick(5)
        assert connection.machine.reader.reading
        s.tick(1)
        assert b"HTTP/1.1 408 " in await asyncio.wait_for(reader.read(), 10)
        writer.close()

    site(test)


LARGE = b"PUT /v1/snapshot HTTP/1.1\r\nHost: x\r\nContent-Length: 12000\r\n\r\n"


def test_one_large_body_at_a_time_until_it_is_answered(site):
    async def test(s):
        s.reply = None
        first, second, third = [await s.dial() for _ in range(3)]
        first[1].write(LARGE + b"a" * 12_000)
        await s.until(lambda: s.open)
        second[1].write(LARGE + b"a" * 12_000)
        said = await asyncio.wait_for(second[0].read(), 10)
        assert said.startswith(b"HTTP/1.1 429 ")
        assert b"try again when it has been answered" in said
        s.open.pop()(HttpAnswered(status=200))
        assert (await one_answer(first[0]))[0].startswith(b"HTTP/1.1 200 ")
        third[1].write(LARGE + b"a" * 12_000)
        await s.until(lambda: s.open)
        for _, writer in (first, second, third):
            writer.close()

    site(test)


def test_who_hangs_up_in_a_large_body_leaves_room_for_the_next(site):
    async def test(s):
        _, leaving = await s.dial()
        leaving.write(LARGE + b"a" * 11_000)
        await s.until(lambda: s.door.premises.large)
        leaving.close()
        await s.until(lambda: not s.door.connections)
        reader, writer = await s.dial()
        writer.write(LARGE + b"a" * 12_000)
        assert (await one_answer(reader))[0].startswith(b"HTTP/1.1 200 ")
        writer.close()

    site(test)


def test_what_is_compressed_already_stays_as_it_is(site):
    async def test(s):
        s.reply = lambda _: HttpAnswered(
            status=200, headers=(("Content-Type", "application/x-gzip"),), body=b"a" * 5000
        )
        request = b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        assert head_and_body(await s.talk(request))[1] == b"a" * 5000

    site(test)


# -- who is slow, and who goes -----------------------------------------------------


def test_too_many_connections_of_one_client_are_429(site):
    async def test(s):
        held = [await s.dial() for _ in range(5)]
        await s.until(lambda: s.door.connections == 5)
        assert (await s.talk()).startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        held.pop()[1].close()
        await s.until(lambda: s.door.connections == 4)
        assert (await s.talk(b"GET / HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200")
        for _, writer in held:
            writer.close()

    site(test)


@pytest.mark.parametrize("start", [b"GET / HT", b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"])
def test_a_slow_sender_is_told_408(site, start):
    async def test(s):
        reader, writer = await s.dial()
        writer.write(start)
        await s.until(lambda: s.door.connections and next(iter(s.door._connections)).machine.reader.reading)
        s.tick(3)
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 408 ")
        writer.close()

    site(test)


def test_an_idle_connection_is_closed(site):
    async def test(s):
        reader, writer = await s.dial()
        writer.write(GET % 0)
        await one_answer(reader)
        s.tick(3)
        await s.settle()
        assert s.door.connections == 1
        s.tick()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 10)
        writer.close()

    site(test)


def test_an_open_request_may_take_its_time(site):
    async def test(s):
        s.reply = None
        reader, writer = await s.dial()
        writer.write(GET % 0)
        await s.until(lambda: s.open)
        s.tick(600)
        s.open[0](HttpAnswered(status=200, body=b"at last"))
        assert (await one_answer(reader))[1] == b"at last"
        writer.close()

    site(test)


def test_a_slow_reader_is_cut_off(site):
    async def test(s):
        s.reply = lambda _: HttpAnswered(status=200, body=bytes(20_000_000))
        _, writer = await s.dial()
        writer.transport.pause_reading()
        writer.write(GET % 0 + GET % 1)
        await s.until(lambda: s.asked)
        await s.settle()
        assert len(s.asked) == 1
        s.tick(3)
        await s.until(lambda: not s.door.connections)
        writer.transport.abort()

    site(test)


def test_a_hang_up_is_reported_once(site):
    async def test(s):
        s.reply = None
        _, writer = await s.dial()
        writer.write(GET % 0)
        await s.until(lambda: s.open)
        writer.transport.abort()
        await s.until(lambda: not s.door.connections or s.tick())
        assert s.gone == [0]
        s.open[0](HttpAnswered(status=200, body=b"nobody"))
        s.open[0](HttpAnswered(status=200, body=b"nobody"))

    site(test)


def test_a_half_closed_client_still_gets_a_quick_answer(site):
    async def test(s):
        s.reply = None
        reader, writer = await s.dial()
        writer.write(GET % 0)
        writer.write_eof()
        await s.until(lambda: s.open)
        await s.settle()
        s.open[0](HttpAnswered(status=200, body=b"quick"))
        assert b"quick" in await asyncio.wait_for(reader.read(), 10)
        assert not s.gone
        writer.close()

    site(test)


def test_an_orderly_close_during_a_long_poll_is_a_hang_up(site):
    async def test(s):
        s.reply = None
        _, writer = await s.dial()
        writer.write(GET % 0)
        await s.until(lambda: s.open)
        writer.close()
        await s.until(lambda: next(iter(s.door._connections)).machine._hung_up)
        s.tick(2)
        await s.until(lambda: not s.door.connections)
        assert s.gone == [0]

    site(test)


def test_closing_the_door_drops_parked_polls(site):
    async def test(s):
        s.reply = None
        _, writer = await s.dial()
        writer.write(GET % 0)
        await s.until(lambda: s.open)
        s.door.close()
        await asyncio.wait_for(s.door.wait_closed(), 10)
        assert s.gone == [0]
        s.open[0](HttpAnswered(status=200, body=b"too late"))
        writer.close()

    site(test)


def test_many_listeners_in_one_loop(site):
    async def test(s):
        others = [HttpDoor(s.ask, allowed_hosts=["x"]) for _ in range(20)]
        ports = [await door.listen("127.0.0.1", 0) for door in others]
        for port in ports:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(GET % port)
            assert (await one_answer(reader))[1] == b"GET /%d " % port
            writer.close()
        for door in others:
            door.close()
            await door.wait_closed()

    site(test)


def test_a_port_that_is_taken_is_an_os_error(site):
    async def test(s):
        with pytest.raises(OSError, match="in use"):
            await HttpDoor(s.ask).listen("127.0.0.1", s.port)

    site(test)


def test_a_connection_that_is_over_is_freed_without_the_collector(site):
    """What is alive at a collection is set aside: of a cycle that dies later nobody would ever hear (``garbage``)."""

    async def test(here):
        _, writer = await here.dial()
        writer.write(GET % 1)
        await here.settle()
        freed = asyncio.Event()
        weakref.finalize(next(iter(here.door._connections)), freed.set)
        gc.disable()
        try:
            writer.close()
            await asyncio.wait_for(freed.wait(), 10)
        finally:
            gc.enable()

    site(test)
