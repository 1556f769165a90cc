"""What may be asked of an agent about joining; the joining itself is its prober's."""

from __future__ import annotations

from lictor_messages.members import Join
from lictor_messages.refusals import Refused

JOIN_MOST = 128
"""Addresses of one Join: each is dialled at once."""


def join_refused(join: Join) -> Refused | None:
    """What is wrong with it, None if nothing is."""
    if len(join.addresses) <= JOIN_MOST:
        return None
    text = f"addresses to join through: {JOIN_MOST} at most at a time, not {len(join.addresses)}"
    return Refused(code="BadRequest", text=text)
