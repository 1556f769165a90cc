"""Everything an actor can wish for. If this outgrows a page, something has leaked.

Not frozen: several are made for every message, and a frozen dataclass costs five times as much to make.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.host import ActorSpec
from lictor_messages.journal import JournalRecord


@dataclass(slots=True)
class Send:
    """Post this, once everything persisted before it is durable (at once if ``early``)."""

    envelope: Envelope
    early: bool
    after: int
    """Number of the last record that must be durable first."""


@dataclass(slots=True)
class Persist:
    """Append this record to the actor's stream of the node's journal; ``number`` counts within this life."""

    record: JournalRecord
    number: int


@dataclass(slots=True)
class SetTimer:
    """Deliver ``message`` to the actor itself ``after`` nanoseconds from now; replaces a timer of this name."""

    name: str
    after: int
    message: Message


@dataclass(slots=True)
class CancelTimer:
    """Forget the timer of this name, if there is one."""

    name: str


@dataclass(slots=True)
class RunJob:
    """Have the host do this slow or outside work; its result comes back as a message."""

    job: Message


@dataclass(slots=True)
class Spawn:
    """Start a child actor; it restarts when this actor does (rest_for_one), not the other way round."""

    spec: ActorSpec


@dataclass(slots=True)
class StopActor:
    """End this actor for good; ``why`` is for people."""

    why: str


@dataclass(slots=True)
class Note:
    """Something happened that the timeline should show."""

    event: str
    cause: str = ""
    """Of the request that it happened for."""


@dataclass(slots=True)
class Count:
    """One more of these: what an actor leaves undone has a name, too."""

    what: str


Effect = Send | Persist | SetTimer | CancelTimer | RunJob | Spawn | StopActor | Note | Count
