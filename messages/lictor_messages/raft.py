"""Consensus between servers: Ongaro and Ousterhout's messages, and the timers that drive them.

``term`` is always the sender's own, except in a pre-vote, where it is the term that would be stood for.
"""

from __future__ import annotations

from typing import Annotated

from annotated_types import MaxLen, MinLen
from pydantic import Field

from lictor_messages.base import WIRE, Message
from lictor_messages.bounds import Checksum, Natural
from lictor_messages.secret import Opaque

PackedEntry = Annotated[bytes, MinLen(9)]
"""An entry without its index: term (8 bytes), type (1 byte), data. Its index follows from its place."""
Identity = Annotated[str, MaxLen(64)]
"""What tells a server's disk from an earlier one, in hexadecimal digits."""


class AppendEntries(Message, kind="raft.append_entries", on=WIRE):
    """The leader's log after ``prev_index``; without entries it is a heartbeat (section 5.3 of the paper)."""

    term: Natural
    leader: str
    prev_index: Natural
    prev_term: Natural
    entries: Annotated[tuple[PackedEntry, ...], Field(repr=False)] = ()
    commit: Natural
    round: Natural
    """Counts the leader's heartbeat rounds; the answer repeats it, and so proves leadership since then."""


class AppendAnswer(Message, kind="raft.append_answer", on=WIRE):
    """``ok``: everything up to ``match`` is durable here and equal to the leader's log.

    Not ok: the follower has no entry at ``match`` of the term that was asked for; the hint names the last place
    at which it may agree (the largest index whose term is not above the leader's).
    """

    term: Natural
    ok: bool
    match: Natural
    hint_index: Natural = 0
    hint_term: Natural = 0
    round: Natural
    newcomer: Identity = ""
    """Identity of a disk that no configuration knows yet: its server was new, or was wiped, and gives no votes."""


class InstallSnapshot(Message, kind="raft.install_snapshot", on=WIRE):
    """One chunk of the snapshot that stands for everything up to ``index`` (section 7 of the paper)."""

    term: Natural
    leader: str
    index: Natural
    last_term: Natural
    configuration_index: Natural
    configuration: bytes
    size: Natural
    checksum: Checksum
    """CRC-32 of the whole snapshot; with ``index`` and ``last_term`` it tells one snapshot from another."""
    offset: Natural
    data: Opaque


class SnapshotAnswer(Message, kind="raft.snapshot_answer", on=WIRE):
    """The follower has staged the snapshot up to ``offset`` and wants it from there. A whole one gets AppendAnswer."""

    term: Natural
    index: Natural
    offset: Natural


class RequestVote(Message, kind="raft.request_vote", on=WIRE):
    """A (pre-)candidate asks for a vote; ``transfer`` says that the leader itself told it to stand."""

    term: Natural
    pre: bool = False
    last_index: Natural
    last_term: Natural
    transfer: bool = False


class Vote(Message, kind="raft.vote", on=WIRE):
    """The answer to RequestVote; a granted pre-vote repeats the term asked for, a refusal says the voter's own."""

    term: Natural
    pre: bool = False
    granted: bool


class TimeoutNow(Message, kind="raft.timeout_now", on=WIRE):
    """From the leader to the server that it wants to be its successor: stand for election at once."""

    term: Natural


class ElectionDue(Message):
    """The election time-out may have passed without word from a leader."""


class HeartbeatDue(Message):
    """The leader's next round is due."""


RaftMessage = AppendEntries | AppendAnswer | InstallSnapshot | SnapshotAnswer | RequestVote | Vote | TimeoutNow
"""What servers say to each other."""
