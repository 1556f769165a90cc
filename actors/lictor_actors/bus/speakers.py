"""In whose name mail may come by a connection, where TLS is demanded: what its certificate says, or the lane alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lictor_messages.envelope import role_of


class Speaker(Protocol):
    """Who may be at the other end of a connection."""

    def forbids(self, source: str, target: str) -> str:
        """Why mail with these addresses may not come from there, in a word; "" if it may."""
        ...


class FrameSource:
    """One connection, or all those that an inlet does not tell apart."""

    speaker: Speaker | None = None
    """Who is at its other end; None: that is not asked."""


class OfLane:
    """All who reach a lane that has no certificates, that of gossip: what has a lane with certificates goes by that."""

    def __init__(self, demanded: Callable[[], bool], reached_here: Callable[[str], bool]) -> None:
        """``demanded``: whether the other lane asks for certificates. ``reached_here``: if a role's lane is this."""
        self._demanded = demanded
        self._reached_here = reached_here

    def forbids(self, source: str, target: str) -> str:
        """See ``Speaker``."""
        return "" if not self._demanded() or self._reached_here(role_of(target)) else "other_lane"
