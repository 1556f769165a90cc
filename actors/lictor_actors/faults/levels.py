"""Which level can do what. A verb that a level cannot do fails aloud, with the reason."""

from __future__ import annotations

from typing import Literal

from lictor_actors.faults.vocabulary import Verb

Level = Literal["world", "live"]

_POWER = "the operating system keeps what a process wrote, only a machine loses it; use a simulated cluster"
UNSUPPORTED: dict[Level, dict[str, str]] = {
    "world": {},
    "live": {
        "lose_unsynced": _POWER,
        "torn_write": _POWER,
        "lying_fsync": _POWER,
        "bit_flip": "a live node would only notice when it reads its files again; use a simulated cluster",
    },
}


class UnsupportedFault(ValueError):
    """This level cannot do this."""

    def __init__(self, verb: str, level: Level, reason: str) -> None:
        super().__init__(f"{verb} cannot be done on a {_KIND[level]} cluster: {reason}")
        self.verb = verb
        self.level = level
        self.reason = reason


_KIND: dict[Level, str] = {"world": "simulated", "live": "live"}


def refuse_unsupported(verb: Verb, level: Level) -> None:
    """Raise UnsupportedFault if this level cannot do it."""
    reason = UNSUPPORTED[level].get(verb.name)
    if reason is not None:
        raise UnsupportedFault(verb.name, level, reason)
