"""An asyncio loop in a world's time: waiting lets virtual time pass, so what is written for asyncio runs there too."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

Pass = Callable[[Callable[[], bool], float], bool]
"""Lets time pass until something is true, at most so many seconds; returns whether it is."""
LONG_S = 3600.0
"""How long a loop without timers lets time pass before it looks again."""


class WorldLoop(asyncio.SelectorEventLoop):
    """``now_s`` is the world's time. Callbacks come from its own timers and from what calls ``wake`` afterwards."""

    def __init__(self, now_s: Callable[[], float], let_pass: Pass) -> None:
        self._now_s = now_s
        self._waiting = _Waiting(let_pass)
        super().__init__(self._waiting)

    def complete(self, what: Coroutine[Any, Any, T]) -> T:
        """Let time pass until it is done. Called inside another loop, a notebook's say, it runs in a thread beside."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.run_until_complete(what)
        with ThreadPoolExecutor(1, "lictor-sim") as beside:
            return beside.submit(self.run_until_complete, what).result()

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s()

    def pass_until(self, true: Callable[[], bool], within_s: float) -> bool:
        """Let time pass until ``true``, looked at after every event, with the loop's tasks running meanwhile."""
        if true():
            return True
        over: asyncio.Future[None] = self.create_future()
        timer = self.call_later(within_s, _set, over)
        self._waiting.watched = lambda: true() and _set(over)
        try:
            self.complete(_end_of(over))
        finally:
            timer.cancel()
            self._waiting.watched = _never
        return true()

    def wake(self) -> None:
        """The world has called back: what waits may go on."""
        self._waiting.woken = True


def _set(over: asyncio.Future[None]) -> bool:
    if not over.done():
        over.set_result(None)
    return True


async def _end_of(over: asyncio.Future[None]) -> None:
    await over


def _never() -> bool:
    return False


class _Waiting(selectors.BaseSelector):
    """Where a loop waits for descriptors, time passes instead; none is ever ready."""

    def __init__(self, let_pass: Pass) -> None:
        self.woken = False
        self.watched: Callable[[], bool] = _never
        self._let_pass = let_pass
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let time pass until the loop's next timer, or until the world wakes it."""
        if not self.woken and (timeout is None or timeout > 0):
            self._let_pass(lambda: self.woken or self.watched(), LONG_S if timeout is None else timeout)
        self.woken = False
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """The loop registers the pipe by which other threads would wake it: there are none."""
        key = self._keys[fileobj] = selectors.SelectorKey(fileobj, fileobj, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """The loop is closed."""
        return self._keys.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """What is registered."""
        return self._keys
