"""Which level can do what. A verb that a level cannot do fails aloud, with the reason."""

from __future__ import annotations

from typing import Literal

from lictor_actors.faults.vocabulary import Verb

Level = Literal["world", "live", "agent"]
"""A simulated cluster; a local one, whose parent keeps its processes; a single agent that breaks only its own part."""

_ALONE = "nobody would start its process again; use `lictor dev`, or signals"
UNSUPPORTED: dict[Level, dict[str, str]] = {
    "world": {},
    "live": {},
    "agent": {
        "kill": _ALONE,
        "stop": _ALONE,
        "lose_unsynced": _ALONE,
        "torn_write": _ALONE,
        "bit_flip": "it would only notice when it reads its files again; use `lictor dev`",
        "lying_fsync": "only a power cut would show it, and nobody would start the agent again; use `lictor dev`",
    },
}


class UnsupportedFault(ValueError):
    """This level cannot do this."""

    def __init__(self, verb: str, level: Level, reason: str) -> None:
        super().__init__(f"{verb} cannot be done on {_KIND[level]}: {reason}")
        self.verb = verb
        self.level = level
        self.reason = reason


_KIND: dict[Level, str] = {"world": "a simulated cluster", "live": "a live cluster", "agent": "an agent of its own"}


def refuse_unsupported(verb: Verb, level: Level) -> None:
    """Raise UnsupportedFault if this level cannot do it."""
    reason = UNSUPPORTED[level].get(verb.name)
    if reason is not None:
        raise UnsupportedFault(verb.name, level, reason)
