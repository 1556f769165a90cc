"""The keyrings of a process: begun with its nodes, kept where these have a place for them, changed as probers ask.

Nodes of one process share their lanes, and so the keyring of a pool.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from lictor_actors.bus.keyring import KeyRefused, Keyring, key_id, read_key, written
from lictor_actors.bus.sealing import SealedPool, Sealing
from lictor_messages.envelope import datacenter_of
from lictor_messages.host import PoolLane
from lictor_messages.keyring import ChangeKeyring, GossipEncryption, KeyringChanged

EMPTY = "Keyring is empty (encryption not enabled)"
NOTHING_TO_MODIFY = "No keyring to modify (encryption not enabled)"
log = logging.getLogger("lictor")


class KeyringKeeper(Protocol):
    """Where keyrings outlive a process."""

    def load(self, lane: PoolLane) -> Sequence[str]:
        """The keys in base64, the primary one first; none if none are kept. Raises OSError."""
        ...

    def keep(self, lane: PoolLane, keys: Sequence[str]) -> None:
        """Keep these instead; raises OSError if that is not done."""
        ...


class NoKeeper:
    """Of a node that keeps its keys in memory alone."""

    def load(self, lane: PoolLane) -> Sequence[str]:
        """Nothing."""
        return ()

    def keep(self, lane: PoolLane, keys: Sequence[str]) -> None:
        """Nothing to do."""


class Keyrings:
    """Puts keys in force, and says why it does not."""

    def __init__(self, sealing: Sealing, warn: Callable[..., None] = log.warning) -> None:
        self._sealing = sealing
        self._warn = warn
        self._keepers: dict[str, list[KeyringKeeper]] = {}

    def begin(
        self,
        node: str,
        lanes: Sequence[PoolLane],
        encryption: GossipEncryption | None,
        keeper: KeyringKeeper,
        draw: Callable[[int], bytes],
    ) -> None:
        """This node is in these pools. Raises OSError for a keyring that is none, or cannot be kept."""
        if encryption is None:
            return
        dc = datacenter_of(node)
        for lane in lanes:
            kept = keeper.load(lane)
            keyring = _read(lane, kept or (encryption.key,))
            if kept and encryption.key and read_key(encryption.key) != keyring.primary:
                self._warn("the keyring file of pool %s goes before the key of 'encrypt', which is another", lane)
            if not kept:
                keeper.keep(lane, _texts(keyring))
            known = self._sealing.pool(lane, dc)
            if known is None:
                known = SealedPool(lane, dc, keyring, encryption.verify_incoming, encryption.verify_outgoing)
                self._sealing.begin(known, draw)
            self._keepers.setdefault(known.name, []).append(keeper)

    def change(self, node: str, asked: ChangeKeyring) -> KeyringChanged:
        """Do it, unless that is not possible: kept first, then in force."""
        pool = self._sealing.pool(asked.pool, datacenter_of(node))
        if pool is None:
            return KeyringChanged(pool=asked.pool, error=EMPTY if asked.verb == "list" else NOTHING_TO_MODIFY)
        try:
            keyring = pool.keyring.changed(asked.verb, asked.key)
            if keyring.keys != pool.keyring.keys:
                for keeper in self._keepers[pool.name]:
                    keeper.keep(asked.pool, _texts(keyring))
                pool.keyring = keyring
            error = ""
        except (KeyRefused, OSError) as refused:
            error = str(refused)
        now = pool.keyring
        return KeyringChanged(pool=asked.pool, error=error, keys=_texts(now), key_id=key_id(now.primary).hex())


def _read(lane: PoolLane, keys: Sequence[str]) -> Keyring:
    try:
        return Keyring(map(read_key, keys))
    except KeyRefused as refused:
        raise OSError(f"the keyring of pool {lane} has a key that is none: {refused}") from None


def _texts(keyring: Keyring) -> tuple[str, ...]:
    return tuple(map(written, keyring.keys))
