"""One HTTP connection: httptools in, joined bytes out, one open request at a time.

A request that is complete while another is open waits here, and reading pauses until it is its turn: a client
that pipelines faster than we answer fills its own socket buffer, not our memory. While a single request is
open we go on reading, because that is how a hang-up shows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

import httptools

from lictor_actors.hosts.doors.http.heard import Asked
from lictor_actors.hosts.doors.http.request import READ_HERE, Head, Refuse, escaped_target
from lictor_actors.hosts.doors.http.response import CONTINUE, refusal
from lictor_actors.hosts.doors.http.stream import pieces
from lictor_messages.web import HttpAnswered, HttpAsked

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.http.door import HttpDoor
    from lictor_actors.hosts.doors.http.sites import Sites

Answer = Callable[[HttpAnswered], None]
Gone = Callable[[], None]


class HttpConnection(asyncio.Protocol):
    """The protocol of one accepted socket. ``since`` is the door's tick at which the present wait began."""

    def __init__(self, door: HttpDoor, sites: Sites) -> None:
        self._door = door
        self._sites = sites
        self._limits = door.limits
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._queue: deque[Asked | bytes] = deque()
        self._open: Asked | None = None
        self._number = 0
        self._gone: Gone | None = None
        self._pieces: Iterator[bytes] | None = None
        """What is still to be sent of a large response; until then its request stays open."""
        self._closes = False
        self._pumping = self._paused = self._blocked = False
        self._last = False
        """True once nothing more will be read: a bad request, Connection: close, or the client's end of file."""
        self._hung_up = self._lingers = False
        self._owes_continue = False
        self.peer = self._heard_as = ""
        self.since = door.tick
        self._in_head = self._in_message = False
        self._begin()

    # -- the socket ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the client, unless it has too many connections already."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._limits.write_buffer)
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else ""
        self._heard_as = f"{self.peer} {self._sites.local}"
        if not self._door.admit(self):
            self._last = True
            self._transport.write(
                refusal(429, "Your IP is issuing too many concurrent connections, please rate limit your calls\n")
            )
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; whatever it finds wrong is answered in its turn."""
        if self._last:
            return
        heard = None if self._in_message else self._door.heard.find(self._heard_as, data)
        if heard is None:
            self._parse(data)
        else:
            self._queue.append(heard)
        self._pump()
        if self._queue and not self._paused and not self._closing():
            self._paused = True
            self._live().pause_reading()

    def _parse(self, data: bytes) -> None:
        starts, waiting = not self._in_message, len(self._queue)
        if starts and not data.isascii():
            data = escaped_target(data)
        self._bare_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self._in_message and self._bare_bytes > self._limits.head:
                raise Refuse(431, "Request header fields too large")
        except httptools.HttpParserUpgrade:
            self._last = True  # we upgrade to nothing: the request is answered as HTTP/1.1, then we close
            self._queue[-1] = replace(cast(Asked, self._queue[-1]), close=True)
        except (httptools.HttpParserError, Refuse) as error:
            self._refuse(error)
        else:
            if starts and not self._in_message and len(self._queue) == waiting + 1:
                self._door.heard.keep(self._heard_as, data, cast(Asked, self._queue[-1]))

    def eof_received(self) -> bool:
        """Half-closed: keep our side open for answers under way; the sweep calls the request off soon after."""
        self._last = self._hung_up = True
        self.since = self._door.tick
        return self._open is not None or bool(self._queue)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: whoever works for it is told."""
        self._last = True
        del self._parser  # it knows this object: the collector would not see that both are dead (``garbage``)
        self._queue.clear()
        self._door.forget(self)
        gone, self._gone, self._open, self._pieces = self._gone, None, None, None
        if gone is not None:
            gone()

    def pause_writing(self) -> None:
        """The client reads more slowly than we answer: nothing more until it has caught up."""
        self._blocked = True
        self.since = self._door.tick

    def resume_writing(self) -> None:
        """It has caught up."""
        self._blocked = False
        if self._pieces is not None:
            self._next_piece()
        else:
            self._pump()

    def abort(self) -> None:
        """Drop the connection with whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    # -- time limits -----------------------------------------------------------

    def sweep(self) -> None:
        """Once a tick: close what has waited too long, each wait by its own limit."""
        waited = self._door.tick - self.since
        limits = self._limits
        if self._lingers:
            if waited > limits.half_closed_s:
                self.abort()
        elif self._blocked:
            if waited > limits.slow_reader_s:
                self.abort()
        elif self._pieces is not None:
            pass  # it is being sent as fast as the client takes it
        elif self._open is not None:
            if waited > (limits.half_closed_s if self._hung_up else limits.answer_s):
                self.abort()
        elif self._in_message:
            if waited > limits.slow_sender_s + self._body_size // limits.slow_sender_bytes:
                self._refuse(Refuse(408, "Request timed out"))
                self._pump()
        elif waited > limits.idle_s:
            self.abort()

    # -- the parser --------------------------------------------------------------

    def on_message_begin(self) -> None:
        """httptools: the first byte of a request."""
        self._begin()
        self._in_head = self._in_message = True
        if self._open is None:
            self.since = self._door.tick

    def on_url(self, piece: bytes) -> None:
        """httptools: a piece of the request target."""
        self._head.target += piece
        if len(self._head.target) > self._limits.target:
            raise Refuse(414, "Request URI too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one whole header, or a trailer, which we drop."""
        if not self._in_head:
            return
        head = self._head
        head.size += len(name) + len(value) + 4
        if head.size > self._limits.head:
            raise Refuse(431, "Request header fields too large")
        key = name.lower().decode("latin-1")
        head.headers.append((key, value.decode("latin-1")))
        if key in READ_HERE:
            head.read(key, value)

    def on_headers_complete(self) -> None:
        """httptools: the body comes next."""
        self._in_head = False
        self._bare_bytes = 0
        head = self._head
        if head.odd or head.host not in self._sites.known or head.target[:1] != b"/":
            head.check(self._parser.get_http_version(), self._sites)
        if head.length > self._limits.least:
            self._limit_body(head.length)
        if head.expects:
            self._owes_continue = True
            self._send_continue()

    def on_chunk_header(self) -> None:
        """httptools: the length of a piece of the body."""
        self._bare_bytes = 0

    def on_body(self, piece: bytes) -> None:
        """httptools: a piece of the body, chunked or not."""
        self._owes_continue = False  # it did not wait to be asked
        self._bare_bytes = 0
        self._body_size += len(piece)
        if self._body_size > self._limits.least:
            self._limit_body(self._body_size)
        self._body.append(piece)

    def _limit_body(self, size: int) -> None:
        most = self._limits.body_most(self._head.path())
        if size > most:
            raise Refuse(413, f"Request body({size} bytes) too large, max size: {most} bytes")
        if self._body_size > self._limits.body and not self._door.takes_large(self):
            raise Refuse(429, "Another request of this size is under way: try again when it has been answered")

    def on_message_complete(self) -> None:
        """httptools: the request is whole."""
        parser = self._parser
        asked = HttpAsked(
            method=parser.get_method().decode(),
            target=self._head.target.decode("latin-1"),
            headers=tuple(self._head.headers),
            body=b"".join(self._body),
            peer=self.peer,
        )
        keeps = parser.should_keep_alive()
        self._queue.append(Asked(asked, parser.get_http_version() == "1.0", not keeps, self._head.gzips))
        self._in_message = self._owes_continue = False
        if not keeps:
            self._last = True

    def _begin(self) -> None:
        self._head = Head()
        self._body: list[bytes] = []
        self._body_size = 0
        self._bare_bytes = 0
        """What has come since the last piece of a body, or since the head's first byte: headers, trailers."""

    # -- one request after the other ---------------------------------------------

    def _pump(self) -> None:
        """Ask what is queued, one at a time; answers given at once do not recurse."""
        if self._pumping:
            return
        self._pumping = True
        while self._queue and self._open is None and not self._blocked and not self._closing():
            self._next(self._queue.popleft())
        self._pumping = False
        if self._open is None and not self._queue:
            self._rest()

    def _next(self, item: Asked | bytes) -> None:
        if isinstance(item, bytes):
            self._last_words(item)
            return
        self._number += 1
        self._open, self.since = item, self._door.tick
        gone = self._door.ask(item.asked, partial(self._answered, self._number))
        if self._open is item and self._pieces is None:
            self._gone = gone

    def _answered(self, number: int, answered: HttpAnswered) -> None:
        item = self._open
        if item is None or number != self._number or self._pieces is not None:
            return  # the client hung up, or this is a second answer: nobody waits for it
        self._gone = None
        self.since = self._door.tick
        close = item.close or self._door.closed or (self._hung_up and not self._queue)
        head = item.asked.method == "HEAD"
        if answered.more:
            self._closes = close
            self._pieces = pieces(answered, head=head, http10=item.http10, close=close, gzips=item.gzips)
            self._next_piece()
            return
        self._open = None
        self._write(
            self._door.encode(answered, head=head, http10=item.http10, close=close, gzips=item.gzips), close=close
        )
        self._pump()

    def _next_piece(self) -> None:
        """Of a large response one a turn of the loop, and only as many as the client takes."""
        if self._pieces is None or self._blocked or self._closing():
            return
        piece = next(self._pieces, None)
        if piece is None:
            self._pieces = self._open = self._gone = None
            self.since = self._door.tick
            self._write(b"", close=self._closes)
            self._pump()
            return
        self._live().write(piece)
        if not self._blocked:
            asyncio.get_running_loop().call_soon(self._next_piece)

    def _rest(self) -> None:
        """Nothing is open: read on, or close if nothing more can come."""
        if not self._in_message:
            self._door.done_with_large(self)
        if self._closing() or self._lingers:
            return
        if self._last:
            self._live().close()
            return
        self._send_continue()
        if self._paused:
            self._paused = False
            self._live().resume_reading()

    def _send_continue(self) -> None:
        if self._owes_continue and self._open is None and not self._queue and not self._closing():
            self._owes_continue = False
            self._live().write(CONTINUE)

    def _last_words(self, words: bytes) -> None:
        """Say it and close our half only: to close with unread input would reset the words away."""
        self._live().write(words)
        self._live().write_eof()
        self._queue.clear()
        self._lingers, self.since = True, self._door.tick

    def _write(self, data: bytes, *, close: bool) -> None:
        if self._closing():  # uvloop raises on a write after close
            return
        self._live().write(data)
        if close:
            self._last = True
            self._queue.clear()
            self._live().close()

    def _refuse(self, error: Exception) -> None:
        """Queue the last words of this connection, behind the answers that are due before them."""
        if isinstance(error, httptools.HttpParserCallbackError) and isinstance(error.__context__, Refuse):
            error = error.__context__
        if not self._last or self._in_message:
            self._queue.append(refusal(*_said(error)))
        self._last, self._in_message, self._in_head = True, False, False

    def _closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def _live(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport


def _said(error: Exception) -> tuple[int, str]:
    if isinstance(error, Refuse):
        return error.status, error.text
    if isinstance(error, httptools.HttpParserInvalidURLError):
        return 400, "400 Bad Request: the URL holds characters that must be written as percent escapes"
    return 400, "400 Bad Request"
