"""The blocking client, in virtual time: the same questions as ``lictor.Client``, asked of a simulated agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import NAMESPACE_OID, uuid5

from lictor_actors.client.api import Everything
from lictor_actors.client.asking import ONCE, REMEMBERED_S, TRY_LEAST_S
from lictor_actors.client.async_client import TIMEOUT_S
from lictor_actors.client.both import Ask, Sync
from lictor_actors.client.errors import ConnectionFailed, LictorError, Timeout, Unexpected, error_of
from lictor_actors.hosts.world import World
from lictor_messages.answers import Command
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.host import Undeliverable
from lictor_messages.members import FireEvent
from lictor_messages.refusals import Refused

T = TypeVar("T")
AGAIN_AFTER_S = 0.05
SECOND = 1_000_000_000
Pass = Callable[[Callable[[], bool], float], bool]
"""Lets time pass until something is true, at most so many seconds."""


class SimClient(Everything[Sync]):
    """Asks one agent of a world, lets virtual time pass until it answers, and raises what ``lictor.Client`` raises."""

    def __init__(self, world: World, node: str, name: str, let_pass: Pass, timeout: float = TIMEOUT_S) -> None:
        super().__init__(self._run_ask)
        self.timeout = timeout
        self._world = world
        self._agent = at("agent", node)
        self._door = world.door(node, name)
        self._pass = let_pass
        self._count = 0

    def ask(self, message: Message, *, timeout: float | None = None, wait: float = 0.0) -> Message:
        """Ask anything that an agent understands; tries again as ``lictor.Client`` does, in virtual time."""
        self._count += 1
        request = f"{self._door.address}.try{self._count:x}"  # one for all tries: a repeated write is recognised by it
        if isinstance(message, FireEvent):
            # An id that the system drew would not replay.
            message = message.model_copy(update={"id": str(uuid5(NAMESPACE_OID, f"{self._world.seed} {request}"))})
        within = (self.timeout if timeout is None else timeout) + wait
        if isinstance(message, Command):
            within = min(within, REMEMBERED_S)
        deadline = self._world.time + round(within * SECOND)
        while True:
            left = (deadline - self._world.time) / SECOND
            half = left if isinstance(message, ONCE) else wait + max((left - wait) / 2, TRY_LEAST_S)
            try:
                return self._once(message, request, max(min(half, left), 0.001))
            except LictorError as error:
                if not _again(message, error) or self._world.time + AGAIN_AFTER_S * SECOND >= deadline:
                    raise
            self._pass(lambda: False, AGAIN_AFTER_S)

    def _once(self, message: Message, request: str, within_s: float) -> Message:
        answers: list[Message] = []
        self._door.ask(self._agent, message, answers.append, within_s, request)
        self._pass(lambda: bool(answers), within_s + 1)
        match answers[0]:
            case Refused(code="TimedOut"):
                raise Timeout(f"no answer from {self._agent} within {within_s:.3g} s of virtual time")
            case Refused() as refused:
                raise error_of(refused)
            case Undeliverable() as lost:
                raise ConnectionFailed(f"{self._agent} was not reached: {lost.reason}")
            case answer:
                return answer

    def _run_ask(self, ask: Ask[T]) -> T:
        answer = self.ask(ask.message, timeout=ask.timeout_s, wait=ask.wait_s)
        if not isinstance(answer, ask.expects):
            raise Unexpected(f"{ask.message.kind} was answered by {answer.kind}")
        return ask.unwrap(answer)


def _again(message: Message, error: LictorError) -> bool:
    return error.passing and (error.definite or not isinstance(message, ONCE))
