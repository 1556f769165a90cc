"""Where a request ends and how long it may be: heads that can be read in two ways and endless bodies are refused."""

from __future__ import annotations

import asyncio

import pytest
from http_site import LOOPS, head_and_body, running

from lictor_actors.hosts.doors.http.limits import HttpLimits
from lictor_actors.roles.api.api import ROUTER

CAPS = {"/v1/kv/": 5_000, "/v1/txn": 5_000, "/v1/snapshot": 20_000}
ROUTES = sorted((route.method, route.path) for route in ROUTER.table)


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"][: len(LOOPS)])
def site(request):
    """Runs a coroutine function with a site."""
    return running(request.param, bodies=CAPS)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"1.1\r\nHost: x\r\nHost: x", b"more than one Host header"),
        (b"1.1\r\nHost: x\r\nX: 1\r\nhOST: y", b"more than one Host header"),
        (b"1.0\r\nHost: x\r\nHost: x", b"more than one Host header"),
        (b"1.0\r\nTransfer-Encoding: chunked", b"HTTP/1.0 has no Transfer-Encoding"),
        (b"1.0\r\nHost: x\r\nTransfer-Encoding: identity", b""),
        (b"1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", b""),
        (b"1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1", b""),
        (b"1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2", b""),
        (b"1.1\r\nHost: x\r\nContent-Length: 1, 2", b""),
        (b"1.1\r\nHost: x\r\nContent-Length: +1", b""),
        (b"1.1\r\nHost: x\r\nContent-Length: 0x1", b""),
        (b"1.1\r\nHost: x\r\nContent-Length: " + b"9" * 3000, b""),
        (b"1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity", b""),
        (b"1.1\r\nHost: x\r\nTransfer-Encoding: gzip", b""),
        (b"1.1\r\nHost : x", b""),
        (b"1.1\r\n Host: x", b""),
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_400(site, head, words):
    async def test(s):
        said = await s.talk(b"PUT /v1/kv/a HTTP/%b\r\n\r\n" % head, b"1\r\na\r\n0\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 400 ")
        assert words in said
        assert said.count(b"HTTP/1.1") == 1
        assert not s.asked

    site(test)


def most(path: str) -> int:
    return next((cap for prefix, cap in CAPS.items() if path.startswith(prefix)), 10_000)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_no_route_holds_more_than_its_cap(site, framing):
    """Told beforehand it is refused before the first byte, else with the first byte beyond."""

    async def test(s):
        for method, path in ROUTES:
            cap = most(path)
            head = f"{method} {path}?dc=dc1 HTTP/1.1\r\nHost: x\r\n"
            if framing == "length":
                said = await s.talk(f"{head}Content-Length: {cap + 1}\r\n\r\n".encode())
            else:
                begun = f"{head}Transfer-Encoding: chunked\r\n\r\n{cap + 1:x}\r\n"
                said = await s.talk(begun.encode(), b"a" * (cap + 1))
            assert said.startswith(b"HTTP/1.1 413 "), (method, path, said)
            assert b"max size: %d bytes" % cap in head_and_body(said)[1]
        assert not s.asked

    site(test)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_every_route_takes_as_much_as_its_cap(site, framing):
    async def test(s):
        for method, path in ROUTES:
            body = b"a" * most(path)
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            if framing == "length":
                said = await s.talk(f"{head}Content-Length: {len(body)}\r\n\r\n".encode(), body)
            else:
                begun = f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n"
                said = await s.talk(begun.encode(), body, b"\r\n0\r\n\r\n")
            assert said.startswith(b"HTTP/1.1 200 "), (method, path, said)
        assert [len(asked.body) for asked in s.asked] == [most(path) for _, path in ROUTES]

    site(test)


def test_the_caps_are_consuls():
    limits = HttpLimits()
    caps = [
        limits.body_most(path) for path in ("/v1/kv/a", "/v1/txn", "/v1/catalog/register", "/v1/snapshot", "/v1/kv")
    ]
    assert caps == [524_288, 524_288, 1 << 20, 1 << 30, 1 << 20]


def test_a_target_that_names_its_host_has_the_same_caps(site):
    async def test(s):
        said = await s.talk(b"PUT http://x/v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5001\r\n\r\n")
        assert b"max size: 5000 bytes" in said

    site(test)


@pytest.mark.parametrize("trailer", [b"X: " + b"a" * 20_000, b"X: 1\r\n" * 4_000])
def test_trailers_without_end_are_431(site, trailer):
    """They are dropped, but one that goes on and on is kept by the parser until it ends."""

    async def test(s):
        head = b"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
        pieces = [trailer[at : at + 1000] for at in range(0, len(trailer), 1000)]
        said = await s.talk(head, *pieces)
        assert said.startswith(b"HTTP/1.1 431 ")
        assert not s.asked

    site(test)


def test_a_body_in_many_small_chunks_is_no_trailer(site):
    async def test(s):
        reader, writer = await s.dial()
        writer.write(b"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for _ in range(1_000):
            writer.write(b"1;why=not\r\na\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 200 ")
        assert s.asked[0].body == b"a" * 1_000
        writer.close()

    site(test)
