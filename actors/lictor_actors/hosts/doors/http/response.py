"""An HTTP response as bytes: one join, the Date cached for its second, gzip from 1400 bytes on."""

from __future__ import annotations

import gzip
import time
from http import HTTPStatus

from lictor_messages.web import HttpAnswered

GZIP_FROM = 1400
"""Consul compresses bodies of at least this many bytes for clients that accept it."""
GZIPPED = ("Content-Type", "application/x-gzip")
"""What is compressed already is not compressed again."""
ENCODED_BYTES_MOST = 16 << 20
"""Bytes of the responses that are kept within a second."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}
_ENDINGS = {
    # (HTTP/1.0, closes): HTTP/1.1 stays open unless told otherwise, HTTP/1.0 the other way round.
    (False, False): b"\r\n",
    (True, False): b"Connection: keep-alive\r\n\r\n",
    (False, True): b"Connection: close\r\n\r\n",
    (True, True): b"Connection: close\r\n\r\n",
}


class DateLine:
    """The Date header, formatted once a second at most."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._line = b""

    def now(self) -> bytes:
        """``Date: …`` with its line end."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._line = time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(second)).encode()
        return self._line


DATE = DateLine()


class Encoder:
    """Responses as bytes, each made once a second at most while its answer stays the same object.

    Answers to reads that nothing has changed are the same object again and again, and compressing one costs far
    more than all else that is done for its request.
    """

    __slots__ = ("_bytes", "_made", "_until")

    def __init__(self) -> None:
        self._made: dict[tuple[int, bool, bool, bool, bool], tuple[HttpAnswered, bytes]] = {}
        """The answer is kept beside its bytes, so that its id stays its own."""
        self._bytes = 0
        self._until = 0

    def encode(self, answered: HttpAnswered, *, head: bool, http10: bool, close: bool, gzips: bool) -> bytes:
        """As ``encode_response``."""
        key = (id(answered), head, http10, close, gzips)
        if time.time() >= self._until or self._bytes > ENCODED_BYTES_MOST:
            self._made.clear()
            self._bytes, self._until = 0, int(time.time()) + 1
        made = self._made.get(key)
        if made is not None:
            return made[1]
        data = encode_response(answered, head=head, http10=http10, close=close, gzips=gzips)
        self._made[key] = (answered, data)
        self._bytes += len(data) + len(answered.body)
        return data


def encode_response(answered: HttpAnswered, *, head: bool, http10: bool, close: bool, gzips: bool) -> bytes:
    """The whole response; ``head`` leaves the body out but says its length, ``gzips``: the client accepts gzip."""
    body, length = answered.body, b""
    if gzips and len(body) >= GZIP_FROM and GZIPPED not in answered.headers:
        body = gzip.compress(body, compresslevel=1, mtime=0)
        length = b"Content-Encoding: gzip\r\n"
    length += b"Content-Length: %d\r\n" % len(body)
    return response_head(answered, length, http10=http10, close=close) + (b"" if head else body)


def response_head(answered: HttpAnswered, length: bytes, *, http10: bool, close: bool) -> bytes:
    """Everything before the body; ``length``: the header lines that say how long it is, and how it is packed."""
    return b"".join(
        (
            _STATUS_LINES.get(answered.status) or b"HTTP/1.1 %d Unknown\r\n" % answered.status,
            _header_lines(answered.headers),
            b"Vary: Accept-Encoding\r\n",
            DATE.now(),
            length,
            _ENDINGS[http10, close],
        )
    )


def refusal(status: int, text: str) -> bytes:
    """A plain response that the door itself gives before it closes the connection."""
    answered = HttpAnswered(status=status, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=text.encode())
    return encode_response(answered, head=False, http10=False, close=True, gzips=False)


def _header_lines(headers: tuple[tuple[str, str], ...]) -> bytes:
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if text.count("\n") != len(headers) or text.count("\r") != len(headers):
        # A line break inside a value would start a header of the client's choosing.
        text = "".join([f"{name}: {_one_line(value)}\r\n" for name, value in headers])
    return text.encode()


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
