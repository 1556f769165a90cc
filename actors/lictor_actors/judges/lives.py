"""No node lives twice at once: what started last under an identity is the only one that acts under it.

A node that moves from one machine to another must have ended there before it begins here, also if the first machine was
cut off and could not be asked. Judged on a recorded timeline, by what a node sent and said and not by what its hosts
say of it: a live node sends a probe every second, so a life that was not ended shows within a second.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

ACTS = ("message", "note", "election", "leader", "suspicion", "refutation", "failure", "crash")
"""Kinds of records that are a node's own doing."""
_BEGINS = re.compile(r"(starts|lives) as (\S*)")
"""What a host says of a node that it starts, and of one that it already has when the recording begins."""


class Deed(Protocol):
    """What the judge reads of a record of the timeline."""

    @property
    def t(self) -> float:
        """Seconds, by a clock that all machines agree on."""

    @property
    def node(self) -> str:
        """``name.dc``."""

    @property
    def kind(self) -> str:
        """One of ``ACTS`` if the node did it."""

    @property
    def what(self) -> str:
        """In words."""

    @property
    def process(self) -> str:
        """The process that carried the node when it did this."""


@dataclass(slots=True)
class NodeLife:
    """From the first to the last that was seen of it."""

    id: str
    """Its name where it has no other."""
    node: str
    process: str
    first: float
    last: float

    def __str__(self) -> str:
        return f"{self.node} in {self.process}, {self.first:.3f} to {self.last:.3f} s"


def lives_of(deeds: Iterable[Deed]) -> list[NodeLife]:
    """All lives, in the order in which they began. Raises ValueError for a node that acts before it is introduced."""
    lives: list[NodeLife] = []
    present: dict[tuple[str, str], NodeLife] = {}
    """By node and process."""
    for deed in sorted(deeds, key=lambda deed: deed.t):
        if not deed.process or deed.kind not in ACTS:
            continue
        begins = _BEGINS.fullmatch(deed.what)
        if begins:
            identity = begins[2] or deed.node
            lives.append(NodeLife(identity, deed.node, deed.process, deed.t, deed.t))
            present[deed.node, deed.process] = lives[-1]
        elif (deed.node, deed.process) in present:
            present[deed.node, deed.process].last = deed.t
        else:
            raise ValueError(f"{deed.node} acts in {deed.process} at {deed.t:.3f} s and never began there: {deed.what}")
    return lives


def judge_lives(deeds: Iterable[Deed]) -> list[str]:
    """A sentence for each life that went on when the next under its identity had begun; none if all is well."""
    by_id: dict[str, list[NodeLife]] = defaultdict(list)
    for life in lives_of(deeds):
        by_id[life.id].append(life)
    return [
        f"{identity} lives twice: {before} | {after}"
        for identity, lives in by_id.items()
        for before, after in pairwise(sorted(lives, key=lambda life: life.first))
        if before.last > after.first
    ]
