"""A service that is registered for as long as its process works.

::

    async with client.register("web", port=8080, ttl="15s"):
        await serve()

The service bears a TTL check (see Consul on checks) that is reported as passing thrice per TTL. The reports come from
the event loop that the program works on: while that loop stalls there are none, and the check turns critical. A program
that blocks works on a thread which the client's own loop does not see, so that thread calls ``beat()`` as it works.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self, TypedDict

from lictor_actors.client.checks import CheckSpec
from lictor_actors.client.durations import Duration, seconds
from lictor_actors.client.errors import InvalidArgument, LictorError, NotFound, Timeout
from lictor_actors.client.spawning import Spawning
from lictor_messages.catalog import Weights

BEATS = 3
"""How often a service is reported as passing in each TTL."""


class ServiceOptions(TypedDict, total=False):
    """What is registered beside the name."""

    id: str
    """Tells instances on one node apart; the name if left out."""
    address: str
    """The node's if left out."""
    port: int
    tags: Sequence[str]
    meta: Mapping[str, str]
    weights: Weights


class AsyncRegistration:
    """One instance of a service, registered with the local agent inside of ``async with``."""

    def __init__(self, client: Spawning, name: str, ttl: Duration, options: ServiceOptions) -> None:
        self.name = name
        self.id = options.get("id") or name
        self.error: LictorError | None = None
        """Why the last heartbeat failed; None as long as they arrive."""
        self._client = client
        self._options = options
        self._ttl = seconds(ttl, "ttl")
        if not self._ttl:
            raise InvalidArgument(f"ttl is {ttl!r}: write how long the service passes without a heartbeat")
        self._heart: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop
        self._worked: float | None = None
        """When the thread of work last said that it works; None: the loop itself is what works."""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        try:
            await self._register()
        except BaseException as error:
            if not (isinstance(error, LictorError) and error.definite):  # it may have happened
                with contextlib.suppress(LictorError):
                    await self.deregister()
            raise
        self._heart = self._client.spawn(self._beat_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.deregister()
        except LictorError as failure:
            if error is None:
                raise
            error.add_note(f"the service {self.id} was not deregistered: {failure}")

    async def deregister(self) -> None:
        """End the heartbeat and remove the service; that it is gone already is no error."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.wait((self._heart,))  # a beat under way could register it again
        with contextlib.suppress(NotFound):
            await self._client.agent.deregister_service(self.id)

    def beat(self) -> None:
        """Say that the thread of work works. After the first call, a TTL without another one is a stall."""
        self._worked = self._loop.time()

    @property
    def stalled(self) -> bool:
        """Whether the thread of work has not beaten for a TTL: no heartbeat is sent until it does."""
        return self._worked is not None and self._loop.time() - self._worked > self._ttl

    async def _register(self) -> None:
        check = CheckSpec(id=f"service:{self.id}", name=f"{self.name} works", ttl=self._ttl, status="passing")
        await self._client.agent.register_service(self.name, checks=[check], **self._options)

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(self._ttl / BEATS)
            if not self.stalled:
                await self._report()

    async def _report(self) -> None:
        """Report the check as passing. An agent that restarted without its state is told of the service again."""
        try:
            async with asyncio.timeout(self._ttl / BEATS):
                try:
                    await self._client.agent.pass_(f"service:{self.id}")
                except NotFound:
                    await self._register()
            self.error = None
        except LictorError as error:
            self.error = error
        except TimeoutError:
            self.error = Timeout(f"no answer to a heartbeat of {self.id} within {self._ttl / BEATS:.3g} s")
