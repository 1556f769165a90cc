"""Where to look for the bugs of sealed gossip: see ``planted``."""

from __future__ import annotations

from typing import Any

from lictor_actors.swarm.hunt import Planted
from lictor_actors.swarm.mutants import seals

SEALED: dict[str, Any] = {"sealed": True, "servers": 3, "agents": 2, "faults": ("kill", "partition")}
ROTATED: dict[str, Any] = {
    **SEALED,
    "rotates": True,
    "clients": 1,
    "faults": ("kill", "cut", "isolate"),
    "every_s": 3.0,
    "lasts_s": 2.0,
}
LOST = "a rotation lost frames"
HEARD_AGAIN = "HeardAgain"
SEALED_BUGS = (
    Planted("a sealed frame is heard twice", seals.remembers_no_numbers, HEARD_AGAIN, known=1, plan=SEALED),
    Planted(
        "a sealed frame of before a restart is heard",
        seals.hears_what_was_sent_before_its_start,
        HEARD_AGAIN,
        known=1,
        plan=SEALED,
    ),
    Planted(
        "a sealed frame of a forgotten life is heard",
        seals.forgets_the_lives_of_silent_peers,
        HEARD_AGAIN,
        known=1,
        plan=SEALED,
    ),
    Planted("a frame that was sealed for another", seals.hears_what_is_for_others, HEARD_AGAIN, known=1, plan=SEALED),
    Planted("a key is used when it is installed", seals.uses_a_key_when_it_is_installed, LOST, 1, 30.0, plan=ROTATED),
    Planted(
        "the old key is gone when another is used",
        seals.forgets_the_old_key_when_another_is_used,
        LOST,
        1,
        30.0,
        plan=ROTATED,
    ),
    Planted("a node forgets the keys that it was given", seals.keeps_no_keys, LOST, 1, 30.0, plan=ROTATED),
)
