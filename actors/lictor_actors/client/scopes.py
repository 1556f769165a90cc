"""What a blocking client gives to ``with``: each is the awaited one, on the client's own loop, and waits for it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from lictor_actors.client.elections import AsyncElection
from lictor_actors.client.errors import LictorError
from lictor_actors.client.holding import Fence, Holding
from lictor_actors.client.registering import AsyncRegistration

T = TypeVar("T")


class Waits(Protocol):
    """A client that blocks."""

    def wait(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the client's own loop and return its result."""


class SyncHolding:
    """A lock, or a place in a semaphore: ``with client.lock("leader") as lock:``."""

    def __init__(self, client: Waits, holding: Holding) -> None:
        self._client = client
        self._holding = holding

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def key(self) -> str:
        """The key that is locked, or the semaphore's prefix."""
        return self._holding.key

    @property
    def fence(self) -> Fence | None:
        """Which acquisition this is, None while nothing is held."""
        return self._holding.fence

    @property
    def held(self) -> bool:
        """Whether it can be trusted to be held at this moment."""
        return self._holding.held

    def check(self) -> None:
        """Raises LockLost unless it is held."""
        self._holding.check()

    def acquire(self) -> Fence:
        """Wait until it is held (see Holding.acquire)."""
        return self._client.wait(self._holding.acquire)

    def release(self) -> None:
        """Give it back and end the session."""
        self._client.wait(self._holding.release)


class SyncElection:
    """A candidate: ``with client.election("leader", "me") as election: election.won()``."""

    def __init__(self, client: Waits, election: AsyncElection) -> None:
        self._client = client
        self._election = election

    def __enter__(self) -> Self:
        self._client.wait(self._election.__aenter__)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.wait(self._election.__aexit__)

    @property
    def is_leader(self) -> bool:
        """Whether this candidate can trust at this moment that it leads."""
        return self._election.is_leader

    @property
    def fence(self) -> Fence | None:
        """Which term of office this is, None without one. A later leader's is higher."""
        return self._election.fence

    def check(self) -> None:
        """Raises LockLost unless this candidate leads."""
        self._election.check()

    def won(self) -> Fence:
        """Wait until this candidate leads. Raises the refusal that keeps it from standing."""
        return self._client.wait(self._election.won)

    def lost(self) -> None:
        """Wait until the lead is lost; at once if there is none."""
        self._client.wait(self._election.lost)

    def leader(self) -> bytes | None:
        """The value of the candidate that leads, None if none does."""
        return self._client.wait(self._election.leader)


class SyncRegistration:
    """A registered service for code that blocks: ``with client.register("web", port=80) as web: … web.beat()``."""

    def __init__(self, client: Waits, registration: AsyncRegistration) -> None:
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
