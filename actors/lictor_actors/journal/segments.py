"""A segment is a file of fixed size, filled with zeros before use: ``journal-00000001`` and so on.

Its header says the format's version, its own number, the number of its first record and the size that was reserved:

    magic 8 · version 2 · reserved size 6 · number 8 · first record 8 · checksum 4 · continued 4

A header whose reserved size is 0 was written by an older version, which did not note it. ``continued`` is written last
of all, once the next segment is durable, and before anything is written to that one; the checksum does not cover it.
"""

from __future__ import annotations

import struct
from typing import NamedTuple
from zlib import crc32

MAGIC = b"LJOURNAL"
FORMAT = 1
_FIELDS = struct.Struct(">8sH6sQQ")
_CHECKSUM = struct.Struct(">I4s")
HEADER_SIZE = _FIELDS.size + _CHECKSUM.size
CONTINUED = b"NEXT"
CONTINUED_AT = HEADER_SIZE - len(CONTINUED)
_PREFIX = "journal-"
SPARE = "journal.spare"
"""What a segment is renamed to when nothing in it is needed any more."""
BEGUN = "node-has-journal"
"""An empty file: the first segment is durable. It stands beside ``node-id``, and is called so that neither
``journal-*`` nor ``journal*`` means it."""


class JournalTooNew(RuntimeError):
    """The journal was written in a format that this version does not know."""


class SegmentHeader(NamedTuple):
    """What a segment says of itself."""

    first: int
    """Number of its first record."""
    room: int
    """Size that was reserved for it, in bytes; 0 if an older version wrote it."""
    continued: bool
    """True: the next segment is durable."""


def segment_name(number: int) -> str:
    """The file of this segment."""
    return f"{_PREFIX}{number:08d}"


def segment_number(name: str) -> int | None:
    """The reverse; None for a file that is no segment."""
    digits = name.removeprefix(_PREFIX)
    return int(digits) if digits != name and digits.isdecimal() else None


def pack_header(number: int, first: int, room: int) -> bytes:
    """The first bytes of segment ``number``, whose first record is ``first``; it is not continued yet."""
    fields = _FIELDS.pack(MAGIC, FORMAT, room.to_bytes(6, "big"), number, first)
    return fields + _CHECKSUM.pack(crc32(fields), b"")


def read_header(number: int, data: bytes) -> SegmentHeader | None:
    """The header of segment ``number``, which begins with ``data``; None if it is damaged or absent.

    Raises JournalTooNew.
    """
    if len(data) < HEADER_SIZE:
        return None
    magic, version, room, own_number, first = _FIELDS.unpack_from(data)
    checksum, continued = _CHECKSUM.unpack_from(data, _FIELDS.size)
    if magic != MAGIC or checksum != crc32(data[: _FIELDS.size]) or own_number != number:
        return None
    if version > FORMAT:
        raise JournalTooNew(f"{segment_name(number)} has format {version}, this version reads up to {FORMAT}")
    return SegmentHeader(int(first), int.from_bytes(room, "big"), continued == CONTINUED)
