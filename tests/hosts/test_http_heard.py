"""Requests that come again in the same bytes are parsed once, and only where they begin a request."""

from __future__ import annotations

import asyncio

import pytest

from lictor_actors.hosts.doors.http import heard as http_heard
from lictor_actors.hosts.doors.http.connection import HttpConnection
from lictor_actors.hosts.doors.http.door import HttpDoor
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered, HttpAsked

GET = b"GET /v1/kv/a HTTP/1.1\r\nHost: x\r\n\r\n"


class Wire(asyncio.Transport):
    """What the server's side of a socket looks like to the protocol."""

    def __init__(self, peer: str) -> None:
        super().__init__({"peername": (peer, 1)})
        self.closing = False
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return


class Site:
    """A door that answers at once, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[HttpAsked] = []
        self.door = HttpDoor(self.ask)
        self.sites = Sites(["x"], local=True)

    def ask(self, asked, answer):
        self.asked.append(asked)
        answer(HttpAnswered(status=200))
        return lambda: None

    def dial(self, peer: str = "127.0.0.1") -> HttpConnection:
        connection = HttpConnection(self.door, self.sites)
        connection.connection_made(Wire(peer))
        return connection


@pytest.fixture
def site():
    loop = asyncio.new_event_loop()

    async def begin() -> Site:
        return Site()

    here = loop.run_until_complete(begin())
    here.door.admit = lambda connection: True
    yield here
    loop.close()


def test_the_same_bytes_are_the_same_request_on_every_connection_of_a_client(site):
    for _ in range(2):
        connection = site.dial()
        connection.data_received(bytes(GET))
        connection.data_received(bytes(GET))
    assert len(site.asked) == 4
    assert all(asked is site.asked[0] for asked in site.asked)


def test_another_client_is_another_peer(site):
    site.dial("127.0.0.1").data_received(GET)
    site.dial("127.0.0.2").data_received(GET)
    assert [asked.peer for asked in site.asked] == ["127.0.0.1", "127.0.0.2"]


def test_bytes_of_a_known_request_inside_a_body_are_body(site):
    connection = site.dial()
    connection.data_received(GET)
    connection.data_received(b"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(GET))
    connection.data_received(GET)
    assert [(asked.method, asked.body) for asked in site.asked] == [("GET", b""), ("PUT", GET)]


def test_bytes_of_a_known_request_inside_a_head_are_head(site):
    connection = site.dial()
    connection.data_received(GET)
    connection.data_received(b"GET /v1/kv/b HTTP/1.1\r\nX: ")
    connection.data_received(GET)
    assert [asked.target for asked in site.asked] == ["/v1/kv/a", "/v1/kv/b"]
    assert ("x", "GET /v1/kv/a HTTP/1.1") in site.asked[1].headers


def test_what_is_parsed_after_a_known_request_is_parsed_afresh(site):
    connection = site.dial()
    for data in (GET, GET, GET.replace(b"/a ", b"/b "), GET):
        connection.data_received(data)
    assert [asked.target[-1] for asked in site.asked] == ["a", "a", "b", "a"]


def test_two_requests_in_one_piece_are_two_whenever_they_come(site):
    connection = site.dial()
    for _ in range(2):
        connection.data_received(GET + GET.replace(b"/a ", b"/b "))
    assert [asked.target[-1] for asked in site.asked] == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    "last", [GET.replace(b"Host: x", b"Host: x\r\nConnection: close"), b"GET /v1/kv/a HTTP/1.0\r\n\r\n"]
)
def test_a_last_request_ends_its_connection_every_time(site, last):
    for _ in range(2):
        connection = site.dial()
        connection.data_received(last)
        assert connection._transport.closing


def test_what_is_remembered_is_bounded(site, monkeypatch):
    monkeypatch.setattr(http_heard, "REQUESTS_MOST", 4)
    connection = site.dial()
    for number in range(20):
        connection.data_received(GET.replace(b"/a ", b"/%d " % number))
        connection.data_received(GET.replace(b"Host: x", b"Host: x\r\nX: " + b"x" * (http_heard.BYTES_MOST + number)))
    assert len(site.door.premises.heard._requests) <= 4
    assert all(len(data) <= http_heard.BYTES_MOST for _, data in site.door.premises.heard._requests)
