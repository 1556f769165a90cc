"""Consul's archive of a snapshot: a compressed tar of ``meta.json``, ``state.bin`` and ``SHA256SUMS``, in that order.

Both ways work a piece at a time, so that no turn has to compress or read it whole. The size of the state stands in
front of it but is known only after it; so the archive is written as several gzip members, which readers take for one
(RFC 1952, section 2.2). Nothing here reads a clock: times are the caller's.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

META = "meta.json"
VERSION = 1
"""Of the layout, as Consul counts it."""
STATE = "state.bin"
SUMS = "SHA256SUMS"
BLOCK = tarfile.BLOCKSIZE
SMALL_MOST = 1024 * 1024
"""Bytes of any file but the state."""
STATE_MOST = 1024 * 1024 * 1024
"""Bytes of state that are believed: a few bytes of gzip can claim to be any number."""
GZIP = 16 + zlib.MAX_WBITS
GZIP_HEAD = 10
"""Bytes with which every gzip member begins (RFC 1952)."""
LEVEL = 1
PIECE = 64 * 1024
SLACK = 256 * 1024
"""Bytes of archive that may hold nothing: gzip members without content, by the million, would be read in one turn."""


class ArchiveRefused(Exception):
    """This is no archive, or a damaged one; the text says where."""


class ArchiveWriter:
    """Takes the state in pieces, gives the archive."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes of state so far."""
        self._sum = hashlib.sha256()
        self._deflate = _compressor()
        self._packed: list[bytes] = []

    def add(self, piece: bytes) -> None:
        """The next bytes of the state."""
        self.size += len(piece)
        self._sum.update(piece)
        self._packed.append(self._deflate.compress(piece))

    def finish(self, meta: dict[str, Any], at_s: int) -> bytes:
        """The whole archive; ``meta`` is completed by the Size of the state, ``at_s`` dates its files."""
        described = json.dumps({**meta, "Size": self.size}).encode() + b"\n"
        sums = f"{hashlib.sha256(described).hexdigest()}  {META}\n{self._sum.hexdigest()}  {STATE}\n".encode()
        before = _head(META, len(described), at_s) + _padded(described) + _head(STATE, self.size, at_s)
        after = bytes(-self.size % BLOCK) + _head(SUMS, len(sums), at_s) + _padded(sums) + bytes(2 * BLOCK)
        return b"".join((_compressed(before), *self._packed, self._deflate.flush(), _compressed(after)))


class ArchiveReader:
    """Takes an archive, gives its state in pieces; what it gave is good only once ``finish`` has been reached."""

    def __init__(self, archive: bytes) -> None:
        self.meta: dict[str, Any] = {}
        self.state_sum = ""
        """SHA-256 of the state, when all of it has been read."""
        self._tar = _Inflated(archive)
        self._sums: dict[str, str] = {}
        self._found: dict[str, str] = {}

    def state(self, most: int) -> Iterator[bytes]:
        """The state in pieces of ``most`` bytes; at the end everything has been verified. Raises ArchiveRefused."""
        while (head := self._next_head()) is not None:
            name = head.name
            if name in self._found or (name == SUMS and self._sums):
                raise ArchiveRefused(f"failed to read snapshot file: {name} is there twice")
            if name == STATE:
                if head.size > STATE_MOST:
                    raise ArchiveRefused(f"failed to read snapshot file: {name} has {head.size} bytes")
                yield from self._pieces(head.size, most)
            elif name == META:
                self.meta = _meta(self._small(head))
            elif name == SUMS:
                self._sums = _sums(self._small(head))
            else:
                raise ArchiveRefused(f'failed to read snapshot file: unexpected file "{name}" in snapshot')
        self._tar.finish()
        self._verify()

    def _next_head(self) -> tarfile.TarInfo | None:
        block = self._tar.read(BLOCK)
        if len(block) == BLOCK and block.count(0) == BLOCK:
            return None
        try:
            head = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except tarfile.HeaderError as error:
            raise ArchiveRefused(f"failed to read snapshot file: {error}") from error
        if head.size < 0:  # GNU's way to say large sizes can say these too
            raise ArchiveRefused(f"failed to read snapshot file: {head.name} has {head.size} bytes")
        return head

    def _small(self, head: tarfile.TarInfo) -> bytes:
        if head.size > SMALL_MOST:
            raise ArchiveRefused(f"failed to read snapshot file: {head.name} has {head.size} bytes")
        data = b"".join(self._tar.pieces(head.size, PIECE))
        self._tar.read(-head.size % BLOCK)
        if head.name != SUMS:
            self._found[head.name] = hashlib.sha256(data).hexdigest()
        return data

    def _pieces(self, size: int, most: int) -> Iterator[bytes]:
        total = hashlib.sha256()
        for piece in self._tar.pieces(size, most):
            total.update(piece)
            yield piece
        self._tar.read(-size % BLOCK)
        self.state_sum = self._found[STATE] = total.hexdigest()

    def _verify(self) -> None:
        for name in (META, STATE):
            if name not in self._found:
                raise ArchiveRefused(f'failed checking integrity of snapshot: file missing for "{name}"')
            if name not in self._sums:
                raise ArchiveRefused(f'failed checking integrity of snapshot: list missing hash for "{name}"')
            if self._sums[name] != self._found[name]:
                raise ArchiveRefused(f'failed checking integrity of snapshot: hash check failed for "{name}"')


class _Inflated:
    """The bytes inside gzip members, read forward, never much more of them than were asked for."""

    def __init__(self, archive: bytes) -> None:
        if not archive.startswith(b"\x1f\x8b") or len(archive) < GZIP_HEAD:
            raise ArchiveRefused(f"failed to decompress snapshot: {_no_gzip(archive)}")
        self._archive = archive
        self._at = 0
        self._inflated = 0
        """Bytes that have come out of it."""
        self._tail = b""
        """Taken from the archive and not inflated yet."""
        self._inflate = zlib.decompressobj(GZIP)
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """Exactly so many bytes. Raises ArchiveRefused if there are fewer."""
        while len(self._ready) < size:
            if not self._more():
                raise ArchiveRefused("failed to read snapshot file: unexpected EOF")
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def pieces(self, size: int, most: int) -> Iterator[bytes]:
        """So many bytes in pieces."""
        while size:
            piece = self.read(min(size, most))
            size -= len(piece)
            yield piece

    def finish(self) -> None:
        """Read to the end: only then gzip's own checksums have been looked at."""
        padding = 0
        while True:
            padding += len(self._ready)
            if self._ready.count(0) != len(self._ready) or padding > SMALL_MOST:
                raise ArchiveRefused("failed to read snapshot file: it goes on after its end")
            self._ready.clear()
            if not self._more():
                return

    def _more(self) -> bool:
        """Inflate a little; False at the end of the last member."""
        if not self._tail:
            self._tail = self._archive[self._at : self._at + PIECE]
            self._at += len(self._tail)
        if self._inflate.eof:
            if not self._tail:
                return False
            self._inflate = zlib.decompressobj(GZIP)
        try:
            inflated = self._inflate.decompress(self._tail, PIECE)
        except zlib.error as error:
            raise ArchiveRefused(f"failed to decompress snapshot: {error}") from error
        if not (self._tail or inflated or self._inflate.eof):
            raise ArchiveRefused("failed to read snapshot file: unexpected EOF")
        self._ready += inflated
        self._inflated += len(inflated)
        if self._at > SLACK + self._inflated * 2:
            raise ArchiveRefused("failed to decompress snapshot: it is far longer than what is in it")
        self._tail = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        return True


def _no_gzip(archive: bytes) -> str:
    """Go reads a whole head before it looks at it."""
    if len(archive) >= GZIP_HEAD:
        return "gzip: invalid header"
    return "unexpected EOF" if archive else "EOF"


def _compressor() -> zlib._Compress:
    return zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)


def _compressed(data: bytes) -> bytes:
    deflate = _compressor()
    return deflate.compress(data) + deflate.flush()


def _head(name: str, size: int, at_s: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, at_s, 0o600
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _meta(data: bytes) -> dict[str, Any]:
    try:
        meta = orjson.loads(data)  # Python's own raises RecursionError for brackets without end
    except ValueError as error:
        raise ArchiveRefused(f"failed to read snapshot file: failed to decode snapshot metadata: {error}") from error
    if not isinstance(meta, dict):
        raise ArchiveRefused("failed to read snapshot file: failed to decode snapshot metadata: it is no object")
    version = meta.get("Version", VERSION)
    if type(version) is not int:
        raise ArchiveRefused("failed to restore snapshot: unsupported snapshot version: it is no number")
    if version not in (0, VERSION):
        raise ArchiveRefused(f"failed to restore snapshot: unsupported snapshot version {version}")
    return meta


def _sums(data: bytes) -> dict[str, str]:
    pairs = [line.split("  ", 1) for line in data.decode("utf-8", "replace").splitlines()]
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}
