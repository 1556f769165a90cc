"""One turn of an actor: what it may see and what it may wish for while it handles one message."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from lictor_actors.kernel.effects import (
    CancelTimer,
    Count,
    Effect,
    Note,
    Persist,
    RunJob,
    Send,
    SetTimer,
    Spawn,
    StopActor,
)
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, Origin
from lictor_messages.host import ActorSpec
from lictor_messages.journal import JournalRecord

if TYPE_CHECKING:
    from lictor_actors.kernel.life import Life


class Ticket(NamedTuple):
    """Who waits for an answer: kept by an actor that cannot answer within the turn."""

    request: str
    reply_to: str
    source: str
    cause: str
    origin: Origin = "home"


_tuple = tuple.__new__  # in less than half the time of the class: it would go through Python, and two are made per GET


class Turn:
    """Lives for one message. The actor records wishes here; the host carries them out after ``handle`` returns."""

    __slots__ = ("effects", "envelope", "life", "now", "wall")

    def __init__(self, life: Life, now: int, wall: int, envelope: Envelope | None) -> None:
        self.life = life
        self.now = now
        """The node's monotonic clock, integer nanoseconds."""
        self.wall = wall
        """Nanoseconds since 1970, for people and certificates only."""
        self.envelope = envelope
        """What is being handled; None in ``start`` and for a timer's, a job's or the host's message."""
        self.effects: list[Effect] = []

    @property
    def me(self) -> str:
        """This actor's address, ``role@node.dc``."""
        return self.life.address

    @property
    def rng(self) -> Random:
        """This actor's own stream of the seed."""
        return self.life.rng

    def secret(self, size: int) -> bytes:
        """Unpredictable bytes: the system's own live, the seed's in the world."""
        return self.life.secret(size)

    def send(self, to: str, message: Message, *, early: bool = False) -> None:
        """One-way message. ``early`` does not wait for the journal: each use says why that is safe."""
        handled = self.envelope
        if handled is None:
            self._send(Envelope(self.me, to, message), early)
        else:
            self._send(Envelope(self.me, to, message, cause=handled.cause, origin=handled.origin), early)

    def ask(
        self, to: str, message: Message, *, budget: int = 0, early: bool = False, cause: str = "", token: str = ""
    ) -> str:
        """A request whose answer comes back to this actor; returns its id. ``cause``: of an earlier turn's request;
        ``token``: by whose rights it is asked."""
        life, handled = self.life, self.envelope
        request, me = life.new_request(), life.address
        cause = cause or (handled.cause if handled is not None else "") or request
        origin = handled.origin if handled is not None else "home"
        envelope = Envelope(me, to, message, request, me, 0, budget, cause, "", origin, token)
        self.effects.append(Send(envelope, early, life.persisted))
        return request

    def new_request(self) -> str:
        """A request id that no other life of any actor ever uses."""
        return self.life.new_request()

    def forward(self, to: str, held: Envelope | None = None, *, early: bool = False) -> None:
        """Pass a request on, with one more hop and what is left of its budget; its answer goes to its ``reply_to``.

        It is the request in hand, or one that an earlier turn ``held``. ``early``: see ``send``.
        """
        e = held or self._in_hand()
        onward = Envelope(
            self.me,
            to,
            e.body,
            request=e.request,
            reply_to=e.reply_to,
            hops=e.hops + 1,
            budget=e.budget_left(self.now),
            cause=e.cause or e.request,
            origin=e.origin,
            token=e.token,
        )
        self._send(onward, early)

    def reply(self, message: Message, *, early: bool = False) -> None:
        """Answer the request in hand; nothing is sent for a one-way message."""
        self.answer(self.ticket(), message, early=early)

    def ticket(self) -> Ticket:
        """What is needed to answer the request in hand in a later turn."""
        e = self._in_hand()
        return _tuple(Ticket, (e.request, e.reply_to, e.source, e.cause or e.request, e.origin))

    def answer(self, ticket: Ticket, message: Message, *, early: bool = False) -> None:
        """Answer a request of an earlier turn."""
        request, reply_to, source, cause, origin = ticket
        if reply_to:
            via = source if source != reply_to else ""
            life = self.life
            e = Envelope(life.address, reply_to, message, request, "", 0, 0, cause, via, origin)
            self.effects.append(Send(e, early, life.persisted))

    def set_timer(self, name: str, after: int, message: Message) -> None:
        """One shot, ``after`` nanoseconds from now; setting a name again replaces it."""
        self.effects.append(SetTimer(name, after if after > 0 else 0, message))

    def cancel_timer(self, name: str) -> None:
        """Forget a timer; harmless if it is not set."""
        self.effects.append(CancelTimer(name))

    def persist(self, record: JournalRecord) -> int:
        """Write to the journal; returns the record's number, which ``Durable.upto`` will reach."""
        number = self.life.next_record()
        self.effects.append(Persist(record, number))
        return number

    def run(self, job: Message) -> None:
        """The only door to slow or outside work."""
        self.effects.append(RunJob(job))

    def spawn(self, spec: ActorSpec) -> None:
        """Start a child actor on this node."""
        self.effects.append(Spawn(spec))

    def stop(self, why: str) -> None:
        """End this actor for good."""
        self.effects.append(StopActor(why))

    def note(self, event: str) -> None:
        """Put a line on the timeline."""
        self.effects.append(Note(event, self.envelope.cause if self.envelope is not None else ""))

    def count(self, what: str) -> None:
        """One more of these, under a name: for what is dropped, refused or ignored."""
        self.effects.append(Count(what))

    def sample(self, what: str, value: float) -> None:
        """One value of a metric: its name, then ``;label=value`` for each label, which input from outside never makes.

        No effect but a word to the host, and so it stands even if the turn then raises: an effect would cost as much
        as a tenth of a read. Nothing that an actor does can depend on it.
        """
        self.life.samples[what].append(value)

    def buggify(self, name: str) -> bool:
        """True now and then in some simulated runs, never in production: a place where rare things may happen."""
        return self.life.buggify is not None and self.life.buggify(name)

    @property
    def persisted(self) -> int:
        """The number of the latest record that this life has persisted."""
        return self.life.persisted

    @property
    def wrote(self) -> bool:
        """True if this turn wrote to the journal: news of it waits for the disk."""
        return any(type(effect) is Persist for effect in self.effects)

    @property
    def budget_spent(self) -> bool:
        """True if the request in hand has used up its budget: its asker waits no more."""
        return self.envelope is not None and self.envelope.budget_left(self.now) < 0

    def _in_hand(self) -> Envelope:
        if self.envelope is None:
            raise RuntimeError("no message from outside is in hand in this turn")
        return self.envelope

    def _send(self, envelope: Envelope, early: bool) -> None:
        self.effects.append(Send(envelope, early, self.life.persisted))


Buggify = Callable[[str], bool]
