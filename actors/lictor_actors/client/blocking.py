"""What both clients that block have: the questions, locks and watches of an AsyncClient, each waited for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, Unpack

from lictor_actors.client.api import Everything
from lictor_actors.client.async_client import AsyncClient
from lictor_actors.client.both import Ask, Sync
from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import LictorError
from lictor_actors.client.locks import AsyncLock, Fence
from lictor_actors.client.watching import Watching
from lictor_messages.base import Message

if TYPE_CHECKING:
    from lictor_actors.client.registering import AsyncRegistration, ServiceOptions

P = ParamSpec("P")
T = TypeVar("T")


class Blocking(Everything[Sync]):
    """An AsyncClient on some loop, and a way to wait for what runs there."""

    _client: AsyncClient

    @abstractmethod
    def wait(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the client's own loop and return its result."""

    def ask(self, message: Message, *, timeout: Duration | None = None, wait: Duration = 0.0) -> Message:
        """Ask anything that an agent understands and return the answer as it came."""
        return self.wait(lambda: self._client.ask(message, timeout=timeout, wait=wait))

    def lock(
        self,
        key: str,
        value: bytes | str = b"",
        *,
        ttl: Duration = 15.0,
        lock_delay: Duration = 15.0,
        timeout: Duration | None = None,
    ) -> SyncLock:
        """A lock for ``with``: entering waits until it is held, at most ``timeout`` (see AsyncClient.lock)."""
        return SyncLock(self, self._client.lock(key, value, ttl=ttl, lock_delay=lock_delay, timeout=timeout))

    def register(self, name: str, *, ttl: Duration = 15.0, **service: Unpack[ServiceOptions]) -> SyncRegistration:
        """A service for ``with``: registered inside of it, and critical if it does not ``beat()`` for a TTL."""
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


class SyncLock:
    """The same for code that blocks: ``with client.lock("leader") as lock:``."""

    def __init__(self, client: Blocking, lock: AsyncLock) -> None:
        self._client = client
        self._lock = lock

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def key(self) -> str:
        """The key that is locked."""
        return self._lock.key

    @property
    def fence(self) -> Fence | None:
        """Which acquisition this is, None while the lock is not held."""
        return self._lock.fence

    @property
    def held(self) -> bool:
        """Whether the lock can be trusted at this moment."""
        return self._lock.held

    def check(self) -> None:
        """Raises LockLost unless the lock is held."""
        self._lock.check()

    def acquire(self) -> Fence:
        """Wait for the lock (see AsyncLock.acquire)."""
        return self._client.wait(self._lock.acquire)

    def release(self) -> None:
        """Give the lock back and end the session."""
        self._client.wait(self._lock.release)


class SyncRegistration:
    """A registered service for code that blocks: ``with client.register("web", port=80) as web: … web.beat()``."""

    def __init__(self, client: Blocking, registration: AsyncRegistration) -> None:
        self._client = client
        self._registration = registration

    def __enter__(self) -> Self:
        self._client.wait(self._registration.__aenter__)
        self.beat()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.wait(lambda: self._registration.__aexit__(kind, error, trace))

    @property
    def id(self) -> str:
        """Which instance of the service on its node this is."""
        return self._registration.id

    @property
    def error(self) -> LictorError | None:
        """Why the last heartbeat failed; None as long as they arrive."""
        return self._registration.error

    def beat(self) -> None:
        """This thread works at this moment. Without a call for a TTL no heartbeat is sent, until the next one."""
        self._registration.beat()
