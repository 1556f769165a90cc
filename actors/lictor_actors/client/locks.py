"""A lock on a key, held for as long as a session is kept alive.

::

    async with client.lock("leader", "me") as lock:
        await write(..., fence=lock.fence)       # passed on to what is written elsewhere, to be compared there
        lock.check()                             # raises LockLost as soon as the lock can no longer be trusted

The cluster gives the lock to no other client before trust in it ends (see ``holding``), unless this node is found dead;
then the lock-delay, which should be no shorter than the TTL, takes its place.
"""

from __future__ import annotations

import asyncio

from lictor_actors.client import holding
from lictor_actors.client.durations import NS, Duration
from lictor_actors.client.holding import WATCH_S, Fence, Holding
from lictor_actors.client.spawning import Spawning
from lictor_messages.kv import Entries, Entry, GetKey


class AsyncLock(Holding):
    """One key's lock."""

    def __init__(
        self,
        client: Spawning,
        key: str,
        value: bytes | str,
        *,
        ttl: Duration,
        lock_delay: Duration,
        timeout: Duration | None,
    ) -> None:
        super().__init__(client, key, f"the lock on {key}", value, ttl=ttl, lock_delay=lock_delay, timeout=timeout)

    async def _contend(self) -> Fence | None:
        taken = await self._client.kv.acquire(self.key, self.session, self._value)
        found, index = await self._look()
        if taken and found is not None and found.session == self.session:
            return Fence(self.key, found.lock_index, self.session)
        if found is not None and found.session not in ("", self.session):
            await self._look(index, self._ttl)
        elif not taken:
            await asyncio.sleep(holding.RETRY_S)
        return None

    async def _still_held(self, fence: Fence, index: int) -> tuple[bool, int]:
        found, index = await self._look(index, WATCH_S)
        held = found is not None and (found.session, found.lock_index) == (fence.session, fence.lock_index)
        return held, index

    async def _give_back(self, fence: Fence) -> None:
        await self._client.kv.release(self.key, fence.session, self._value)

    async def _look(self, index: int = 0, wait_s: float = 0.0) -> tuple[Entry | None, int]:
        query = GetKey(key=self.key, min_index=index, wait_ns=round(wait_s * NS))
        answer = await self._client.ask(query, wait=wait_s * 17 / 16 if index else 0.0)
        assert isinstance(answer, Entries)
        return (answer.entries[0] if answer.entries else None), answer.index
