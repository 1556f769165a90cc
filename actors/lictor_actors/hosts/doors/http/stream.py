"""A large HTTP response piece by piece: no turn of the loop copies, compresses or hands over more than one piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from lictor_actors.hosts.doors.http.events import Form
from lictor_actors.hosts.doors.http.response import response_head
from lictor_messages.web import HttpAnswered

_GZIP = 16 + zlib.MAX_WBITS
"""zlib: write gzip's header and trailer."""
_CHUNKED = b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"


def pieces(answered: HttpAnswered, form: Form, wall: int, own: bytes) -> Iterator[bytes]:
    """As ``encode_response``. Its length is not known before it is compressed, so it goes in chunks then; HTTP/1.0
    has none and gets it as it is.
    """
    bodies = (answered.body, *answered.more)
    compresses = form.gzips and not form.http10 and not form.head
    length = _CHUNKED if compresses else b"Content-Length: %d\r\n" % sum(map(len, bodies))
    yield response_head(answered, length, form, wall, own)
    if compresses:
        yield from _chunks(bodies)
    elif not form.head:
        yield from bodies


def open_head(answered: HttpAnswered, form: Form, wall: int, own: bytes) -> bytes:
    """Of an answer without an end. HTTP/1.0 has no chunks: there the end of the connection is that of the body."""
    length = b"" if form.http10 else b"Transfer-Encoding: chunked\r\n"
    return response_head(answered, length, form._replace(close=form.close or form.http10), wall, own)


def _chunks(bodies: tuple[bytes, ...]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(level=1, wbits=_GZIP)
    for body in bodies:
        yield chunk(squeeze.compress(body))
    yield chunk(squeeze.flush()) + b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Framed for ``Transfer-Encoding: chunked``; none for no bytes, because an empty one is the end."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
