"""What the bytes of an update say: decoded and judged once in a process, for all nodes of it that hear them.

A thousand nodes of one machine hear each other's records a million times. What is made of a record is frozen, so they
all hold the same object: that takes a tenth of the time and of the memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from lictor_actors.swim.doubts import fault_of
from lictor_messages.base import Message
from lictor_messages.codec import FrameRefused, unpack_body

KEPT = 16_384
"""Updates that are remembered: those that were heard last."""
LONGEST = 2048
"""Bytes of an update that is remembered, so that all of them are bounded. A member's record has some 300."""


class Claim(NamedTuple):
    """One update."""

    data: bytes
    """The first copy of its bytes that was heard in this process."""
    update: Message | None
    """None for junk, and for kinds of a newer version."""
    fault: str
    """Why no honest member says so, "" if one may; see ``doubts``."""
    mark: int
    """The hash of the bytes, one number for all nodes that remember having processed them."""


def claim_of(data: bytes) -> Claim:
    """The claim that these bytes are."""
    return _remembered(data) if len(data) <= LONGEST else _read(data)


def _read(data: bytes) -> Claim:
    try:
        update = unpack_body(data)
    except FrameRefused:
        return Claim(data, None, "", hash(data))
    return Claim(data, update, fault_of(update), hash(data))


_remembered = lru_cache(KEPT)(_read)
