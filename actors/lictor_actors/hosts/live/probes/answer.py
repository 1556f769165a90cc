"""An answer over HTTP/1, read leniently: its status counts, and of its body what arrives and can be read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from lictor_actors.hosts.live.probes.gunzip import Gunzip
from lictor_actors.hosts.live.probes.words import ProbeFailed, quoted

PIECE = 65_536
HEAD_MOST = 10 << 20
BODILESS = (204, 304)
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}(?![0-9A-Fa-f])")
VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z ]+")
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Source:
    """The bytes of a connection, by lines and in pieces."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._held = bytearray()
        self._left = HEAD_MOST

    async def line(self) -> bytes:
        """The next line without its end; raises ProbeFailed if none comes, or too many bytes of them."""
        seen = 0
        while (end := self._held.find(b"\n", seen)) < 0:
            seen = len(self._held)
            if seen > self._left:
                raise ProbeFailed(f"net/http: server response headers exceeded {HEAD_MOST} bytes; aborted")
            more = await self._reader.read(PIECE)
            if not more:
                return self._last_line()
            self._held += more
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        self._left -= end + 1
        return line.removesuffix(b"\r")

    def _last_line(self) -> bytes:
        """What there is of a line that has no end, as Go takes it; raises ProbeFailed if there is nothing."""
        if not self._held:
            raise _broken("unexpected EOF") if self._left < HEAD_MOST else ProbeFailed("EOF")
        line = bytes(self._held)
        self._held.clear()
        self._left -= len(line)
        return line.removesuffix(b"\r")

    def body_begins(self) -> None:
        """What comes now is not counted as a head."""
        self._left = HEAD_MOST

    async def piece(self, most: int) -> bytes:
        """The next bytes, b"" at the end."""
        if not self._held:
            return await self._reader.read(min(most, PIECE))
        piece = bytes(self._held[:most])
        del self._held[:most]
        return piece


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """All of an answer but its body."""

    status: int
    status_text: str
    """What the status line says behind the version: ``200 OK``."""
    fields: dict[str, list[str]]
    """By names in small letters."""

    def first(self, name: str) -> str:
        """The first value of a field, "" if there is none."""
        return self.fields.get(name, [""])[0]


async def read_head(source: Source) -> AnswerHead:
    """The head of the final answer, those of interim ones counting as part of it; raises ProbeFailed."""
    while True:
        version, status, status_text = _status_line(await source.line())
        head = AnswerHead(status, status_text, await _fields(source))
        if not 100 <= status < 200 or status == 101:
            _transfer(head, version)
            _length(head)
            source.body_begins()
            return head


def _broken(why: str) -> ProbeFailed:
    return ProbeFailed(f"net/http: HTTP/1.x transport connection broken: {why}")


def _status_line(line: bytes) -> tuple[bytes, int, str]:
    version, space, rest = line.partition(b" ")
    if not space:
        raise _broken(f"malformed HTTP response {quoted(line)}")
    status_text = rest.lstrip(b" ")
    code = status_text.partition(b" ")[0]
    if len(code) != 3 or not code.isdigit():
        raise _broken(f"malformed HTTP status code {quoted(code)}")
    if not VERSION.fullmatch(version):
        raise _broken(f"malformed HTTP version {quoted(version)}")
    return version, int(code), status_text.decode("utf-8", "replace")


async def _fields(source: Source) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    while line := await source.line():
        if line[:1] in (b" ", b"\t"):
            if not values:
                raise _broken(f"malformed MIME header initial line: {quoted(line)}")
            values[-1] += f" {line.strip().decode('utf-8', 'replace')}"
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            raise _broken(f"malformed MIME header: missing colon: {quoted(line)}")
        if not NAME.fullmatch(name) or CONTROL.search(value):
            raise _broken(f"malformed MIME header line: {quoted(line)}")
        values = fields.setdefault(name.strip().lower().decode(), [])
        values.append(value.strip().decode("utf-8", "replace"))
    return fields


def _transfer(head: AnswerHead, version: bytes) -> None:
    """Only chunks are understood; raises ProbeFailed. A peer of HTTP/1.0 cannot mean what it says."""
    said = head.fields.get("transfer-encoding", [])
    if version == b"HTTP/1.0":
        head.fields.pop("transfer-encoding", None)
    elif len(said) > 1:
        raise _broken(f"too many transfer encodings: {_list(said)}")
    elif said and said[0].lower() != "chunked":
        raise _broken(f"unsupported transfer encoding: {quoted(said[0])}")


def _list(values: list[str]) -> str:
    return f"[{' '.join(map(quoted, values))}]"


def _length(head: AnswerHead) -> int | None:
    """The length that the body is said to have; raises ProbeFailed."""
    if "chunked" in head.first("transfer-encoding").lower():
        return None
    given = head.fields.get("content-length", [])
    if len(set(given)) > 1:
        raise _broken(f"http: message cannot contain multiple Content-Length headers; got {_list(given)}")
    for text in filter(None, given[:1]):
        if not (text.isascii() and text.isdecimal() and len(text) < 20):
            raise _broken(f"bad Content-Length {quoted(text)}")
        return int(text)
    return None


# -- bodies ----------------------------------------------------------------------


async def read_body(source: Source, head: AnswerHead, unzips: bool, most: int, into: bytearray) -> None:
    """Put up to ``most`` bytes of a body into ``into``; a body that cannot be read any further ends there."""
    unzip = Gunzip() if unzips and head.first("content-encoding").lower() == "gzip" else None
    async for piece in _pieces(source, head):
        room = most - len(into)
        into += unzip.read(piece, room) if unzip else piece[:room]
        if len(into) >= most or (unzip and unzip.over):
            return


def _pieces(source: Source, head: AnswerHead) -> AsyncIterator[bytes]:
    if "chunked" in head.first("transfer-encoding").lower():
        return _chunks(source)
    length = _length(head)
    return _exactly(source, length) if length is not None else _until_the_end(source)


async def _chunks(source: Source) -> AsyncIterator[bytes]:
    while size := CHUNK_SIZE.match(await source.line()):
        left = int(size[0], 16)
        if not left:
            return
        async for piece in _exactly(source, left):
            yield piece
        await source.line()


async def _exactly(source: Source, left: int) -> AsyncIterator[bytes]:
    while left and (piece := await source.piece(left)):
        left -= len(piece)
        yield piece


async def _until_the_end(source: Source) -> AsyncIterator[bytes]:
    while piece := await source.piece(PIECE):
        yield piece
