"""gzip as Go's client reads it: members one after the other, and of what is damaged all up to the damage."""

from __future__ import annotations

import zlib
from contextlib import suppress

GZIP = 16 + zlib.MAX_WBITS


class Gunzip:
    """A stream, piece by piece. ``over``: nothing behind this can be read."""

    def __init__(self) -> None:
        self.over = False
        self._member = zlib.decompressobj(GZIP)

    def read(self, piece: bytes, most: int) -> bytes:
        """What these bytes hold, ``most`` bytes of it at most."""
        plain = bytearray()
        while piece and len(plain) < most:
            plain += self._read(piece, most - len(plain))
            piece = self._member.unused_data
            if self._member.eof:
                self._member = zlib.decompressobj(GZIP)
        return bytes(plain)

    def _read(self, piece: bytes, most: int) -> bytes:
        before = self._member.copy()
        try:
            return self._member.decompress(piece, most)
        except zlib.error:
            self.over = True
            return _up_to_the_damage(before, piece, most)


def _up_to_the_damage(member: zlib._Decompress, piece: bytes, most: int) -> bytes:
    """zlib keeps what it read in a call that fails, such as at a wrong checksum, to itself: so byte by byte."""
    plain = bytearray()
    with suppress(zlib.error):
        for at in range(len(piece)):
            plain += member.decompress(piece[at : at + 1], most - len(plain))
            if len(plain) >= most:
                break
    return bytes(plain)
