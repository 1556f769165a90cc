"""What both clients that block have: the questions, locks and watches of an AsyncClient, each waited for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, Unpack

from lictor_actors.client.api import Everything
from lictor_actors.client.async_client import AsyncClient
from lictor_actors.client.both import Ask, Sync
from lictor_actors.client.durations import Duration
from lictor_actors.client.scoped import Scopes
from lictor_actors.client.watching import Watching
from lictor_messages.base import Message

if TYPE_CHECKING:
    from lictor_actors.client.registering import ServiceOptions
    from lictor_actors.client.resolving import Pick, Resolved, ResolveOptions
    from lictor_actors.client.scopes import SyncRegistration
    from lictor_actors.client.transports import ServiceTransport

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")


class Blocking(Everything[Sync], Scopes):
    """An AsyncClient on some loop, and a way to wait for what runs there."""

    _client: AsyncClient

    @abstractmethod
    def wait(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the client's own loop and return its result."""

    def ask(self, message: Message, *, timeout: Duration | None = None, wait: Duration = 0.0) -> Message:
        """Ask anything that an agent understands and return the answer as it came."""
        return self.wait(lambda: self._client.ask(message, timeout=timeout, wait=wait))

    def _hold(self, make: Callable[..., A], wrapped: Callable[[Any, A], T], *args: Any, **options: Any) -> T:
        """What ``with`` holds (see ``scoped``)."""
        return wrapped(self, make(self._client, *args, **options))

    def resolve(self, service: str, *, pick: Pick = "round_robin", **options: Unpack[ResolveOptions]) -> Resolved:
        """One instance of a service that passes; raises NoInstances (see AsyncClient.resolve)."""
        return self.wait(lambda: self._client.resolve(service, pick=pick, **options))

    def transport(self, pick: Pick = "round_robin") -> ServiceTransport:
        """For ``httpx.Client(transport=client.transport())``: resolves hosts such as ``web.service``."""
        from lictor_actors.client.transports import ServiceTransport

        return ServiceTransport(self, pick)

    def register(self, name: str, *, ttl: Duration = 15.0, **service: Unpack[ServiceOptions]) -> SyncRegistration:
        """A service for ``with``: registered inside of it, and critical if it does not ``beat()`` for a TTL."""
        from lictor_actors.client.scopes import SyncRegistration

        return SyncRegistration(self, self._client.register(name, ttl=ttl, **service))

    def watch(self, read: Callable[P, T], *args: P.args, **options: P.kwargs) -> Iterator[T]:
        """Yield what a read returns, now and after each change, for ever.

        ``for rows in client.watch(client.health.service, "web")``, ``for entry in client.watch(client.kv.get, "a")``
        (see AsyncClient.watch).
        """
        watching: Watching[T] = Watching(read, args, options)
        while True:
            yield self.wait(lambda: self._client._next_change(watching))

    def _run_ask(self, ask: Ask[T]) -> T:
        return self.wait(lambda: self._client._run_ask(ask))
