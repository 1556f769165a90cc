"""Which level can do what. A verb that a level cannot do fails aloud, with the reason."""

from __future__ import annotations

from typing import Literal

from lictor_actors.faults.verb import Verb

Level = Literal["world", "live", "agent"]
"""A simulated cluster; a local one, whose parent keeps its processes; a single agent that breaks only its own part."""
_KIND: dict[Level, str] = {"world": "a simulated cluster", "live": "a live cluster", "agent": "an agent of its own"}


class UnsupportedFault(ValueError):
    """This level cannot do this."""

    def __init__(self, verb: str, level: Level, reason: str) -> None:
        super().__init__(f"{verb} cannot be done on {_KIND[level]}: {reason}")
        self.verb = verb
        self.level = level
        self.reason = reason


def refuse_unsupported(verb: Verb, level: Level) -> None:
    """Raise UnsupportedFault if this level cannot do it."""
    if level == "agent" and verb.not_alone:
        raise UnsupportedFault(verb.name, level, verb.not_alone)
