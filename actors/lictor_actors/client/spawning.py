"""What locks, elections and registrations need of an AsyncClient: its questions, and tasks that run beside them."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any

from lictor_actors.client.api import Everything
from lictor_actors.client.both import Async
from lictor_actors.client.durations import Duration
from lictor_messages.base import Message


class Spawning(Everything[Async]):
    """All questions, awaited, and the tasks that end with the client."""

    _tasks: set[asyncio.Task[None]]
    """What runs beside the questions: renewals, heartbeats."""

    @abstractmethod
    async def ask(
        self,
        message: Message,
        *,
        timeout: Duration | None = None,  # noqa: ASYNC109 (the retries share one deadline, so they must know it)
        wait: Duration = 0.0,
    ) -> Message:
        """Ask anything that an agent understands and return the answer as it came."""

    def spawn(self, what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside the questions until it ends or the client is closed."""
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
