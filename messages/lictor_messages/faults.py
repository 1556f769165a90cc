"""Faults as data: rules on messages and disks, verbs on actors. The same records work live and in the world."""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import Message, Record

FAULTS_PATH = "/v1/internal/faults"
"""Where a cluster that was started for faults is asked for them over HTTP."""
ActorVerb = Literal["pause", "resume", "crash", "kill", "stop", "cut_power", "restart", "mend"]
Direction = Literal["to", "from", "both"]


class FaultRule(Record):
    """What happens to messages that match: applied once, at the sender.

    ``sources`` and ``targets`` name nodes (``n1.dc1``) or actors (``prober@n1.dc1``); empty means everyone. Messages
    that stay on one node match only where the actor itself is named: nodes and everyone mean what travels.
    ``groups`` instead splits nodes: a message from one group to another matches, in both directions or only towards
    later (``to``) or earlier (``from``) groups. ``kinds`` limits the rule to some messages, named or as globs
    (``raft.*``). Of the matching messages a share of ``probability`` is hit; ``correlation`` makes hits and jitter
    resemble the one before on the same link.
    """

    id: str
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    direction: Direction = "both"
    kinds: tuple[str, ...] = ()
    probability: float = 1.0
    correlation: float = 0.0
    effect: Literal["drop", "delay", "duplicate", "hold", "corrupt", "bandwidth"]
    delay_ns: int = 0
    jitter_ns: int = 0
    bytes_per_s: int = 0


class DiskRule(Record):
    """What a node's disk does as long as the rule is in force: each sync or write is hit with ``probability``."""

    id: str
    node: str
    effect: Literal["slow", "full", "error", "lie"]
    probability: float = 1.0
    latency_ns: int = 0
    """slow: how much longer a sync takes."""


class ClockRule(Record):
    """How a node's clocks are wrong as long as the rule is in force; several add up."""

    id: str
    node: str
    skew_ns: int = 0
    """Wall clock only."""
    drift_ppm: int = 0
    """Both clocks: millionths faster, or slower if negative."""


class SetRules(Message):
    """Replace the whole list of rules of a process."""

    rules: tuple[FaultRule, ...]
    disks: tuple[DiskRule, ...] = ()
    clocks: tuple[ClockRule, ...] = ()


class HandleActor(Message):
    """Do this to one actor, or to all actors of a node if ``role`` is empty.

    ``kill``, ``stop``, ``cut_power`` and ``mend`` are for whole nodes: its process dies; it ends in order; its machine
    loses power; it starts again if its disk has stopped it.
    """

    verb: ActorVerb
    node: str
    role: str = ""
    wipe: bool = False
    """restart: with an empty disk."""
    torn: bool = False
    """cut_power: of what was not synced a part may survive."""


class SpoilOnce(Message):
    """Do this to a node's machine once: nothing holds on, nothing heals."""

    node: str
    what: Literal["jump", "bit_flip"]
    by_ns: int = 0
    """jump: by how much the wall clock moves."""
