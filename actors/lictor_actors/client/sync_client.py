"""The client for code that blocks: an AsyncClient on a loop in a thread of its own, asked from any thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from lictor_actors.client.async_client import DOOR_URL, TIMEOUT_S, AsyncClient
from lictor_actors.client.blocking import Blocking
from lictor_actors.client.credentials import ClientSecurity
from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import ClientClosed, LictorError
from lictor_actors.hosts.models import build_models

T = TypeVar("T")


class Client(Blocking):
    """What AsyncClient is, with methods that return their results: ``with lictor.Client("tcp://…") as client:``.

    A child after ``fork`` may use it: it then dials a connection of its own.
    """

    def __init__(
        self,
        url: str = DOOR_URL,
        *,
        timeout: Duration = TIMEOUT_S,
        cluster: str = "",
        **security: Unpack[ClientSecurity],
    ) -> None:
        build_models()  # any thread may make the first message of a kind
        super().__init__(self._run_ask)
        self._client = AsyncClient(url, timeout=timeout, cluster=cluster, **security)
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

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
        self._leave_the_parents()
        with self._starting:
            self._closed = True
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._client.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def wait(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the client's own loop and return its result."""
        loop = self._running()
        future = asyncio.run_coroutine_threadsafe(what(), loop)
        try:
            return future.result()
        except LictorError as error:
            raise error.with_traceback(None) from None  # the other thread's frames are ours, not the caller's
        except BaseException:
            future.cancel()  # Ctrl-C while waiting: the answer is not wanted any more
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        self._leave_the_parents()
        with self._starting:
            if self._closed:
                raise ClientClosed("the client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="lictor-client", daemon=True)
                self._thread.start()
            return self._loop

    def _leave_the_parents(self) -> None:
        """After a fork: the thread is not here, and its loop waits with a descriptor that the parent still uses."""
        if self._process != os.getpid():
            _PARENTS.append(self._loop)
            self._begin()


_PARENTS: list[asyncio.AbstractEventLoop | None] = []
"""Loops of the parent's clients: kept, for what collects them would report them as left open."""


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
