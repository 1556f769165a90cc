"""An HTTP response as bytes: one join, the Date cached for its second, gzip from 1400 bytes on.

``wall`` is the time in seconds since 1970, for the header Date.
"""

from __future__ import annotations

import gzip
import time
from functools import lru_cache
from http import HTTPStatus

from lictor_actors.hosts.doors.http.events import Form
from lictor_actors.hosts.doors.http.request import Refuse
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


@lru_cache(maxsize=2)
def _shared_lines(own: bytes, wall: int) -> bytes:
    date = time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(wall))
    return own + b"Vary: Accept-Encoding\r\n" + date.encode()


class Encoder:
    """Responses as bytes, each made once a second at most while its answer stays the same object.

    Answers to reads that nothing has changed are the same object again and again, and compressing one costs far
    more than all else that is done for its request.
    """

    __slots__ = ("_bytes", "_made", "_own", "_wall")

    def __init__(self, own: bytes = b"") -> None:
        """``own``: header lines that each of them bears, see ``header_lines``."""
        self._own = own
        self._made: dict[tuple[int, Form], tuple[HttpAnswered, bytes]] = {}
        """The answer is kept beside its bytes, so that its id stays its own."""
        self._bytes = 0
        self._wall = 0

    def encode(self, answered: HttpAnswered, form: Form, wall: int) -> bytes:
        """As ``encode_response``."""
        key = (id(answered), form)
        if wall != self._wall or self._bytes > ENCODED_BYTES_MOST:
            self._made.clear()
            self._bytes, self._wall = 0, wall
        made = self._made.get(key)
        if made is not None:
            return made[1]
        data = encode_response(answered, form, wall, self._own)
        self._made[key] = (answered, data)
        self._bytes += len(data) + len(answered.body)
        return data


def encode_response(answered: HttpAnswered, form: Form, wall: int, own: bytes = b"") -> bytes:
    """The whole response; ``own``: header lines that all responses of its door bear."""
    body, length = answered.body, b""
    if form.gzips and len(body) >= GZIP_FROM and GZIPPED not in answered.headers:
        body = gzip.compress(body, compresslevel=1, mtime=0)
        length = b"Content-Encoding: gzip\r\n"
    length += b"Content-Length: %d\r\n" % len(body)
    return response_head(answered, length, form, wall, own) + (b"" if form.head else body)


def response_head(answered: HttpAnswered, length: bytes, form: Form, wall: int, own: bytes) -> bytes:
    """Everything before the body; ``length``: the header lines that say how long it is, and how it is packed."""
    return b"".join(
        (
            _STATUS_LINES.get(answered.status) or b"HTTP/1.1 %d Unknown\r\n" % answered.status,
            header_lines(answered.headers),
            _shared_lines(own, wall),
            length,
            _ENDINGS[form.http10, form.close],
        )
    )


def refusal(refuse: Refuse, wall: int, own: bytes = b"") -> bytes:
    """A plain response that the door itself gives before it closes the connection."""
    headers = (("Content-Type", "text/plain; charset=utf-8"), *refuse.headers)
    answered = HttpAnswered(status=refuse.status, headers=headers, body=refuse.text.encode())
    return encode_response(answered, Form(close=True), wall, own)


def header_lines(headers: tuple[tuple[str, str], ...]) -> bytes:
    """Each with its line end."""
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if text.count("\n") != len(headers) or text.count("\r") != len(headers):
        # A line break inside a value would start a header of the client's choosing.
        text = "".join([f"{name}: {_one_line(value)}\r\n" for name, value in headers])
    return text.encode()


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
