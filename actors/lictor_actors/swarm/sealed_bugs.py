"""Where to look for the bugs of sealed gossip: see ``planted``."""

from __future__ import annotations

from typing import Any

from lictor_actors.swarm.hunt import Planted
from lictor_actors.swarm.mutants import seals

SEALED: dict[str, Any] = {"sealed": True, "servers": 3, "agents": 2, "faults": ("kill", "partition")}
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
)
