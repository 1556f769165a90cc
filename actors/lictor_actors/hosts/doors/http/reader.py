"""The reading half of an HTTP connection: bytes through httptools, complete requests out.

Every limit on what a client sends is kept here; what breaks one becomes the last thing that is read.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import httptools

from lictor_actors.hosts.doors.http.events import Asked, BodyPiece, form
from lictor_actors.hosts.doors.http.mending import end_of_head, mended
from lictor_actors.hosts.doors.http.phases import BETWEEN, BODY, ENDED, HEAD
from lictor_actors.hosts.doors.http.request import READ_HERE, Head, Refuse, as_refusal, escaped_target
from lictor_actors.hosts.doors.http.response import CONTINUE
from lictor_messages.web import HttpAsked, too_large

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.http.premises import Premises
    from lictor_actors.hosts.doors.http.sites import Sites

Read = Asked | BodyPiece | Refuse | bytes
"""``bytes`` are to be said before the rest of a request comes."""


class Reader:
    """Puts what it reads in ``found``. The methods ``on_…`` are httptools' own."""

    def __init__(self, premises: Premises, sites: Sites, peer: str) -> None:
        self.found: deque[Read] = deque()
        self.at = BETWEEN
        self.began = 0
        """When the request that is being read began."""
        self.body_size = 0
        self.owes_continue = False
        """The client waits for a word before it sends the body."""
        self.open = False
        """True while a request that was read before is being answered."""
        self._premises = premises
        self._limits = premises.limits
        self._sites = sites
        self._peer = peer
        self._heard = premises.heard.find
        self._heard_as = f"{peer} {sites.local}"
        self._parser = httptools.HttpRequestParser(self)
        self._now = 0
        self._raw: bytes | bytearray = b""
        """What has come of a head that is not whole."""
        self._looked = 0
        """So much of it holds no end: a head that comes byte by byte is not searched from its beginning each time."""
        self._mending = False
        """True while the rest of a head is waited for that the parser does not take as it is."""
        self._unread: bytes | None = None
        """What came after a head that offers an upgrade."""
        self._fault = Refuse(400, "400 Bad Request")
        self._begin()

    def read(self, data: bytes, now: int) -> None:
        """The next bytes of the client, cut anywhere."""
        if self.at is BETWEEN:
            heard = self._heard(self._heard_as, data)
            if heard is not None:
                self.found.append(heard)
                return
        if self.at is not ENDED:
            self._now = now
            self._parse(data)

    def refuse(self, refusal: Refuse) -> None:
        """This comes after the answers that are due, and then nothing more."""
        if self.at is not ENDED:
            self.found.append(refusal)
            self.at = ENDED

    def end(self) -> None:
        """Nothing more will come."""
        self.at = ENDED

    def free(self) -> None:
        """The connection is gone."""
        self.end()
        self.found.clear()
        del self._parser  # it knows this object: the collector would not see that both are dead (``garbage``)

    @property
    def reading(self) -> bool:
        """True within a request."""
        return self.at is HEAD or self.at is BODY

    def _parse(self, data: bytes) -> None:
        starts, waiting = self.at is BETWEEN, len(self.found)
        if starts:
            self._raw = data
        elif self.at is HEAD:
            self._raw = bytearray(self._raw) if type(self._raw) is bytes else self._raw  # grows without a copy
            self._raw += data
            if self._mending:
                self._mend()
                return
        if starts and not data.isascii():
            data = escaped_target(data)
        self._bare_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self._bare_bytes > self._limits.head and self.reading:
                raise Refuse(431, "Request header fields too large")
        except httptools.HttpParserUpgrade as stopped:
            self._unread = data[stopped.args[0] :]
        except (httptools.HttpParserError, Refuse) as error:
            self._failed(error, first=len(self.found) == waiting)
        else:
            if self.at is not HEAD:
                self._raw = b""
            if starts and self.at is BETWEEN and len(self.found) == waiting + 1:
                self._premises.heard.keep(self._heard_as, data, cast(Asked, self.found[-1]))
        self._read_again()  # not above: what is raised while an exception is handled has that for its context

    def _read_again(self) -> None:
        """What the parser did not take as it was."""
        if self._mending:
            self._mend()
        elif self._unread is not None:
            rest, self._unread = self._unread, None
            self._decline_upgrade(rest)

    def _decline_upgrade(self, rest: bytes) -> None:
        """We upgrade to nothing, as Go. The parser has taken the body for another protocol's bytes: it reads the
        request again, as if nothing had been offered. What can only be a tunnel is answered, and then we close.
        """
        last = cast(Asked, self.found[-1])
        plain = [(name, value) for name, value in last.asked.headers if name != "upgrade"]
        if len(plain) == len(last.asked.headers):
            self.found[-1] = replace(last, form=last.form._replace(close=True))
            self.end()
            return
        self.found.pop()
        if self.found and self.found[-1] == CONTINUE:
            self.found.pop()
        version = self._parser.get_http_version()
        lines = (f"{last.asked.method} {last.asked.target} HTTP/{version}", *(f"{n}: {v}" for n, v in plain), "", "")
        self.at = BETWEEN
        self._parser = httptools.HttpRequestParser(self)
        self._parse("\r\n".join(lines).encode("latin-1") + rest)

    def _failed(self, error: Exception, *, first: bool) -> None:
        """What the parser raised. Only the first request of what came at once is known from its beginning."""
        self._fault = as_refusal(error, bytes(self._raw) if first else b"")
        self._looked = 0
        self._mending = first and type(error) is httptools.HttpParserError and self.at is HEAD
        if not self._mending:
            self.refuse(self._fault)

    def _mend(self) -> None:
        """Once the head is whole: read it again in its plain form, or refuse it if it has that already."""
        end = end_of_head(self._raw, self._looked)
        self._mending = not end
        if not end:
            self._looked = max(0, len(self._raw) - 2)
            if len(self._raw) > self._limits.head:
                self.refuse(Refuse(431, "Request header fields too large"))
            return
        raw = bytes(self._raw)
        head = mended(raw[:end])
        if head == raw[:end]:
            self.refuse(self._fault)
            return
        self.at = BETWEEN
        self._parser = httptools.HttpRequestParser(self)
        self._parse(head + raw[end:])

    # -- the parser --------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._begin()
        self.at, self.began = HEAD, self._now

    def on_url(self, piece: bytes) -> None:
        """A piece of the request target."""
        self._head.target += piece
        if len(self._head.target) > self._limits.target:
            raise Refuse(414, "Request URI too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One whole header, or a trailer, which we drop."""
        if self.at is not HEAD:
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
        """The body comes next."""
        self.at = BODY
        self._bare_bytes = 0
        head = self._head
        if head.odd or head.host not in self._sites.known or head.target[:1] != b"/":
            head.check(self._parser.get_http_version(), self._sites)
        if head.length > self._limits.least:
            self._limit_body(head.length)
        if head.expects:
            self._grant_body()

    def on_chunk_header(self) -> None:
        """The length of a piece of the body."""
        self._bare_bytes = 0

    def on_body(self, piece: bytes) -> None:
        """A piece of the body, chunked or not."""
        self.owes_continue = False  # it did not wait to be asked
        self._bare_bytes = 0
        self.body_size += len(piece)
        if self.body_size > self._limits.least:
            self._limit_body(self.body_size)
        self._body.append(piece)
        if self.body_size > self._limits.body:
            self._hand_on()

    def on_message_complete(self) -> None:
        """The request is whole."""
        parser = self._parser
        asked = HttpAsked(
            method=parser.get_method().decode(),
            target=self._head.target.decode("latin-1"),
            headers=tuple(self._head.headers),
            body=b"".join(self._body),
            peer=self._peer,
        )
        keeps = parser.should_keep_alive()
        http10 = parser.get_http_version() == "1.0"
        self.found.append(Asked(asked, form(asked.method == "HEAD", http10, not keeps, self._head.gzips)))
        self.owes_continue = False
        self.at = BETWEEN if keeps else ENDED

    def _begin(self) -> None:
        self._head = Head()
        self._body: list[bytes] = []
        self.body_size = 0
        self._bare_bytes = 0
        """What has come since the last piece of a body, or since the head's first byte: headers, trailers."""

    def _grant_body(self) -> None:
        if not self.open and not self.found:
            self.found.append(CONTINUE)
        else:
            self.owes_continue = True

    def _limit_body(self, size: int) -> None:
        path = self._head.path()
        most = self._limits.body_most(path)
        if size > most:
            raise Refuse(413, too_large(size, most, self._limits.key_of(path)))
        if self.body_size > self._limits.body and not self._premises.takes_large(self):
            raise Refuse(429, "Another request of this size is under way: try again when it has been answered")

    def _hand_on(self) -> None:
        """A large body is not kept here."""
        self.found.extend(map(BodyPiece, self._body))
        self._body.clear()
