"""The trace: one line per event and one hash over all of them.

``12.034510 server@n3.dc1 > server@n1.dc1 raft.append_entries term=4``: ``>`` sent, ``<`` delivered, ``=`` a note,
``~`` a timer's or the host's own message, ``!`` a fault. Times are seconds of the world. The same seed gives the
same hash on every machine; lines are made only for a listener.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from lictor_messages.base import Message
from lictor_messages.envelope import Envelope

Listener = Callable[[str], None]
LINE_MAX = 200


class Tap:
    """Sees events as they are, where a listener gets lines. It overrides what it is interested in."""

    def sent(self, time: int, number: int, envelope: Envelope, fate: str) -> None:
        """A message was posted; ``number`` (0 for one that stays on its node) comes back with each arrival."""

    def delivered(self, time: int, number: int, target: str) -> None:
        """The message of this number arrived at the node ``target``."""

    def due(self, time: int, who: str, body: Message) -> None:
        """A timer, a job or the host has something for an actor, whose turn comes next."""

    def note(self, time: int, who: str, event: str) -> None:
        """An actor said that something happened."""

    def fault(self, time: int, event: str) -> None:
        """A fault was injected or healed, or did its work."""


class Trace:
    """Hashes every event and writes a line for it if ``listener`` is there."""

    def __init__(self, listener: Listener | None = None) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._listener = listener
        self.events = 0
        self.taps: list[Tap] = []

    @property
    def digest(self) -> str:
        """The hash over all events so far."""
        return self._hash.hexdigest()

    def sent(self, time: int, e: Envelope, packed: bytes = b"", number: int = 0, fate: str = "") -> None:
        """A message was posted; ``packed`` is what goes over the wire, empty for one that stays on its node."""
        self._event(time, f"{e.source} > {e.target} {e.body.kind} {e.request}", e.body, packed)
        for tap in self.taps:
            tap.sent(time, number, e, fate)

    def delivered(self, time: int, e: Envelope, kind: type[Message], number: int, target: str) -> None:
        """A message from another node arrived, let in or not: then it has no body."""
        self._event(time, f"{e.target} < {e.source} {kind.kind} {e.request}", e.body)
        for tap in self.taps:
            tap.delivered(time, number, target)

    def due(self, time: int, who: str, body: Message) -> None:
        """A timer, a job or the host has something for an actor."""
        self._event(time, f"{who} ~ {body.kind}", body)
        for tap in self.taps:
            tap.due(time, who, body)

    def note(self, time: int, who: str, event: str) -> None:
        """An actor said that something happened."""
        self._event(time, f"{who} = {event}")
        for tap in self.taps:
            tap.note(time, who, event)

    def fault(self, time: int, event: str) -> None:
        """A fault was injected or healed, or did its work."""
        self._event(time, f"! {event}")
        for tap in self.taps:
            tap.fault(time, event)

    def _event(self, time: int, text: str, body: Message | None = None, packed: bytes = b"") -> None:
        self.events += 1
        self._hash.update(f"{time} {text}\n".encode())
        if packed:
            self._hash.update(packed)
        if self._listener is not None:
            detail = f" {details(body)}" if body is not None else ""
            self._listener(f"{time / 1e9:.6f} {text}{detail}"[:LINE_MAX])


def details(body: Message) -> str:
    """The short fields of a message: scalars as they are, lengths of tuples and bytes."""
    return " ".join(f"{name}={_short(value)}" for name, value in body if value not in ("", 0, None, (), b""))


def _short(value: object) -> str:
    if isinstance(value, tuple | bytes | dict):
        return f"#{len(value)}"
    return str(value) if isinstance(value, str | int | float) else type(value).__name__
