"""Ids as Consul writes them."""

from __future__ import annotations


def new_uuid(random: bytes) -> str:
    """Sixteen unpredictable bytes as a UUID of version 4: RFC 9562 section 5.4, 122 random bits."""
    number = int.from_bytes(random, "big") & ~(0xF << 76) & ~(0x3 << 62) | (4 << 76) | (2 << 62)
    h = f"{number:032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def as_made(given: str) -> str:
    """An id as ``new_uuid`` writes it: Consul looks ids up by their sixteen bytes, so it takes them in any case."""
    return given.lower()
