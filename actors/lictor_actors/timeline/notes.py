"""What a line of an actor or of the faults means on the timeline: the same words stand in live logs and simulations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lictor_actors.timeline.record import Kind

_STARTS: tuple[tuple[str, Kind], ...] = (
    ("raft: stands for term", "election"),
    ("raft: leads term", "leader"),
    ("raft: no quorum answers", "leader"),
    ("raft: resigns", "leader"),
    ("leads no more", "leader"),
    ("suspects: ", "suspicion"),
    ("refutes: ", "refutation"),
    ("refuted: ", "refutation"),
    ("failed: ", "failure"),
    ("left: ", "failure"),
    ("crashed: ", "crash"),
    ("node down: ", "crash"),
)
SAID_TWICE = re.compile(r"leads term \d+$")
"""The server repeats what its Raft has just said."""
_FAULT = re.compile(r"(healed )?(f\d+) (.*)", re.S)


def kind_of(event: str) -> Kind | None:
    """The kind of an actor's note; None for one that only repeats another."""
    if SAID_TWICE.fullmatch(event):
        return None
    return next((kind for start, kind in _STARTS if event.startswith(start)), "note")


def fault_of(event: str) -> tuple[str, bool, str]:
    """(id, healed, words) of a line about a fault; the id is "" for what a fault does and for what heals by itself."""
    match = _FAULT.fullmatch(event)
    return (match[2], bool(match[1]), match[3]) if match else ("", False, event)


def named(text: str, nodes: Sequence[str]) -> list[str]:
    """The nodes that a text names, with or without their datacenter, alone or behind a role."""
    words = dict.fromkeys(re.split(r"[\s@,|>]+", text))
    return [node for node in nodes if node in words or node.partition(".")[0] in words]
