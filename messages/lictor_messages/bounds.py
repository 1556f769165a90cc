"""How large a number from another node may be: far more than any cluster comes to, far less than what breaks it.

A number of its own kind that another node says has to leave room for those that follow it. A term of 2^64-2 leaves
room for none: no server could ever stand again. So it is no number here, and a message with it is malformed.
"""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le, MaxLen
from pydantic import AfterValidator

HIGHEST = 2**62
"""The highest term, index, round, size or incarnation there is: at a million a second it takes 146,000 years."""

Natural = Annotated[int, Ge(0), Le(HIGHEST)]
"""A number that only grows, as another node says it."""
Checksum = Annotated[int, Ge(0), Le(2**32 - 1)]
"""A CRC-32."""
Fingerprint = Annotated[int, Ge(0), Le(2**64 - 1)]
"""Eight bytes of a hash."""
MARK_BYTES = 8
MARKS_MOST = 16_384
"""So many marks leave room in one frame for updates beside them."""


def _whole_marks(marks: bytes) -> bytes:
    if len(marks) % MARK_BYTES:
        raise ValueError(f"{len(marks)} bytes are not a whole number of marks")
    return marks


Marks = Annotated[bytes, MaxLen(MARK_BYTES * MARKS_MOST), AfterValidator(_whole_marks)]
"""Hashes of eight bytes each, one after the other."""
Port = Annotated[int, Ge(0), Le(2**16 - 1)]
"""A TCP or UDP port."""
INT64_MAX = 2**63 - 1
UINT64_MAX = 2**64 - 1
"""The largest whole numbers of Go's ``int64`` and ``uint64``: flags and indexes of Consul's API are unsigned."""
