"""The lifespan of an ASGI application (Starlette, FastAPI) as the time for which a service is registered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypedDict, Unpack

from lictor_actors.client.async_client import AsyncClient, connect
from lictor_actors.client.durations import Duration
from lictor_actors.client.registering import ServiceOptions


class LifespanState(TypedDict):
    """What requests find in their ``state``."""

    lictor: AsyncClient


def lifespan(
    name: str, *, url: str | None = None, ttl: Duration = 15.0, **service: Unpack[ServiceOptions]
) -> Callable[[object], AbstractAsyncContextManager[LifespanState]]:
    """For ``FastAPI(lifespan=lictor.lifespan("web", port=8000))``: registered from startup to shutdown.

    ``url`` is the agent's (see AsyncClient), the rest as in ``client.register``. The client is in the requests' state.
    An agent that is not reached fails the startup with its LictorError.
    """

    @asynccontextmanager
    async def registered(_: object) -> AsyncIterator[LifespanState]:
        async with connect(url) as client, client.register(name, ttl=ttl, **service):
            yield {"lictor": client}

    return registered
