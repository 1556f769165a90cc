"""Any bytes over a connection, in any pieces: what is asked is whole, and nothing is raised at the loop."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.hosts.doors.http.connection import HttpConnection
from lictor_actors.hosts.doors.http.door import HttpDoor
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered, HttpAsked


class Wire(asyncio.Transport):
    """The server's side of a socket."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.closing = False
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.closing = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return

    def pause_reading(self) -> None:
        return

    def resume_reading(self) -> None:
        return


LINES = st.sampled_from(
    [
        *(b"GET /v1/kv/a HTTP/1.1", b"PUT /v1/kv/a?cas=%ff HTTP/1.1"),
        *(b"POST / HTTP/1.0", b"HEAD * HTTP/1.1", b"CONNECT a:1 HTTP/1.1"),
        *(b"GET http://localhost/v1/kv/a HTTP/1.1", b"GET //// HTTP/1.1"),
        *(b"GET /\xff HTTP/1.1", b"PRI * HTTP/2.0", b"GET /", b""),
        *(b"Host: localhost", b"Host: evil", b"Host:", b"Host: \xff\xfe"),
        *(b"host: [::1", b"Content-Length: 3", b"Content-Length: 0"),
        *(b"Content-Length: " + b"9" * 5000, b"Content-Length: -1"),
        *(b"Content-Length: 600000", b"Transfer-Encoding: chunked"),
        *(b"Transfer-Encoding: gzip", b"Expect: 100-continue"),
        *(b"Connection: close", b"Connection: upgrade", b"Upgrade: h2c"),
        *(b"Origin: null", b"Origin: \xff", b"Sec-Fetch-Site: cross-site"),
        *(b"Accept-Encoding: gzip;q=", b": x", b"X", b" x", b"\0: \0"),
        *(b"3", b"abc", b"0", b"ffffffffffffffffff", b"1;" + b"x" * 3000),
        *(b"X: " + b"a" * 70_000, b"a" * 5000, b"\n", b"\r"),
    ]
)  # fmt: skip
PIECES = st.lists(
    st.lists(LINES, max_size=7).map(lambda lines: b"\r\n".join([*lines, b"", b""])) | st.binary(max_size=9), max_size=5
)


@given(pieces=PIECES, cuts=st.lists(st.integers(1, 40), max_size=6))
def test_any_bytes_are_requests_or_refused(pieces, cuts):
    asked: list[HttpAsked] = []

    def ask(request, answer):
        asked.append(request)
        answer(HttpAnswered(status=200, body=b"ok"))
        return lambda: None

    async def talk() -> None:
        door = HttpDoor(ask)
        wire, connection = Wire(), HttpConnection(door, Sites(local=True))
        connection.connection_made(wire)
        data = b"".join(pieces)
        for cut in cuts:
            connection.data_received(data[:cut])
            data = data[cut:]
        connection.data_received(data)
        door.tick += 100
        connection.sweep()
        connection.eof_received()
        connection.connection_lost(None)
        assert wire.written.startswith(b"HTTP/1.1 ") or not wire.written
        assert not door.connections

    asyncio.run(talk())
    for request in asked:
        assert request.method
        assert len([name for name, _ in request.headers if name == "host"]) <= 1
        assert dict(request.headers).get("origin") is None
        assert len(request.body) <= 524_288
