"""What is held for as long as a session is kept alive: a lock, a place in a semaphore.

The session is made when it is first needed and renewed thrice per TTL, also through changes of leader. What is held is
trusted until one TTL after the last renewal that was *sent* and answered: the session never ends sooner, unless one of
its checks ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple, Self

from lictor_actors.client.durations import Duration, seconds
from lictor_actors.client.errors import BadRequest, LictorError, Timeout
from lictor_actors.client.sessions import Behavior
from lictor_actors.client.spawning import Spawning
from lictor_messages.catalog import SERF_HEALTH

RENEWALS = 3
"""How often a session is renewed in each TTL."""
WATCH_S = 60.0
RETRY_S = 1.0
"""Between tries for a key that is free and shunned for its lock-delay, and after a failure that may pass."""


class LockLost(LictorError):
    """A lock, a place in a semaphore or the leadership was held, and is not, or may not be, any more."""


class Fence(NamedTuple):
    """Names one acquisition. A later one of the same key has a higher ``lock_index``, as long as the key lives on."""

    key: str
    lock_index: int
    session: str


class Holding(ABC):
    """One thing that is taken, kept and given back; it may be taken again after it was released or lost."""

    behavior: Behavior = "release"
    """What becomes of the session's keys when it ends."""
    node_checks: Sequence[str] = (SERF_HEALTH,)
    """Checks that end the session when they turn critical."""

    def __init__(
        self,
        client: Spawning,
        key: str,
        words: str,
        value: bytes | str,
        *,
        ttl: Duration,
        lock_delay: Duration,
        timeout: Duration | None,
    ) -> None:
        self.key = key
        self.fence: Fence | None = None
        """Which acquisition this is, None while nothing is held."""
        self.session = ""
        self._client = client
        self._words = words
        """What is held, for errors."""
        self._value = value
        self._ttl = seconds(ttl, "ttl")
        self._lock_delay = seconds(lock_delay, "lock_delay")
        self._timeout = None if timeout is None else seconds(timeout, "timeout")
        self._process = os.getpid()
        self._clock: Callable[[], float]
        """Of the client's loop; any thread may read it."""
        self._trusted_until = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._lost = asyncio.Event()

    @abstractmethod
    async def _contend(self) -> Fence | None:
        """One try in the session; None once another one is worth it. Raises BadRequest if the session is gone."""

    @abstractmethod
    async def _still_held(self, fence: Fence, index: int) -> tuple[bool, int]:
        """Whether it is, once that may have changed since ``index``, and the index of this answer."""

    @abstractmethod
    async def _give_back(self, fence: Fence) -> None:
        """Let others have it at once."""

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()

    @property
    def held(self) -> bool:
        """Whether it can be trusted to be held at this moment."""
        return self.fence is not None and not self._lost.is_set() and self._process == os.getpid() and self._trusted()

    def check(self) -> None:
        """Raises LockLost unless it is held."""
        if not self.held:
            raise LockLost(f"{self._words} is not held any more")

    async def lost(self) -> None:
        """Wait until it is lost."""
        await self._lost.wait()

    async def acquire(self) -> Fence:
        """Wait until it is held. Raises Timeout after its own ``timeout``, and every refusal that will not pass."""
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
            raise Timeout(f"{self._words} was not free within {self._timeout} s") from None
        except BaseException:
            await self.release()
            raise
        self._tasks.append(self._client.spawn(self._watch(self.fence)))
        return self.fence

    async def release(self) -> None:
        """Give it back, without a lock-delay, and end the session. A child after ``fork`` has nothing to give."""
        if self._process != os.getpid():
            return
        for task in self._tasks:
            task.cancel()
        fence, session = self.fence, self.session
        self._tasks, self.fence, self.session = [], None, ""
        if fence is not None:
            with contextlib.suppress(LictorError):
                await self._give_back(fence)
        if session:
            await self._destroy(session)

    async def _end_session(self) -> None:
        session = self.session
        self._forget_session()
        await self._destroy(session)

    async def _destroy(self, session: str) -> None:
        with contextlib.suppress(LictorError):  # it ends by itself, too
            await self._client.session.destroy(session)

    async def _try(self) -> None:
        if not self.session:
            await self._open()
        try:
            fence = await self._contend()
        except BadRequest:
            if await self._client.session.info(self.session) is not None:
                raise
            self._forget_session()
            return
        if not self._trusted():  # no renewal was answered for a TTL: it may be over, and what it took with it
            await self._end_session()
        elif fence is not None:
            self.fence = fence

    async def _open(self) -> None:
        self._clock = asyncio.get_running_loop().time
        sent = self._clock()
        self.session = await self._client.session.create(
            self._words,
            ttl=self._ttl,
            lock_delay=self._lock_delay,
            behavior=self.behavior,
            node_checks=self.node_checks,
        )
        self._trusted_until = sent + self._ttl
        self._lost.clear()
        self._tasks.append(self._client.spawn(self._keep(self.session)))

    def _forget_session(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks, self.session = [], ""

    async def _keep(self, session: str) -> None:
        """Renew the session until it is gone, or until no answer has confirmed for a TTL that it is not."""
        while self._trusted():
            await asyncio.sleep(self._ttl / RENEWALS)
            sent = self._clock()
            with contextlib.suppress(LictorError, TimeoutError):
                async with asyncio.timeout_at(max(self._trusted_until, sent)):
                    if await self._client.session.renew(session) is None:
                        break
                self._trusted_until = sent + self._ttl
        self._lost.set()

    async def _watch(self, fence: Fence) -> None:
        """It may also be taken away: by an end of the session, or by a write to its keys."""
        index = 0
        while not self._lost.is_set():
            try:
                async with _patience():
                    held, index = await self._still_held(fence, index)
                    if not held:
                        self._lost.set()
            except LictorError:
                self._lost.set()

    def _trusted(self) -> bool:
        return self._clock() < self._trusted_until


@contextlib.asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    """A failure that may pass costs a moment; any other is raised."""
    try:
        yield
    except LictorError as error:
        if not error.passing:
            raise
        await asyncio.sleep(RETRY_S)
