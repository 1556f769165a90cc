"""A journal as a version wrote it that noted neither reserved sizes nor what is continued."""

from __future__ import annotations

import struct
from zlib import crc32

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.segments import BEGUN, HEADER_SIZE, read_header, segment_number


def make_older(disk: Disk) -> None:
    """Turn the journal on this disk into one, in place."""
    for name in disk.list():
        number = segment_number(name)
        header = read_header(number, disk.read(name, 0, HEADER_SIZE)) if number else None
        if number and header:
            fields = struct.pack(">8sH6xQQ", b"LJOURNAL", 1, number, header.first)
            disk.write_at(name, 0, fields + struct.pack(">I4x", crc32(fields)))
            disk.sync(name)
    if BEGUN in disk.list():
        disk.rename(BEGUN, "elsewhere")
