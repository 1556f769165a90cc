"""What the clients of a door have asked and not been answered yet, by request id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.doorways import AskAgain
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused

NS = 1_000_000_000


class OpenRequests:
    """Several askers may wait under one id: a client that heard nothing may ask again, and all get the one answer."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[Message]]] = {}
        self._queries: dict[str, tuple[Envelope, float]] = {}
        """Reads, with the time when they were asked."""
        self._writes: set[str] = set()

    def __contains__(self, request: str) -> bool:
        return request in self._waiting

    def add(self, envelope: Envelope) -> asyncio.Future[Message]:
        """One more asker; what it waits for."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Message] = loop.create_future()
        self._waiting.setdefault(envelope.request, []).append(future)
        if isinstance(envelope.body, Query):
            self._queries[envelope.request] = envelope, loop.time()
        elif isinstance(envelope.body, Command):
            self._writes.add(envelope.request)
        return future

    def answer(self, request: str, answer: Message) -> bool:
        """Tell all who wait for it; False if it comes too late for them."""
        self._forget(request)
        waiting = self._waiting.pop(request, None)
        for future in waiting or ():
            if not future.done():
                future.set_result(answer)
        return waiting is not None

    def answer_all(self, answer: Message) -> None:
        """Tell everybody the same."""
        for request in list(self._waiting):
            self.answer(request, answer)

    def give_up(self, request: str, future: asyncio.Future[Message]) -> None:
        """This asker waits no longer."""
        waiting = self._waiting.get(request, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._waiting.pop(request, None)
            self._forget(request)

    def ask_again(self, told: AskAgain, deliver: Callable[[Envelope], None]) -> None:
        """A server took some requests into its grave. Reads are asked again; clients hear that writes are in doubt, and
        send them again under the same id, instead of waiting for their own patience to end.
        """
        now = asyncio.get_running_loop().time()
        for envelope, asked_at in list(self._queries.values()):
            if (envelope.body.consistency == "stale") == told.stale:  # type: ignore[attr-defined]
                deliver(_rest_of(envelope, int((now - asked_at) * NS)))
        for request in [] if told.stale else list(self._writes):
            self.answer(request, Refused(code="LeadershipLost"))

    def _forget(self, request: str) -> None:
        self._queries.pop(request, None)
        self._writes.discard(request)


def _rest_of(e: Envelope, passed_ns: int) -> Envelope:
    """The same read with what is left of its time."""
    assert isinstance(e.body, Query)
    wait = max(e.body.wait_ns - passed_ns, 1) if e.body.wait_ns else 0
    body, budget = e.body.model_copy(update={"wait_ns": wait}), e.budget - passed_ns
    return Envelope(
        e.source,
        e.target,
        body,
        request=e.request,
        reply_to=e.reply_to,
        budget=budget,
        cause=e.cause,
        origin=e.origin,
        token=e.token,
    )
