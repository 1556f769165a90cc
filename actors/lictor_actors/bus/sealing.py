"""Frames of a process: plain ones, and sealed ones on the lanes of pools whose gossip is encrypted.

What a frame may carry follows from how it came. Mail for an actor of an encrypted pool comes sealed by a key of that
pool (unless ``encrypt_verify_incoming`` is off), on whichever lane; and sealed frames carry nothing else. An envelope
names its target, so mail that was sealed for another node is not heard here, and nor is a join to a place that is known
to be another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from lictor_actors.bus.frames import Framer, PlainFrames
from lictor_actors.bus.keyring import Keyring
from lictor_actors.bus.replays import Replays
from lictor_actors.bus.seal import STAMP, head_of, pool_mark, sealed, unsealed
from lictor_messages.codec import FrameRefused, is_sealed, parts_of, target_of
from lictor_messages.envelope import Envelope, datacenter_of, node_of, role_of
from lictor_messages.host import PoolLane


class Surroundings(Protocol):
    """What a process knows of itself and of others."""

    def lane_of(self, role: str) -> str:
        """By which lane mail for this role comes."""
        ...

    def hosts(self, node: str) -> bool:
        """Whether this node lives here."""
        ...

    def is_elsewhere(self, url: str) -> bool:
        """Whether another node than those of this process is known to live there."""
        ...

    def clocks(self) -> tuple[int, int]:
        """Wall clock and monotonic clock, in nanoseconds."""
        ...


class SealedPool:
    """One pool of this process, whose gossip is encrypted."""

    def __init__(self, lane: PoolLane, dc: str, keyring: Keyring, incoming: bool, outgoing: bool) -> None:
        """``incoming``: plain mail is refused; ``outgoing``: what is sent is sealed."""
        self.lane = lane
        self.name = pool_name(lane, dc)
        self.keyring = keyring
        self.incoming = incoming
        self.outgoing = outgoing


class Opened(NamedTuple):
    """A sealed frame that was opened and is new."""

    pool: SealedPool
    plain: bytes


class Sealing:
    """Makes and opens the frames of one process."""

    def __init__(self, cluster: bytes, around: Surroundings, count: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._plain = PlainFrames(cluster)
        self._around = around
        self._count = count
        self._pools: dict[bytes, SealedPool] = {}
        """By mark."""
        self._guarded: dict[str, SealedPool] = {}
        """By lane, where plain mail is refused."""
        self._life = b""
        self._number = 0
        self._replays = Replays(0)

    def begin(self, pool: SealedPool, draw: Callable[[int], bytes]) -> None:
        """From now on this pool's gossip is encrypted; ``draw`` gives unpredictable bytes."""
        if not self._pools:
            self._life, self._replays = draw(16), Replays(self._around.clocks()[1])
        self._pools[pool_mark(pool.name)] = pool
        if pool.incoming:
            self._guarded[pool.lane] = pool

    def pool(self, lane: PoolLane, dc: str) -> SealedPool | None:
        """That pool, if its gossip is encrypted."""
        return self._pools.get(pool_mark(pool_name(lane, dc)))

    # -- out -----------------------------------------------------------------

    def framer(self, envelope: Envelope) -> Framer:
        """See ``Framing``. An outbox, which has one lane and so one pool, asks once."""
        pool = self._pool_of(envelope) if self._pools else None
        if pool is None or not pool.outgoing:
            return self._plain.framed
        return lambda parts: self._seal(pool, parts)

    def _pool_of(self, envelope: Envelope) -> SealedPool | None:
        lane = self._around.lane_of(role_of(envelope.target))
        if lane == "rest":
            return None
        return self.pool("wan" if lane == "wan" else "gossip", datacenter_of(node_of(envelope.source)))

    def _seal(self, pool: SealedPool, parts: Iterable[bytes]) -> bytes:
        self._number += 1
        wall, _ = self._around.clocks()
        return sealed(self._cluster, pool.name, pool.keyring.primary, self._life, self._number, wall, parts)

    # -- in ------------------------------------------------------------------

    def opened(self, data: bytes) -> Iterator[bytes]:
        """See ``Framing``: those that may come in."""
        if not self._pools:
            return self._plain.opened(data)
        if is_sealed(data):
            opened = self._unseal(data)
            return self._for_pool(opened.pool, parts_of(opened.plain, STAMP.size, len(opened.plain)))
        parts = self._plain.opened(data)
        return self._not_for_pools(parts) if self._guarded else parts

    def _unseal(self, data: bytes) -> Opened:
        head = head_of(self._cluster, data)
        pool = self._pools.get(head.pool)
        if pool is None:
            raise FrameRefused("sealed_other_pool")
        keys = pool.keyring.named(head.key_id)
        if not keys:
            raise FrameRefused("sealed_unknown_key")
        found = next((found for key in keys if (found := unsealed(pool.name, key, head, data)) is not None), None)
        if found is None:
            raise FrameRefused("sealed_forged")
        stamp, plain = found
        why = self._replays.refuses(head.life, head.number, stamp, *self._around.clocks())
        if why:
            raise FrameRefused(f"sealed_{why}")
        return Opened(pool, plain)

    def _for_pool(self, pool: SealedPool, parts: Iterable[bytes]) -> Iterator[bytes]:
        for part in parts:
            why = self._misfit(pool, target_of(part))
            if why:
                self._count(f"sealed_{why}")
            else:
                yield part

    def _misfit(self, pool: SealedPool, target: str) -> str:
        if self._around.lane_of(role_of(target)) != pool.lane:
            return "other_lane"
        node = node_of(target)
        if "://" in node:
            return "elsewhere" if self._around.is_elsewhere(node) else ""
        return "" if self._around.hosts(node) else "elsewhere"

    def _not_for_pools(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        for part in parts:
            if self._around.lane_of(role_of(target_of(part))) in self._guarded:
                self._count("gossip_not_encrypted")
            else:
                yield part


def pool_name(lane: PoolLane, dc: str) -> str:
    """One datacenter's pool, or that of all of them: what was sealed for one is nothing in another."""
    return "wan" if lane == "wan" else f"lan {dc}"
