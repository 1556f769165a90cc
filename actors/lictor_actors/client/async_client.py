"""The client actor for asyncio."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from lictor_actors.client.api import Everything
from lictor_actors.client.asking import ask_until
from lictor_actors.client.both import Ask, Async
from lictor_actors.client.connection import Connection
from lictor_actors.client.errors import LictorError, Unexpected
from lictor_actors.client.locks import AsyncLock
from lictor_actors.client.results import Rows
from lictor_actors.client.watching import Watching
from lictor_messages.base import Message

T = TypeVar("T")
TIMEOUT_S = 10.0
DOOR_PORT = 8304
DOOR_URL = f"tcp://127.0.0.1:{DOOR_PORT}"


class AsyncClient(Everything[Async]):
    """Talks to one agent's door; every question has a deadline and raises a LictorError if it fails.

    ``timeout`` is in seconds and holds for everything but the time that a blocking query is told to wait.
    ``cluster`` makes the door refuse if it belongs to another cluster.
    """

    def __init__(self, url: str = DOOR_URL, *, timeout: float = TIMEOUT_S, cluster: str = "") -> None:
        super().__init__(self._run_ask)
        self.timeout = timeout
        self._connection = Connection(url, cluster)
        self._name = secrets.token_hex(8)
        self._count = 0

    async def __aenter__(self) -> Self:
        try:
            await self._connection.connect(self.timeout)
        except BaseException:
            await self._connection.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up; what is still open raises ClientClosed."""
        await self._connection.close()

    async def ask(
        self,
        message: Message,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 (the retries share one deadline, so they must know it)
        wait: float = 0.0,
    ) -> Message:
        """Ask anything that an agent understands and return the answer as it came."""
        self._count += 1
        request = f"{self._name}.{self._count:x}"  # The same for all tries: a repeated write is recognised by it.

        async def once(within_s: float) -> Message:
            return await self._connection.ask(message, request, f"client@{self._name}", within_s)

        return await ask_until(message, once, self.timeout if timeout is None else timeout, wait)

    async def _run_ask(self, ask: Ask[T]) -> T:
        answer = await self.ask(ask.message, timeout=ask.timeout_s, wait=ask.wait_s)
        if not isinstance(answer, ask.expects):
            raise Unexpected(f"{ask.message.kind} was answered by {answer.kind}")
        return ask.unwrap(answer)

    def lock(
        self,
        key: str,
        value: bytes | str = b"",
        *,
        ttl: float = 15.0,
        lock_delay: float = 15.0,
        timeout: float | None = None,
    ) -> AsyncLock:
        """A lock for ``async with``: entering waits until it is held, at most ``timeout`` seconds (see ``locks``)."""
        return AsyncLock(self, key, value, ttl=ttl, lock_delay=lock_delay, timeout=timeout)

    async def watch(
        self, read: Callable[..., Awaitable[Rows[T]]], *args: Any, **options: Any
    ) -> AsyncIterator[Rows[T]]:
        """Yield the rows of a read now and after each change, for ever.

        ``async for rows in client.watch(client.health.service, "web", passing=True)``. Failures that may pass are
        waited out with back-off; an index that goes back (a restored snapshot) starts anew.
        """
        watching = Watching()
        while True:
            try:
                rows = await read(*args, index=watching.index, **options)
            except LictorError as e:
                await asyncio.sleep(watching.failed(e))
                continue
            if watching.changed(rows):
                yield rows


def connect(url: str = DOOR_URL, *, timeout: float = TIMEOUT_S, cluster: str = "") -> AsyncClient:
    """A client for ``async with``: entering it waits until the door answers, at most ``timeout`` seconds."""
    return AsyncClient(url, timeout=timeout, cluster=cluster)
