"""What a power cut leaves of a write that was not synced: all, nothing, a beginning, or some of its sectors."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

SECTOR = 512
"""A sector is written whole or not at all; a write of several sectors may reach the disk in any part."""
Change = tuple[int, bytes | None]
"""Bytes at an offset, or None: the file was cut (or grew) to this size."""


def surviving(offset: int, data: bytes | None, rng: Random) -> Iterator[Change]:
    """As much of one unsynced change as the dice say."""
    fate = rng.randrange(4)
    if fate == 0:
        return
    if data is None or fate == 1:
        yield offset, data
    elif fate == 2:
        beginning = data[: rng.randrange(len(data) + 1)]
        if beginning:
            yield offset, beginning
    else:
        yield from _some_sectors(offset, data, rng)


def _some_sectors(offset: int, data: bytes, rng: Random) -> Iterator[Change]:
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
        if rng.randrange(2):
            yield offset + start, data[start:end]
        start = end
