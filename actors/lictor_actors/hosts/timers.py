"""The timers of the lives of one seat, on any ground. Their handles lie in the life that set them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lictor_actors.hosts.ground import Ground, Handle
from lictor_actors.kernel.effects import SetTimer
from lictor_actors.kernel.life import Life
from lictor_messages.base import Message


class SeatTimers:
    """``due`` gets a life and the message that its timer was set with."""

    def __init__(self, ground: Ground, node: str, due: Callable[[Life, Message], None]) -> None:
        self._ground = ground
        self._node = node
        self._tell = due

    def set(self, life: Life, effect: SetTimer) -> None:
        """Set a timer; one of the same name is replaced."""
        self.cancel(life, effect.name)
        self._wait(life, effect, self._ground.now(self._node) + effect.after, effect.after)

    def cancel(self, life: Life, name: str) -> None:
        """Forget a timer; harmless if it is not set."""
        cancel(life.timers.pop(name, None))

    def cancel_all(self, life: Life) -> None:
        """Forget all timers of a life that has ended."""
        for handle in life.timers.values():
            cancel(handle)
        life.timers.clear()

    def _wait(self, life: Life, effect: SetTimer, due: int, left: int) -> None:
        life.timers[effect.name] = self._ground.later(self._node, left, partial(self._due, life, effect, due))

    def _due(self, life: Life, effect: SetTimer, due: int) -> None:
        left = due - self._ground.now(self._node)
        if left > 0:  # loops round to milliseconds, and no actor expects to be woken before the time
            self._wait(life, effect, due, left)
            return
        life.timers.pop(effect.name, None)
        self._tell(life, effect.message)


def cancel(handle: object) -> None:
    """Call off what a ground has put off, if there is anything."""
    if handle is not None:
        timer: Handle = handle  # type: ignore[assignment]  # a life keeps handles without knowing what they are
        timer.cancel()
