"""An actor on a bench: one message in, its effects out, timers fired by hand."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import CancelTimer, Effect, Note, Persist, RunJob, Send, SetTimer, Spawn
from lictor_actors.kernel.life import Life
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.host import Durable
from lictor_messages.journal import JournalRecord

SECOND = 1_000_000_000


class Bench:
    """Runs one life of an actor and keeps what it wished for."""

    def __init__(self, actor: Actor, address: str, seed: int = 7) -> None:
        rng = Random(seed)
        self.actor = actor
        self.now = 1_000 * SECOND
        self.sent: list[Envelope] = []
        self.jobs: list[Message] = []
        self.notes: list[str] = []
        self.spawned: list[str] = []
        self.journal: list[JournalRecord] = []
        self.timers: dict[str, tuple[int, Message]] = {}
        self.disk_waits = False
        """True while nothing becomes durable."""
        self._life = Life(actor, address, rng, rng.randbytes)
        self._asks = 0

    def start(self) -> None:
        self._take(self._life.start(self.now, self.now))

    def tell(self, message: Message, source: str = "someone@n9.dc1") -> None:
        """A one-way message."""
        self._turn(message, Envelope(source, self._life.address, message))

    def ask(self, message: Message, request: str = "", source: str = "gateway@n1.dc1") -> str:
        """A request; returns its id."""
        self._asks += 1
        request = request or f"q{self._asks}"
        self._turn(message, Envelope(source, self._life.address, message, request=request, reply_to=source))
        return request

    def answer(self, to: Envelope, message: Message) -> None:
        """The answer to something that the actor asked."""
        self._turn(message, Envelope(to.target, self._life.address, message, request=to.request))

    def host(self, message: Message) -> None:
        """A word of the host: a job's result, a notice."""
        self._turn(message, None)

    def synced(self) -> None:
        """All that was persisted is on the disk."""
        self.host(Durable(upto=self._life.persisted))

    def fire(self, name: str) -> None:
        """The timer of this name is due."""
        at, message = self.timers.pop(name)
        self.now = max(self.now, at)
        self._turn(message, None)

    def pass_time(self, seconds: float) -> None:
        """Let time pass and fire what becomes due, in order."""
        until = self.now + int(seconds * SECOND)
        while self.timers:
            name = min(self.timers, key=lambda n: self.timers[n][0])
            if self.timers[name][0] > until:
                break
            self.fire(name)
        self.now = until

    def take_sent(self) -> list[Envelope]:
        """What was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def replies(self, request: str) -> list[Message]:
        """The answers to a request of ours, so far."""
        return [e.body for e in self.sent if e.request == request and not e.reply_to]

    def asked(self, kind: type[Message]) -> list[Envelope]:
        """Requests and one-way messages of this kind, so far."""
        return [e for e in self.sent if isinstance(e.body, kind)]

    def _turn(self, message: Message, envelope: Envelope | None) -> None:
        before = len(self.journal)
        self._take(self._life.turn(message, envelope, self.now, self.now))
        self.actor.check()
        if len(self.journal) > before and not self.disk_waits:
            self.synced()

    def _take(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self.sent.append(effect.envelope)
                case SetTimer():
                    self.timers[effect.name] = (self.now + effect.after, effect.message)
                case CancelTimer():
                    self.timers.pop(effect.name, None)
                case Persist():
                    self.journal.append(effect.record)
                case RunJob():
                    self.jobs.append(effect.job)
                case Spawn():
                    self.spawned.append(effect.spec.role)
                case Note():
                    self.notes.append(effect.event)


@pytest.fixture(scope="session")
def seeded_bench() -> Callable[[Actor, str, int], Bench]:
    """Benches with a seed of one's own; for properties, which share their fixtures over all examples."""
    return Bench


@pytest.fixture
def bench() -> Iterator[Callable[[Actor, str], Bench]]:
    benches: list[Bench] = []

    def make(actor: Actor, address: str) -> Bench:
        benches.append(Bench(actor, address))
        return benches[-1]

    yield make
    for each in benches:
        each.actor.check()
