"""Bugs of sealed gossip."""

from __future__ import annotations

from lictor_actors.bus import replays
from lictor_actors.bus.replays import Replays
from lictor_actors.bus.sealing import SealedPool, Sealing
from lictor_actors.swarm.patch import Patch


def remembers_no_numbers(patch: Patch) -> None:
    """A frame that comes again is heard again."""
    patch.set(replays._Life, "knows", lambda self, number: False)


def hears_what_was_sent_before_its_start(patch: Patch) -> None:
    """A process that starts anew takes all lives for new ones, whenever their frames were sent."""

    def refuses(self: Replays, life: bytes, number: int, stamp: int, wall: int, now: int) -> str:
        self._began = now - wall
        return told(self, life, number, stamp, wall, now)

    told = Replays.refuses
    patch.set(Replays, "refuses", refuses)


def forgets_the_lives_of_silent_peers(patch: Patch) -> None:
    """The memory is small, and what it has forgotten is new to it."""

    def forget(self: Replays, wall: int) -> None:
        while len(self._lives) > 1:
            del self._lives[next(iter(self._lives))]

    patch.set(Replays, "_forget", forget)


def hears_what_is_for_others(patch: Patch) -> None:
    """Mail that was sealed for another node is taken in."""

    def misfit(self: Sealing, pool: SealedPool, target: str) -> str:
        return ""

    patch.set(Sealing, "_misfit", misfit)
