"""A lock on a key, held for as long as a session is kept alive.

::

    async with client.lock("leader", "me") as lock:
        await write(..., fence=lock.fence)       # whoever writes elsewhere passes the fence on, to be compared there
        lock.check()                             # raises LockLost as soon as the lock can no longer be trusted

The session is made when it is first needed and renewed thrice per TTL, also through changes of leader. The lock is
trusted until one TTL after the last renewal that was *sent* and answered: the cluster never gives it to anybody else
sooner, unless this node is found dead; then the lock-delay, which should be no shorter than the TTL, takes its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import NamedTuple, Self

from lictor_actors.client.durations import NS, Duration, seconds
from lictor_actors.client.errors import BadRequest, LictorError, Timeout
from lictor_actors.client.spawning import Spawning
from lictor_messages.kv import Entries, Entry, GetKey

RENEWALS = 3
"""How often a session is renewed in each TTL."""
WATCH_S = 60.0
RETRY_S = 1.0
"""Between tries for a key that is free and shunned for its lock-delay, and after a failure that may pass."""


class LockLost(LictorError):
    """The lock was held, and is not, or may not be, any more."""


class Fence(NamedTuple):
    """Names one acquisition. A later one of the same key has a higher ``lock_index``, as long as the key lives on."""

    key: str
    lock_index: int
    session: str


class AsyncLock:
    """One key's lock; may be taken again after it was released or lost."""

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
        self.key = key
        self.fence: Fence | None = None
        """Which acquisition this is, None while the lock is not held."""
        self.session = ""
        self._client = client
        self._value = value
        self._ttl = seconds(ttl, "ttl")
        self._lock_delay = seconds(lock_delay, "lock_delay")
        self._timeout = None if timeout is None else seconds(timeout, "timeout")
        self._process = os.getpid()
        self._trusted_until = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._lost = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()

    @property
    def held(self) -> bool:
        """Whether the lock can be trusted at this moment."""
        return self.fence is not None and not self._lost.is_set() and self._process == os.getpid()

    def check(self) -> None:
        """Raises LockLost unless the lock is held."""
        if not self.held:
            raise LockLost(f"the lock on {self.key} is not held any more")

    async def lost(self) -> None:
        """Wait until the lock is lost."""
        await self._lost.wait()

    async def acquire(self) -> Fence:
        """Wait for the lock. Raises Timeout after the lock's ``timeout``, and whatever refusal will not pass."""
        if self.fence is not None:
            if self.held:
                return self.fence
            await self.release()
        try:
            async with asyncio.timeout(self._timeout):
                while self.fence is None:
                    async with _patience():
                        await self._try()
        except TimeoutError:
            await self.release()
            raise Timeout(f"the lock on {self.key} was not free within {self._timeout} s") from None
        except BaseException:
            await self.release()
            raise
        self._tasks.append(self._client.spawn(self._watch(self.fence)))
        return self.fence

    async def release(self) -> None:
        """Give the lock back, without a lock-delay, and end the session. A child after ``fork`` has none to give."""
        if self._process != os.getpid():
            return
        for task in self._tasks:
            task.cancel()
        fence, session = self.fence, self.session
        self._tasks, self.fence, self.session = [], None, ""
        if fence is not None:
            with contextlib.suppress(LictorError):
                await self._client.kv.release(self.key, fence.session, self._value)
        if session:
            with contextlib.suppress(LictorError):
                await self._client.session.destroy(session)

    async def _try(self) -> None:
        """One try; then wait until another one is worth it."""
        if not self.session:
            await self._open()
        try:
            taken = await self._client.kv.acquire(self.key, self.session, self._value)
        except BadRequest:
            if await self._client.session.info(self.session) is not None:
                raise
            self._forget_session()
            return
        found, index = await self._look()
        if taken and found is not None and found.session == self.session and self._trusted():
            self.fence = Fence(self.key, found.lock_index, self.session)
        elif found is not None and found.session not in ("", self.session):
            await self._look(index, self._ttl)
        elif not taken:
            await asyncio.sleep(RETRY_S)

    async def _open(self) -> None:
        sent = _now()
        self.session = await self._client.session.create(f"lock {self.key}", ttl=self._ttl, lock_delay=self._lock_delay)
        self._trusted_until = sent + self._ttl
        self._lost.clear()
        self._tasks.append(self._client.spawn(self._keep(self.session)))

    def _forget_session(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks, self.session = [], ""

    async def _keep(self, session: str) -> None:
        """Renew the session until it is gone, or until nobody has confirmed for a TTL that it is not."""
        while self._trusted():
            await asyncio.sleep(self._ttl / RENEWALS)
            sent = _now()
            with contextlib.suppress(LictorError, TimeoutError):
                async with asyncio.timeout_at(max(self._trusted_until, sent)):
                    if await self._client.session.renew(session) is None:
                        break
                self._trusted_until = sent + self._ttl
        self._lost.set()

    async def _watch(self, fence: Fence) -> None:
        """The lock may also be taken away by whoever deletes the key or ends the session."""
        index = 0
        while not self._lost.is_set():
            try:
                async with _patience():
                    found, index = await self._look(index, WATCH_S)
                    if found is None or (found.session, found.lock_index) != (fence.session, fence.lock_index):
                        self._lost.set()
            except LictorError:
                self._lost.set()

    async def _look(self, index: int = 0, wait_s: float = 0.0) -> tuple[Entry | None, int]:
        query = GetKey(key=self.key, min_index=index, wait_ns=round(wait_s * NS))
        answer = await self._client.ask(query, wait=wait_s * 17 / 16 if index else 0.0)
        assert isinstance(answer, Entries)
        return (answer.entries[0] if answer.entries else None), answer.index

    def _trusted(self) -> bool:
        return _now() < self._trusted_until


@contextlib.asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    """A failure that may pass costs a moment; any other is raised."""
    try:
        yield
    except LictorError as error:
        if not error.passing:
            raise
        await asyncio.sleep(RETRY_S)


def _now() -> float:
    return asyncio.get_running_loop().time()
