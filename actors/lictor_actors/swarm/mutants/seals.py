"""Bugs of sealed gossip."""

from __future__ import annotations

from lictor_actors.bus import replays
from lictor_actors.bus.keyring import Keyring
from lictor_actors.bus.replays import Replays
from lictor_actors.bus.sealing import SealedPool, Sealing
from lictor_actors.hosts.world.sealed import KeptKeyrings
from lictor_actors.swarm.patch import Patch
from lictor_messages.keyring import KeyringVerb


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


def uses_a_key_when_it_is_installed(patch: Patch) -> None:
    """The first step of a rotation is the second one, too."""

    def change(self: Keyring, verb: KeyringVerb, key: bytes) -> Keyring:
        after = changed(self, verb, key)
        return Keyring((key, *after.keys)) if verb == "install" else after

    changed = Keyring.changed
    patch.set(Keyring, "changed", change)


def forgets_the_old_key_when_another_is_used(patch: Patch) -> None:
    """The second step of a rotation is the third one, too."""

    def change(self: Keyring, verb: KeyringVerb, key: bytes) -> Keyring:
        after = changed(self, verb, key)
        return Keyring((key,)) if verb == "use" else after

    changed = Keyring.changed
    patch.set(Keyring, "changed", change)


def keeps_no_keys(patch: Patch) -> None:
    """A node that starts again has the key of its configuration."""
    patch.set(KeptKeyrings, "load", lambda self, lane: ())
