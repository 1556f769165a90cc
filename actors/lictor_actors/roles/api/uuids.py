"""Ids that doorways choose, and those that they are given."""

from __future__ import annotations

from lictor_actors.roles.api.request import HttpError

UUID_LENGTH = 36


def new_uuid(random: bytes) -> str:
    """Sixteen unpredictable bytes as a UUID of version 4: RFC 9562 section 5.4, 122 random bits."""
    number = int.from_bytes(random, "big") & ~(0xF << 76) & ~(0x3 << 62) | (4 << 76) | (2 << 62)
    h = f"{number:032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def as_made(given: str) -> str:
    """An id as ``new_uuid`` writes it: Consul looks ids up by their sixteen bytes, so it takes them in any case."""
    return given.lower()


def known_uuid(given: str, of: str) -> str:
    """The same of one that must have the length; raises HttpError, in Consul's words, for what cannot be an id."""
    if len(given) != UUID_LENGTH:
        raise HttpError(500, f"failed {of} lookup: index error: UUID must be 36 characters")
    return as_made(given)
