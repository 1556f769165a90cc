"""The blocking client, in virtual time: ``lictor.Client`` over a link into a simulated agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, uuid5

from lictor_actors.client.async_client import TIMEOUT_S, AsyncClient
from lictor_actors.client.blocking import Blocking
from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import ConnectionFailed, Timeout, error_of
from lictor_actors.client.http_only import check_bus_has
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.streams import stream
from lictor_deploy.sim.loop import WorldLoop
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused

T = TypeVar("T")
SECOND = 1_000_000_000


class SimClient(Blocking):
    """Has everything that ``lictor.Client`` has; waiting lets virtual time pass, and locks are renewed in it."""

    def __init__(self, world: World, node: str, name: str, loop: WorldLoop, timeout: Duration = TIMEOUT_S) -> None:
        self._link = _WorldLink(world, node, name, loop)
        self._loop = loop
        self._ids = 0
        self._seed = f"{world.seed} {self._link.address}"
        super().__init__(self._run_ask, self._next_id)
        rng: Random = stream(world.seed, self._link.address, "client")
        self._client = AsyncClient.over(self._link, timeout, self._link.address, rng, self._next_id)

    @property
    def asynchronous(self) -> AsyncClient:
        """The same for coroutines that ``wait`` runs: many may ask at once."""
        return self._client

    def wait(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Let virtual time pass until it is done."""
        return self._loop.complete(what())

    def close(self) -> None:
        """End what is open: locks are not renewed any more."""
        self.wait(self._client.close)

    def _next_id(self) -> str:
        """An id that the system drew would not replay."""
        self._ids += 1
        return str(uuid5(NAMESPACE_OID, f"{self._seed} {self._ids}"))


class _WorldLink:
    """A doorway on one node of a world, as a client's link to its agent."""

    repeats_writes = True

    def __init__(self, world: World, node: str, name: str, loop: WorldLoop) -> None:
        self._agent = at("agent", node)
        self._door = world.door(node, name)
        self._loop = loop
        self.address = self._door.address

    async def ask(self, message: Message, request: str, source: str, within_s: float) -> Message:
        check_bus_has(message)
        answer: asyncio.Future[Message] = self._loop.create_future()

        def answered(said: Message) -> None:
            if not answer.done():
                answer.set_result(said)
            self._loop.wake()

        self._door.ask(self._agent, message, answered, within_s, request)
        match await answer:
            case Refused(code="TimedOut"):
                raise Timeout(f"no answer from {self._agent} within {within_s:.3g} s of virtual time")
            case Refused() as refused:
                raise error_of(refused)
            case Undeliverable() as lost:
                raise ConnectionFailed(f"{self._agent} was not reached: {lost.reason}")
            case said:
                return said

    async def connect(self, within_s: float) -> None:
        """The way into a node of the world is always there."""

    async def close(self) -> None:
        """Nothing to hang up."""
