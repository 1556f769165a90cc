"""What hosts and actors say to each other: life, timers, disks, jobs, undeliverable mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from lictor_messages.base import WIRE, Message, Record
from lictor_messages.journal import JournalRecord

PoolLane = Literal["gossip", "wan"]
"""The lanes of gossip: that of the datacenter's own pool, and that of the servers of all datacenters."""


class Undeliverable(Message, kind="host.undeliverable", on=WIRE):
    """The bus knows that a request was not handed over: definite, it did not happen."""

    request: str
    target: str
    about: str
    """Kind of the message that was not delivered."""
    reason: str
    waiter: str = ""
    """Who waits for its answer, if that is not the poster: it passed on somebody else's request, and may have
    forgotten which."""

    @property
    def down(self) -> str:
        """Which actor is down and why, for a person; "" if something else kept the request from it."""
        what, _, why = self.reason.partition(": ")
        return f"{self.target} is down: {why}" if what == "actor_down" else ""


class Durable(Message):
    """Everything that this life persisted up to and including number ``upto`` is on disk."""

    upto: int


class Recovered(Message):
    """A batch of the actor's journal, delivered after ``start``; ``done`` marks the last batch."""

    records: tuple[JournalRecord, ...]
    done: bool


class Located(Message):
    """To ``host@node``: from now on this node is reached here (the directory is SWIM's member list)."""

    node: str
    gossip: str
    rest: str
    pool: PoolLane = "gossip"
    """Which pool says so, by its lane."""


class AllLocated(Message):
    """To ``host@node``: from now on all these are reached there, as ``Located`` by the datacenter's own pool."""

    lanes: Mapping[str, tuple[str, str]]
    """By node, the URLs of its lanes for gossip and for the rest. The nodes of a process share the mapping."""


class Forgotten(Message):
    """To ``host@node``: this pool has no address for the node any more."""

    node: str
    pool: PoolLane = "gossip"


class Redial(Message):
    """To ``host@node``: a probe of this node failed; close its pipes and dial afresh."""

    node: str


class DiskFull(Message):
    """The disk has no room for the journal; what was persisted waits, and so does everything that rests on it."""

    why: str


class DiskFreed(Message):
    """The disk has room again: all that waited is written."""


class LoopLagged(Message):
    """To the prober: the host itself was late by this much, so accusations are to be doubted."""

    lag_ns: int


class ActorSpec(Record):
    """What ``turn.spawn`` asks for: a child actor of this role, started with these options."""

    role: str
    options: Message | None = None


class NodeStopping(Message):
    """To ``host@node``: this node has left, or must not go on: shut it down."""

    why: str
    failed: bool = False
    """It is an error, and the process says so with its exit code."""
