"""What a view sums up to: everything in it has a mark, and each bucket of it is the exclusive or of its marks.

A mark is eight bytes of BLAKE2 over what would be said, so that it is the same in every process. A change costs two
exclusive ors, however large the view. Two views that differ in one member differ in one sum; a sum is equal by chance
once in 2^64. Minsky, Trachtenberg and Zippel ("Set reconciliation with nearly optimal communication complexity", 2003)
say less for the same difference; this says a few hundred bytes and needs no algebra.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from lictor_messages.bounds import MARK_BYTES
from lictor_messages.swim import VIEW_BUCKETS

EVENTS = VIEW_BUCKETS - 1
"""The bucket of user events."""


def mark(said: bytes) -> int:
    """The mark of what would be said."""
    return int.from_bytes(hashlib.blake2b(said, digest_size=MARK_BYTES).digest(), "big")


def bucket(name_hash: int) -> int:
    """The bucket of a member, by the hash of its name."""
    return name_hash % EVENTS


def pack_marks(marks: Iterable[int]) -> bytes:
    """Marks as they travel."""
    listed = tuple(marks)
    return struct.pack(f">{len(listed)}Q", *listed)


def unpack_marks(packed: bytes) -> tuple[int, ...]:
    """The reverse of ``pack_marks``."""
    return struct.unpack(f">{len(packed) // MARK_BYTES}Q", packed)


def differing(sums: Iterable[int], theirs: bytes) -> tuple[int, ...]:
    """The buckets in which two views are not the same."""
    return tuple(n for n, (a, b) in enumerate(zip(sums, unpack_marks(theirs), strict=True)) if a != b)
