"""A gateway as a plain object: HTTP requests in, what it asked of its agent and what it answered out."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from lictor_actors.kernel.effects import CancelTimer, Count, Effect, RunJob, Send, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.roles.gateway.gateway import Gateway
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.slices import LargeAnswer
from lictor_messages.snapshots import SnapshotOpened
from lictor_messages.web import GatewayOptions, HttpAnswered, HttpAsked, HttpGone

SECOND = 1_000_000_000
AGENT = "agent@n1.dc1"
SERVER = "server@n1.dc1"
GATEWAY = "gateway@n1.dc1"
HTTP = "http@n1.dc1"


class Desk:
    """Drives one gateway on a clock of its own."""

    def __init__(self, options: GatewayOptions) -> None:
        rng = Random(7)
        self.gateway = Gateway(options)
        self.life = Life(self.gateway, GATEWAY, rng, lambda size: bytes(rng.randrange(256) for _ in range(size)))
        self.now = 0
        self.count = 0
        self.timers: dict[str, tuple[int, Message]] = {}
        self.asked: list[Envelope] = []
        self.counted: Counter[str] = Counter()
        self.jobs: list[Any] = []
        """What the host has been asked to do, oldest first."""
        self.answers: dict[str, HttpAnswered] = {}
        self.own: deque[Envelope] = deque()
        """What the gateway has sent to itself, and not got yet."""

    def http(self, method: str, target: str, body: bytes | dict[str, Any] = b"", **headers: str) -> str:
        """Send an HTTP request; returns its id."""
        self.count += 1
        request = f"h{self.count}"
        raw = json.dumps(body).encode() if isinstance(body, dict) else body
        names = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        asked = HttpAsked(method=method, target=target, headers=names, body=raw, peer="127.0.0.1")
        self.take(asked, Envelope(HTTP, GATEWAY, asked, request=request, reply_to=HTTP))
        return request

    def get(self, target: str, **headers: str) -> HttpAnswered:
        """A GET that is answered at once."""
        return self.answers[self.http("GET", target, **headers)]

    def put(self, target: str, body: bytes | dict[str, Any] = b"") -> HttpAnswered:
        """A PUT that is answered at once."""
        return self.answers[self.http("PUT", target, body)]

    def upstream(self) -> Message:
        """What the agent was asked last."""
        return self.asked[-1].body

    def answer(self, message: Message, to: Envelope | None = None) -> None:
        """What was asked last answers, or what this one asked; of what a server keeps, that server."""
        asked = to or self.asked[-1]
        source = message.server if isinstance(message, LargeAnswer | SnapshotOpened) else asked.target
        self.take(message, Envelope(source, GATEWAY, message, request=asked.request))

    def gone(self, request: str) -> None:
        """The client hangs up."""
        gone = HttpGone(request=request)
        self.take(gone, Envelope(HTTP, GATEWAY, gone))

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass, timers going off in order."""
        end = self.now + int(seconds * SECOND)
        while self.timers:
            name = min(self.timers, key=lambda n: self.timers[n][0])
            due, message = self.timers[name]
            if due > end:
                break
            del self.timers[name]
            self.now = due
            self.take(message, None)
        self.now = end

    def take(self, message: Message, envelope: Envelope | None) -> None:
        """One turn, invariants checked after it."""
        for effect in self.life.turn(message, envelope, self.now, self.now):
            self._carry_out(effect)
        self.gateway.check()
        self.go_on()

    def go_on(self) -> None:
        """What the gateway has sent to itself arrives."""
        while self.own:
            mine = self.own.popleft()
            self.take(mine.body, mine)

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, SetTimer):
            self.timers[effect.name] = (self.now + effect.after, effect.message)
        elif isinstance(effect, CancelTimer):
            self.timers.pop(effect.name, None)
        elif isinstance(effect, Count):
            self.counted[effect.what] += 1
        elif isinstance(effect, RunJob):
            self.jobs.append(effect.job)
        elif isinstance(effect, Send):
            self._post(effect.envelope)

    def _post(self, envelope: Envelope) -> None:
        if envelope.target == HTTP:
            assert envelope.request not in self.answers, "answered twice"
            assert isinstance(envelope.body, HttpAnswered)
            self.answers[envelope.request] = envelope.body
        elif envelope.target == GATEWAY:
            self.own.append(envelope)
        else:
            assert envelope.target in (AGENT, SERVER)
            self.asked.append(envelope)


@pytest.fixture
def desk() -> Desk:
    return Desk(GatewayOptions(node="n1.dc1", name="n1", dc="dc1", park_ns=600 * SECOND))


@pytest.fixture
def new_desk() -> Callable[[], Desk]:
    """Makes gateways that have heard nothing yet: what one example asked must not be there for the next to join."""
    return lambda: Desk(GatewayOptions(node="n1.dc1", name="n1", dc="dc1", park_ns=600 * SECOND))


@pytest.fixture
def wary_desk() -> Desk:
    """A gateway that leaves no query with a server for longer than a minute, as all do outside of tests."""
    return Desk(GatewayOptions(node="n1.dc1", name="n1", dc="dc1"))


@pytest.fixture
def server_desk() -> Desk:
    """The gateway of a node that has a server of its own."""
    return Desk(GatewayOptions(node="n1.dc1", name="n1", dc="dc1", server=SERVER))


@pytest.fixture
def header() -> Callable[[HttpAnswered, str], str]:
    return lambda answer, name: dict(answer.headers).get(name, "")
