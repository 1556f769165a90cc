"""The client for code that blocks: an AsyncClient on a loop in a thread of its own, asked from any thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from lictor_actors.client.api import Everything
from lictor_actors.client.async_client import DOOR_URL, TIMEOUT_S, AsyncClient
from lictor_actors.client.both import Ask, Sync
from lictor_actors.client.errors import ClientClosed, LictorError
from lictor_actors.client.locks import SyncLock
from lictor_actors.client.results import Rows
from lictor_actors.client.watching import Watching
from lictor_actors.hosts.models import build_models
from lictor_messages.base import Message

T = TypeVar("T")


class Client(Everything[Sync]):
    """What AsyncClient is, with methods that return their results: ``with lictor.Client("tcp://…") as client:``."""

    def __init__(self, url: str = DOOR_URL, *, timeout: float = TIMEOUT_S, cluster: str = "") -> None:
        build_models()  # any thread may make the first message of a kind
        super().__init__(self._run_ask)
        self._client = AsyncClient(url, timeout=timeout, cluster=cluster)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        try:
            self.wait(self._client.__aenter__)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up and end the thread; what other threads still wait for raises ClientClosed."""
        with self._starting:
            self._closed = True
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._client.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def ask(self, message: Message, *, timeout: float | None = None, wait: float = 0.0) -> Message:
        """Ask anything that an agent understands and return the answer as it came."""
        return self.wait(lambda: self._client.ask(message, timeout=timeout, wait=wait))

    def lock(
        self,
        key: str,
        value: bytes | str = b"",
        *,
        ttl: float = 15.0,
        lock_delay: float = 15.0,
        timeout: float | None = None,
    ) -> SyncLock:
        """A lock for ``with`` (see AsyncClient.lock)."""
        return SyncLock(self, self._client.lock(key, value, ttl=ttl, lock_delay=lock_delay, timeout=timeout))

    def watch(self, read: Callable[..., Rows[T]], *args: Any, **options: Any) -> Iterator[Rows[T]]:
        """Yield the rows of a read now and after each change, for ever (see AsyncClient.watch)."""
        watching = Watching()
        while True:
            try:
                rows = read(*args, index=watching.index, **options)
            except LictorError as e:
                time.sleep(watching.failed(e))
                continue
            if watching.changed(rows):
                yield rows

    def _run_ask(self, ask: Ask[T]) -> T:
        return self.wait(lambda: self._client._run_ask(ask))

    def wait(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the client's own loop and return its result."""
        loop = self._running()
        future = asyncio.run_coroutine_threadsafe(what(), loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C while waiting: nobody wants the answer any more.
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._closed:
                raise ClientClosed("the client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="lictor-client", daemon=True)
                self._thread.start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
