"""The parent's way to one host: orders are calls of its actor, and what it reports is what another call returns."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from typing import Any

from ray.actor import ActorHandle

from lictor_deploy.local.json_lines import Said
from lictor_deploy.ray.opening import Opening


class RayChannel:
    """Implements ``ProcessChannel``. Answers come in a thread of Ray's, which only writes them down and wakes us."""

    def __init__(self, actor: ActorHandle, opening: Opening) -> None:
        self.closed = False
        self.failed: Exception | None = None
        """Why the actor answers no more, once Ray has said so."""
        self.heard_at = time.monotonic()
        """When the last answer came."""
        self.stopped = False
        """The host has said that it has ended in good order."""
        self._actor = actor
        self._life = opening.life
        self._numbers = count(1)
        self._arrived: deque[Said] = deque()
        self._readable, self._writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._lock = threading.Lock()
        self._let_go = False
        self._ask(actor.open.remote(opening), self._opened)

    def fileno(self) -> int:
        """See ``ProcessChannel``."""
        return self._readable

    def send(self, message: Said) -> None:
        """See ``ProcessChannel``."""
        self._actor.tell.remote(self._life, next(self._numbers), message)

    def flush(self) -> None:
        """See ``ProcessChannel``: calls wait in Ray."""

    def receive(self) -> list[Said]:
        """See ``ProcessChannel``."""
        if not self._let_go:
            with suppress(BlockingIOError):
                os.read(self._readable, 4096)
        arrived = []
        while self._arrived:
            arrived.append(self._arrived.popleft())
        self.stopped = self.stopped or any("stopped" in message for message in arrived)
        self.closed = self.closed or self.failed is not None
        return arrived

    def close(self) -> None:
        """See ``ProcessChannel``."""
        with self._lock:
            self.closed = True
            if not self._let_go:
                self._let_go = True
                os.close(self._readable)
                os.close(self._writable)

    # -- in a thread of Ray's ----------------------------------------------------

    def _ask(self, answer: Any, then: Callable[[Any], None]) -> None:
        answer.future().add_done_callback(lambda future: self._settle(future, then))

    def _settle(self, future: Future[Any], then: Callable[[Any], None]) -> None:
        error = future.exception()
        if error is None:
            self.heard_at = time.monotonic()
            then(future.result())
        else:
            self.failed = error if isinstance(error, Exception) else RuntimeError(repr(error))
        with self._lock:
            if not self._let_go:
                with suppress(BlockingIOError):  # full of calls to wake that were not heard yet
                    os.write(self._writable, b"!")

    def _opened(self, facts: Said) -> None:
        self._arrived.append({"opened": facts})
        self._hear(0)

    def _answered(self, answer: tuple[int, list[Said]]) -> None:
        number, said = answer
        self._arrived.extend(said)
        if not self.closed and not any("stopped" in message for message in said):
            self._hear(number)

    def _hear(self, confirmed: int) -> None:
        self._ask(self._actor.hear.remote(self._life, confirmed), self._answered)
