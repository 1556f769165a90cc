"""The client actor for asyncio."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, Unpack

from lictor_actors.client.access import AccessOptions
from lictor_actors.client.asking import ask_until, is_repeatable
from lictor_actors.client.both import Ask, new_id
from lictor_actors.client.durations import Duration, seconds
from lictor_actors.client.errors import LictorError, Unexpected
from lictor_actors.client.links import Link, link_to
from lictor_actors.client.scoped import Scopes
from lictor_actors.client.spawning import Spawning
from lictor_actors.client.watching import Watching, index_of
from lictor_messages.base import Message

if TYPE_CHECKING:
    from lictor_actors.client.registering import AsyncRegistration, ServiceOptions
    from lictor_actors.client.resolving import Pick, Resolved, ResolveOptions, Resolver
    from lictor_actors.client.transports import AsyncServiceTransport

P = ParamSpec("P")
T = TypeVar("T")
TIMEOUT_S = 10.0


class AsyncClient(Spawning, Scopes):
    """Talks to one agent; every question has a deadline and raises a LictorError if it fails.

    ``url`` is a door of the bus, ``tcp://HOST:8304`` or ``ipc://PATH``, or Consul's HTTP API at ``http://``,
    ``https://`` or ``unix://``; without one CONSUL_HTTP_ADDR, else the bus of this machine. ``timeout`` (seconds, or
    a text such as ``"1m"``) holds for everything but the time that a blocking query is told to wait. ``cluster`` makes
    the door refuse if it belongs to another cluster. ``access``: a token, files of TLS (see ``AccessOptions``).
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        timeout: Duration = TIMEOUT_S,
        cluster: str = "",
        **access: Unpack[AccessOptions],
    ) -> None:
        self._begin(link_to(url, cluster, access), timeout, secrets.token_hex(8), random.Random(), new_id)

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
        self._tasks = set()

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
        repeatable = is_repeatable(message, self._link.repeats_writes)
        return await ask_until(message, once, within_s, seconds(wait, "wait"), self._rng, repeatable=repeatable)

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

    def _hold(self, make: Callable[..., T], wrapped: object, *args: Any, **options: Any) -> T:
        """What ``async with`` holds (see ``scoped``)."""
        return make(self, *args, **options)

    async def resolve(self, service: str, *, pick: Pick = "round_robin", **options: Unpack[ResolveOptions]) -> Resolved:
        """One instance of a service that passes; raises NoInstances.

        ``pick``: each in turn, the ``nearest`` to the agent, or ``weighted`` by their weights at random.
        """
        return await self._resolver.resolve(service, pick, options)

    def transport(self, pick: Pick = "round_robin") -> AsyncServiceTransport:
        """For ``httpx.AsyncClient(transport=client.transport())``: resolves hosts such as ``web.service``."""
        from lictor_actors.client.transports import AsyncServiceTransport

        return AsyncServiceTransport(self, pick)

    @cached_property
    def _resolver(self) -> Resolver:
        from lictor_actors.client.resolving import Resolver

        return Resolver(self, self._rng)

    def register(self, name: str, *, ttl: Duration = 15.0, **service: Unpack[ServiceOptions]) -> AsyncRegistration:
        """A service for ``async with``: registered with the agent inside of it, critical while this loop stalls.

        ``ttl`` is how long it passes without a heartbeat (see ``registering``).
        """
        from lictor_actors.client.registering import AsyncRegistration

        return AsyncRegistration(self, name, ttl, service)

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
    url: str | None = None, *, timeout: Duration = TIMEOUT_S, cluster: str = "", **access: Unpack[AccessOptions]
) -> AsyncClient:
    """A client for ``async with``: entering it waits until the agent answers, at most ``timeout``."""
    return AsyncClient(url, timeout=timeout, cluster=cluster, **access)
