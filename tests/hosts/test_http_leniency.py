"""Odd heads that have one meaning are taken, as Consul takes them; what has two, or none, is refused with a reason."""

from __future__ import annotations

import asyncio

import pytest
from http_site import running

LINE = b"GET /v1/status/leader HTTP/1.1"
PUT = b"PUT /v1/kv/a HTTP/1.1"
END = b"Connection: close"
ONE = b"Content-Length: 1"


@pytest.fixture
def site():
    return running(asyncio.new_event_loop, head=1 << 20, target=1 << 19)


def lines(*said: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join((*said, b"", b""))


TAKEN = [
    lines(LINE, b"Host: x", END, end=b"\n"),
    LINE + b"\nHost: x\r\n" + END + b"\n\r\n",
    LINE + b"\r\nHost: x\n" + END + b"\r\n\n",
    lines(PUT, b"Host: x", ONE, END, end=b"\n") + b"v",
    lines(LINE, b"Host: x", b"X: a", b" b", END),
    lines(LINE, b"Host: x", b"X: a", b"\tb", b"  c", END),
    lines(LINE, b"Host: x", b"X:", b" b", END, end=b"\n"),
    lines(LINE, b"Host:", b" x", END),
    lines(PUT, b"Host: x", ONE, ONE, END) + b"v",
    lines(PUT, b"Host: x", ONE, b"content-length:1", ONE, END) + b"v",
    lines(PUT, b"Host: x", ONE, ONE, END, end=b"\n") + b"v",
    lines(LINE, b"Host: x", b"X: " + b"a" * 100_000, END),
    lines(LINE, b"Host: x", b"X: " + b"a" * 900_000, END),
    lines(b"PUT /v1/kv/" + b"k" * 60_000 + b" HTTP/1.1", b"Host: x", ONE, END) + b"v",
    lines(PUT, b"Host: x", b"Expect: 100-Continue", ONE, END) + b"v",
    lines(PUT, b"Host: x", b"Expect:", ONE, END) + b"v",
]


@pytest.mark.parametrize("pieces", [1, 2, 7])
@pytest.mark.parametrize("data", TAKEN, ids=range(len(TAKEN)))
def test_what_has_one_meaning_is_taken_however_it_is_cut(site, data, pieces):
    size = -(-len(data) // pieces)

    async def test(s):
        said = await s.talk(*(data[at : at + size] for at in range(0, len(data), size)))
        assert b"HTTP/1.1 200 OK" in said
        (asked,) = s.asked
        assert asked.body == data[len(data.rstrip(b"v")) :]

    site(test)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_is_wrong_with_a_mended_head_is_said(site, end):
    async def test(s):
        said = await s.talk(lines(LINE, b"Host: foreign.example", b"X: a", b" b", END, end=end))
        assert said.startswith(b"HTTP/1.1 403 ")
        said = await s.talk(lines(LINE, b"X: a", b" b", END, end=end))
        assert b"missing required Host" in said

    site(test)


def test_a_folded_header_is_one_line(site):
    async def test(s):
        await s.talk(lines(LINE, b"Host: x", b"X: a ", b"\t b", END))
        assert ("x", "a b") in s.asked[0].headers

    site(test)


REFUSED = [
    (lines(LINE, b"Host: a", b"Host: b", END), 400),
    (lines(LINE, b"Host: a", b"Host: b", END, end=b"\n"), 400),
    (b"GET /v1/status/leader\r\n\r\n", 400),
    (lines(b"FOO /v1/kv/x HTTP/1.1", b"Host: x", END), 405),
    (lines(b"FOO /v1/kv/x HTTP/1.1", b"Host: x", END, end=b"\n"), 405),
    (lines(b"get /v1/kv/x HTTP/1.1", b"Host: x", END), 405),
    (lines(PUT, b"Host: x", b"Expect: foo", ONE, END), 417),
    (lines(PUT, b"Host: x", b"Expect: 200-ok", ONE, END), 417),
    (lines(PUT, b"Host: x", ONE, b"Content-Length: 2", END, end=b"\n"), 400),
    (lines(PUT, b"Host: x", ONE, b"Content-Length: 01", END), 400),
    (lines(PUT, b"Host: x", b"Content-Length: 1, 1", END), 400),
    (lines(LINE, b" Host: x", END), 400),
    (lines(LINE, b" Host: x", END, end=b"\n"), 400),
    (LINE + b"\r\nHost: x\r\nX: a\rb\r\n\r\n", 400),
    (LINE + b"\r\nHost: x\r\nX: a\r\r\n\r\n", 400),
    (LINE + b"\r\rHost: x\r\r\n\r\n", 400),
    (lines(b"\x16\x03\x01 / HTTP/1.1", b"Host: x"), 400),
    (lines(LINE, b"Host: x", b"X: " + b"a" * (1 << 21)), 431),
    (lines(b"GET /v1/kv/" + b"k" * (1 << 20) + b" HTTP/1.1", b"Host: x"), 414),
]


@pytest.mark.parametrize(("data", "status"), REFUSED, ids=range(len(REFUSED)))
def test_what_has_two_meanings_or_none_is_refused(site, data, status):
    async def test(s):
        said = await s.talk(data)
        assert said.startswith(b"HTTP/1.1 %d " % status)
        assert not s.asked
        assert (b"Allow: OPTIONS,GET,PUT,POST,DELETE" in said) is (status == 405)

    site(test)


@pytest.mark.parametrize(
    ("control", "status"),
    [
        (b"", 200),
        (b"no-cache", 200),
        (b"max-age=5", 200),
        (b"Max-Age=5 , must-revalidate", 200),
        (b"max-age= 5", 200),
        (b"stale-if-error=1,max-age=2", 200),
        (b"xmax-age=x", 200),
        (b"max-age=x", 400),
        (b"max-age=", 400),
        (b"max-age=5s", 400),
        (b"max-age=-1", 400),
        (b"must-revalidate, stale-if-error=-1", 400),
        (b"max-age=1,stale-if-error=1.5", 400),
        (b"MAX-AGE=1 2", 400),
    ],
)
def test_an_age_in_cache_control_is_a_number(site, control, status):
    async def test(s):
        said = await s.talk(lines(LINE, b"Host: x", b"Cache-Control: " + control, END))
        assert said.startswith(b"HTTP/1.1 %d " % status)
        assert (b"Invalid Cache-Control header." in said) is (status == 400)

    site(test)


def test_a_lone_line_end_in_a_chunked_body_is_refused(site):
    async def test(s):
        said = await s.talk(lines(PUT, b"Host: x", b"Transfer-Encoding: chunked", END) + b"1\nv\n0\n\n")
        assert said.startswith(b"HTTP/1.1 400 ")
        assert not s.asked

    site(test)


def test_a_mended_request_may_follow_and_be_followed(site):
    async def test(s):
        reader, writer = await s.dial()
        odd, plain = lines(LINE, b"Host: x", end=b"\n"), lines(LINE, b"Host: x")
        for number, said in enumerate((plain, odd, plain, odd, lines(LINE, b"Host: x", END, end=b"\n")), 1):
            writer.write(said)
            await s.until(lambda number=number: len(s.asked) == number)
        assert (await reader.read()).count(b"HTTP/1.1 200 OK") == 5
        writer.close()

    site(test)
