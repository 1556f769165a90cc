"""The client actor for asyncio."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, ParamSpec, Protocol, Self, TypeVar, Unpack

from lictor_actors.client.api import Everything
from lictor_actors.client.asking import ask_until
from lictor_actors.client.both import Ask, Async, new_id
from lictor_actors.client.connection import Connection
from lictor_actors.client.credentials import ChannelCredentials, ClientSecurity
from lictor_actors.client.durations import Duration, seconds
from lictor_actors.client.errors import InvalidArgument, LictorError, Unexpected
from lictor_actors.client.locks import AsyncLock
from lictor_actors.client.watching import Watching, index_of
from lictor_messages.base import Message

P = ParamSpec("P")
T = TypeVar("T")
TIMEOUT_S = 10.0
DOOR_PORT = 8304
DOOR_URL = f"tcp://127.0.0.1:{DOOR_PORT}"


class Link(Protocol):
    """How a client reaches its agent: ``Connection`` over sockets, another one in the simulator."""

    async def ask(self, message: Message, request: str, source: str, within_s: float) -> Message:
        """Send one request and return its answer; raises LictorError."""

    async def connect(self, within_s: float) -> None:
        """Wait until the agent answers; raises ConnectionFailed."""

    async def close(self) -> None:
        """End what is open and hang up."""


class AsyncClient(Everything[Async]):
    """Talks to one agent's door; every question has a deadline and raises a LictorError if it fails.

    ``timeout`` (seconds, or a text such as ``"1m"``) holds for everything but the time that a blocking query is told
    to wait. ``cluster`` makes the door refuse if it belongs to another cluster. ``security``: token and certificates.
    """

    def __init__(
        self,
        url: str = DOOR_URL,
        *,
        timeout: Duration = TIMEOUT_S,
        cluster: str = "",
        **security: Unpack[ClientSecurity],
    ) -> None:
        if not isinstance(url, str):
            raise InvalidArgument(f"url is {url!r}: write tcp://HOST:8304")
        self._begin(
            Connection(url, cluster, ChannelCredentials(url, **security)),
            timeout,
            secrets.token_hex(8),
            random.Random(),
            new_id,
        )

    @classmethod
    def over(
        cls, link: Link, timeout: Duration, name: str, rng: random.Random, make_id: Callable[[], str]
    ) -> AsyncClient:
        """A client that reaches its agent by ``link``, draws back-off from ``rng`` and is called ``name`` there."""
        client = cls.__new__(cls)
        client._begin(link, timeout, name, rng, make_id)
        return client

    def _begin(self, link: Link, timeout: Duration, name: str, rng: random.Random, make_id: Callable[[], str]) -> None:
        super().__init__(self._run_ask, make_id)
        self.timeout = seconds(timeout, "timeout")
        self._link = link
        self._name = name
        self._rng = rng
        self._process = os.getpid()
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        """What runs beside the questions: a lock's renewals."""

    async def __aenter__(self) -> Self:
        try:
            await self._link.connect(self.timeout)
        except BaseException:
            await self._link.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up; what is still open raises ClientClosed, and locks are not renewed any more."""
        loop = asyncio.get_running_loop()
        ours = [task for task in self._tasks if task.get_loop() is loop]
        for task in ours:
            task.cancel()
        await self._link.close()
        if ours:
            await asyncio.wait(ours)

    def spawn(self, what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside the questions until it ends or the client is closed."""
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def ask(
        self,
        message: Message,
        *,
        timeout: Duration | None = None,  # noqa: ASYNC109 (the retries share one deadline, so they must know it)
        wait: Duration = 0.0,
    ) -> Message:
        """Ask anything that an agent understands and return the answer as it came."""
        request = self._next_request()  # The same for all tries: a repeated write is recognised by it.

        async def once(within_s: float) -> Message:
            return await self._link.ask(message, request, f"client@{self._name}", within_s)

        within_s = self.timeout if timeout is None else seconds(timeout, "timeout")
        return await ask_until(message, once, within_s, seconds(wait, "wait"), self._rng)

    def _next_request(self) -> str:
        if self._process != os.getpid():  # after a fork, parent and child must not both count on from here
            self._process, self._name, self._rng = os.getpid(), secrets.token_hex(8), random.Random()
        self._count += 1
        return f"{self._name}.{self._count:x}"

    async def _run_ask(self, ask: Ask[T]) -> T:
        return ask.unwrap(await self._answer(ask))

    async def _answer(self, ask: Ask[Any]) -> Message:
        answer = await self.ask(ask.message, timeout=ask.timeout_s, wait=ask.wait_s)
        if not isinstance(answer, ask.expects):
            raise Unexpected(f"{ask.message.kind} was answered by {answer.kind}")
        return answer

    def lock(
        self,
        key: str,
        value: bytes | str = b"",
        *,
        ttl: Duration = 15.0,
        lock_delay: Duration = 15.0,
        timeout: Duration | None = None,
    ) -> AsyncLock:
        """A lock for ``async with``: entering waits until it is held, at most ``timeout`` (see ``locks``)."""
        return AsyncLock(self, key, value, ttl=ttl, lock_delay=lock_delay, timeout=timeout)

    async def watch(self, read: Callable[P, Awaitable[T]], *args: P.args, **options: P.kwargs) -> AsyncIterator[T]:
        """Yield what a read returns, now and after each change, for ever.

        ``async for rows in client.watch(client.health.service, "web", passing=True)``, or of one key, which is None
        while it does not exist: ``async for entry in client.watch(client.kv.get, "app/config")``. Failures that may
        pass are waited out with back-off; an index that goes back (a restored snapshot) starts anew.
        """
        watching: Watching[T] = Watching(read, args, options)
        while True:
            yield await self._next_change(watching)

    async def _next_change(self, watching: Watching[T]) -> T:
        while True:
            ask = watching.question()
            try:
                answer = await self._answer(ask)
            except LictorError as error:
                await asyncio.sleep(watching.failed(error))
                continue
            if watching.changed(index_of(answer)):
                return ask.unwrap(answer)


def connect(
    url: str = DOOR_URL, *, timeout: Duration = TIMEOUT_S, cluster: str = "", **security: Unpack[ClientSecurity]
) -> AsyncClient:
    """A client for ``async with``: entering it waits until the door answers, at most ``timeout``."""
    return AsyncClient(url, timeout=timeout, cluster=cluster, **security)
