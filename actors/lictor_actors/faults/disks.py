"""Verbs on a node's disk: rules on syncs and writes, power cuts, and bits that flip."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from lictor_actors.faults.nodes import ALONE, DownVerb, NodeVerb
from lictor_actors.faults.verb import Share, Span
from lictor_actors.faults.writing import Aim, Names, Writing, deed, ns
from lictor_messages.faults import DiskRule, SpoilOnce

HIT = "Share that is hit, 0 to 1"


class DiskVerb(NodeVerb):
    """A fault that a disk's rule holds in force."""

    stops: ClassVar[bool] = False
    """It ends servers, which healing starts again."""

    def rule(self) -> dict[str, Any]:
        """What the disk does."""
        raise NotImplementedError

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        undo = tuple(deed("mend", name) for name in chosen) if self.stops else ()
        return Writing(told, disks=tuple(DiskRule(id=aim.id, node=n, **self.rule()) for n in chosen), undo=undo)


class SlowDisk(DiskVerb):
    """A share of the syncs takes so much longer."""

    example = "leader -fsync 200ms -probability 0.5"

    fsync_s: Annotated[Span, Field(alias="fsync", description="How much longer")] = 0.4
    probability: Annotated[Share, Field(description=HIT)] = 1.0

    def rule(self) -> dict[str, Any]:
        """See ``DiskVerb``."""
        return {"effect": "slow", "latency_ns": ns(self.fsync_s), "probability": self.probability}


class FullDisk(DiskVerb):
    """No file grows any more: a server that needs room acknowledges nothing until healing, and a leader gives way."""

    example = "server-1"
    stops = True

    def rule(self) -> dict[str, Any]:
        """See ``DiskVerb``."""
        return {"effect": "full"}


class IoError(DiskVerb):
    """A share of the writes and syncs fails: a server stops at the first; healing starts it again."""

    example = "leader"
    stops = True

    probability: Annotated[Share, Field(description=HIT)] = 1.0

    def rule(self) -> dict[str, Any]:
        """See ``DiskVerb``."""
        return {"effect": "error", "probability": self.probability}


class LoseUnsynced(DownVerb):
    """Power cut: nothing survives that was not synced; healing starts the node with what its disk holds."""

    example = "leader -for 5s"
    not_alone = ALONE
    does = "cut_power"


class TornWrite(DownVerb):
    """Power cut in the middle of writing: of what was not synced any part survives, torn at any sector."""

    example = "leader -for 5s"
    not_alone = ALONE
    does = "cut_power"

    def how(self) -> dict[str, bool]:
        """See ``DeedVerb``."""
        return {"torn": True}


class BitFlip(NodeVerb):
    """One bit somewhere in the node's files changes behind everyone's back."""

    example = "follower"
    lasts = False
    not_alone = "it would only notice when it reads its files again; use `lictor dev`"

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        return Writing(told, now=tuple(SpoilOnce(node=n, what="bit_flip") for n in chosen))


class LyingFsync(DiskVerb):
    """Syncs return and nothing is durable: a power cut meanwhile loses what was promised."""

    example = "server-1 -for 30s"
    not_alone = "only a power cut would show it, and nobody would start the agent again; use `lictor dev`"

    def rule(self) -> dict[str, Any]:
        """See ``DiskVerb``."""
        return {"effect": "lie"}
