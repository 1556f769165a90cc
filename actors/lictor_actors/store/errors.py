"""What the store refuses to go on with."""

from __future__ import annotations

from lictor_messages.refusals import Refused


class UnknownCommand(Exception):
    """The log holds a command that this version does not know: applying the rest would let replicas drift apart.

    The server stops and names ``kind``.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(f"the log holds a command that this version does not know: {kind}")
        self.kind = kind


class QueryRefused(Exception):
    """A read that cannot be answered as asked, such as a bad filter. ``refusal`` is what to answer."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


class InvariantBroken(AssertionError):
    """The store contradicts itself; only ``Store.check`` raises this."""
