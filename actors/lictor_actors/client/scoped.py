"""What ``async with`` and ``with`` hold, said once for both clients: ``both`` for what lasts.

``scoped`` turns a function that makes the awaited one into a method of both clients: on a client that blocks it is
wrapped in what waits for it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from lictor_actors.client.both import Api, Async, Sync
from lictor_actors.client.durations import Duration
from lictor_actors.client.spawning import Spawning

if TYPE_CHECKING:
    from lictor_actors.client.elections import AsyncElection
    from lictor_actors.client.locks import AsyncLock
    from lictor_actors.client.scopes import SyncElection, SyncHolding
    from lictor_actors.client.semaphores import AsyncSemaphore

P = ParamSpec("P")
A = TypeVar("A")
S = TypeVar("S")


class Scoped(Generic[P, A, S]):
    """The descriptor that ``scoped`` leaves in a class."""

    def __init__(self, make: Callable[Concatenate[Spawning, P], A], wrapped: Callable[[Any, Any], S]) -> None:
        self._make = make
        self._wrapped = wrapped
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Any, P], A]: ...
    @overload
    def __get__(self, client: Api[Async], owner: type) -> Callable[P, A]: ...
    @overload
    def __get__(self, client: Api[Sync], owner: type) -> Callable[P, S]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return _described(self._make, self._make if issubclass(owner, Spawning) else self._wrapped)
        return functools.wraps(self._make)(functools.partial(client._hold, self._make, self._wrapped))


def _described(make: Callable[..., Any], returned_by: Callable[..., Any]) -> Callable[..., Any]:
    """What ``help`` shows of a class."""
    signature = inspect.signature(make)
    first, *others = signature.parameters.values()

    @functools.wraps(make)
    def shown(*args: Any, **options: Any) -> Any:
        raise TypeError(f"{make.__name__} is a method of a client")

    shown.__signature__ = signature.replace(  # type: ignore[attr-defined]  # read by inspect
        parameters=[first.replace(annotation=inspect.Parameter.empty), *others],
        return_annotation=inspect.signature(returned_by).return_annotation,
    )
    return shown


def scoped(
    wrapped: Callable[[Any, Any], S],
) -> Callable[[Callable[Concatenate[Spawning, P], A]], Scoped[P, A, S]]:
    """Make a maker of awaited things a method of both clients; ``wrapped`` makes of one what blocks."""
    return lambda make: Scoped(make, wrapped)


def _holding(client: Any, held: AsyncLock | AsyncSemaphore) -> SyncHolding:
    from lictor_actors.client.scopes import SyncHolding

    return SyncHolding(client, held)


def _election(client: Any, election: AsyncElection) -> SyncElection:
    from lictor_actors.client.scopes import SyncElection

    return SyncElection(client, election)


class Scopes:
    """What a client gives to ``with`` and ``async with``."""

    @scoped(_holding)
    def lock(
        self: Spawning,
        key: str,
        value: bytes | str = b"",
        *,
        ttl: Duration = 15.0,
        lock_delay: Duration = 15.0,
        timeout: Duration | None = None,
    ) -> AsyncLock:
        """A lock for ``with``: entering waits until it is held, at most ``timeout`` (see ``locks``)."""
        from lictor_actors.client.locks import AsyncLock

        return AsyncLock(self, key, value, ttl=ttl, lock_delay=lock_delay, timeout=timeout)

    @scoped(_holding)
    def semaphore(
        self: Spawning,
        prefix: str,
        limit: int,
        value: bytes | str = b"",
        *,
        ttl: Duration = 15.0,
        timeout: Duration | None = None,
    ) -> AsyncSemaphore:
        """A place among ``limit`` for ``with``: entered within ``timeout`` (see ``semaphores``)."""
        from lictor_actors.client.semaphores import AsyncSemaphore

        return AsyncSemaphore(self, prefix, limit, value, ttl=ttl, timeout=timeout)

    @scoped(_election)
    def election(
        self: Spawning, key: str, value: bytes | str = b"", *, ttl: Duration = 15.0, lock_delay: Duration = 15.0
    ) -> AsyncElection:
        """A candidate for ``with`` (see ``elections``); ``value`` tells others who leads."""
        from lictor_actors.client.elections import AsyncElection

        return AsyncElection(self, key, value, ttl=ttl, lock_delay=lock_delay)
