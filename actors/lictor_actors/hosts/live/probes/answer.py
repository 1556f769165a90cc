"""An answer over HTTP/1, read leniently: its status counts, and of its body what arrives and can be read."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from lictor_actors.hosts.live.probes.words import ProbeFailed, quoted

PIECE = 65_536
HEAD_MOST = 10 << 20
INTERIM_MOST = 5
BODILESS = (204, 304)
GZIP = 16 + zlib.MAX_WBITS
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}(?![0-9A-Fa-f])")
VERSION = re.compile(r"HTTP/[0-9]\.[0-9]")


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
                raise _broken("unexpected EOF") if self._held or self._left < HEAD_MOST else ProbeFailed("EOF")
            self._held += more
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        self._left -= end + 1
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
    reason: str
    fields: dict[str, list[str]]
    """By names in small letters."""

    def first(self, name: str) -> str:
        """The first value of a field, "" if there is none."""
        return self.fields.get(name, [""])[0]


async def read_head(source: Source) -> AnswerHead:
    """The head of the final answer; raises ProbeFailed."""
    for _ in range(INTERIM_MOST + 1):
        status, reason = _status_line((await source.line()).decode("utf-8", "replace"))
        head = AnswerHead(status, reason, await _fields(source))
        if not 100 <= status < 200 or status == 101:
            _length(head)
            source.body_begins()
            return head
    raise _broken("net/http: too many 1xx informational responses")


def _broken(why: str) -> ProbeFailed:
    return ProbeFailed(f"net/http: HTTP/1.x transport connection broken: {why}")


def _status_line(line: str) -> tuple[int, str]:
    version, space, rest = line.partition(" ")
    if not space:
        raise _broken(f"malformed HTTP response {quoted(line)}")
    code, _, reason = rest.lstrip(" ").partition(" ")
    if len(code) != 3 or not (code.isascii() and code.isdecimal()):
        raise _broken(f"malformed HTTP status code {quoted(code)}")
    if not VERSION.fullmatch(version):
        raise _broken(f"malformed HTTP version {quoted(version)}")
    return int(code), reason


async def _fields(source: Source) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    while line := (await source.line()).decode("utf-8", "replace"):
        if line[0] in " \t" and values:
            values[-1] += f" {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        if not colon or not name:
            raise _broken(f"malformed MIME header line: {line}")
        values = fields.setdefault(name.strip().lower(), [])
        values.append(value.strip())
    return fields


def _length(head: AnswerHead) -> int | None:
    """The length that the body is said to have; raises ProbeFailed."""
    if "chunked" in head.first("transfer-encoding").lower():
        return None
    given = set(head.fields.get("content-length", ()))
    if len(given) > 1:
        raise _broken(f"http: message cannot contain multiple Content-Length headers; got {sorted(given)}")
    for text in given:
        if not (text.isascii() and text.isdecimal() and len(text) < 20):
            raise _broken(f"bad Content-Length {quoted(text)}")
        return int(text)
    return None


# -- bodies ----------------------------------------------------------------------


async def read_body(source: Source, head: AnswerHead, unzips: bool, most: int, into: bytearray) -> None:
    """Put up to ``most`` bytes of a body into ``into``; a body that cannot be read any further ends there."""
    unzip = zlib.decompressobj(GZIP) if unzips and head.first("content-encoding").lower() == "gzip" else None
    async for piece in _pieces(source, head):
        try:
            into += unzip.decompress(piece, most - len(into)) if unzip else piece[: most - len(into)]
        except zlib.error:
            return
        if len(into) >= most:
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
