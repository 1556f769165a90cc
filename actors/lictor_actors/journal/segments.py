"""A segment is a file of fixed size, filled with zeros before use: ``journal-00000001`` and so on.

Its header says the format's version, its own number and the number of its first record.
"""

from __future__ import annotations

import struct
from zlib import crc32

MAGIC = b"LJOURNAL"
VERSION = 1
_FIELDS = struct.Struct(">8sH6xQQ")
_CHECKSUM = struct.Struct(">I4x")
HEADER_SIZE = _FIELDS.size + _CHECKSUM.size
_PREFIX = "journal-"
SPARE = "journal.spare"
"""What a segment is renamed to when nothing in it is needed any more."""


class JournalTooNew(RuntimeError):
    """The journal was written in a format that this version does not know."""


def segment_name(number: int) -> str:
    """The file of this segment."""
    return f"{_PREFIX}{number:08d}"


def segment_number(name: str) -> int | None:
    """The reverse; None for a file that is no segment."""
    digits = name.removeprefix(_PREFIX)
    return int(digits) if digits != name and digits.isdecimal() else None


def pack_header(number: int, first: int) -> bytes:
    """The first bytes of segment ``number``, whose first record is ``first``."""
    fields = _FIELDS.pack(MAGIC, VERSION, number, first)
    return fields + _CHECKSUM.pack(crc32(fields))


def first_record(number: int, data: bytes) -> int | None:
    """Number of the first record that the header announces; None if the header is damaged or absent.

    Raises JournalTooNew.
    """
    if len(data) < HEADER_SIZE:
        return None
    magic, version, own_number, first = _FIELDS.unpack_from(data)
    (checksum,) = _CHECKSUM.unpack_from(data, _FIELDS.size)
    if magic != MAGIC or checksum != crc32(data[: _FIELDS.size]) or own_number != number:
        return None
    if version > VERSION:
        raise JournalTooNew(f"{segment_name(number)} has format {version}, this version reads up to {VERSION}")
    return int(first)
