"""An election: candidates contend for one key's lock, and the holder leads (Consul's guide on leader elections).

::

    async with client.election("service/web/leader", "10.0.0.1:80") as election:
        await election.won()
        while election.is_leader:
            await work(election.fence)

A candidate that loses the lead stands again by itself.
"""

from __future__ import annotations

import asyncio
from typing import Self

from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import LictorError
from lictor_actors.client.holding import Fence
from lictor_actors.client.locks import AsyncLock
from lictor_actors.client.spawning import Spawning


class AsyncElection:
    """One candidate, which stands from the beginning of ``async with`` to its end."""

    def __init__(self, client: Spawning, key: str, value: bytes | str, *, ttl: Duration, lock_delay: Duration) -> None:
        self.key = key
        self._client = client
        self._lock = AsyncLock(client, key, value, ttl=ttl, lock_delay=lock_delay, timeout=None)
        self._standing: asyncio.Task[None] | None = None
        self._turned = asyncio.Event()
        """Set, and replaced by a new one, when this candidate has won or can stand no more."""
        self._error: LictorError | None = None

    async def __aenter__(self) -> Self:
        self._standing = self._client.spawn(self._stand())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._standing is not None:
            self._standing.cancel()
            await asyncio.wait((self._standing,))
        await self._lock.release()

    @property
    def is_leader(self) -> bool:
        """Whether this candidate can trust at this moment that it leads."""
        return self._lock.held

    @property
    def fence(self) -> Fence | None:
        """Which term of office this is, None without one. A later leader's is higher."""
        return self._lock.fence if self.is_leader else None

    def check(self) -> None:
        """Raises LockLost unless this candidate leads."""
        self._lock.check()

    async def won(self) -> Fence:
        """Wait until this candidate leads. Raises the refusal that keeps it from standing."""
        while not self.is_leader:
            if self._error is not None:
                raise self._error
            await self._turned.wait()
        assert self._lock.fence is not None
        return self._lock.fence

    async def lost(self) -> None:
        """Wait until the lead is lost; at once if there is none."""
        if self.is_leader:
            await self._lock.lost()

    async def leader(self) -> bytes | None:
        """The value of the candidate that leads, None if none does. ``client.watch(client.kv.get, key)`` follows it."""
        entry = await self._client.kv.get(self.key)
        return entry.value if entry is not None and entry.session else None

    async def _stand(self) -> None:
        try:
            while True:
                await self._lock.acquire()
                self._turn()
                await self._lock.lost()
        except LictorError as error:
            self._error = error
            self._turn()

    def _turn(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()
