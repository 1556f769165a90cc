"""One node: its seats, its address, and the small office at ``host@node``. The same object lives on every ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lictor_actors.bus.intake import MailDesk
from lictor_actors.hosts.ground import Ground
from lictor_actors.hosts.seat import Seat
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.vocabulary import Vocabulary
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, at, node_of, role_of
from lictor_messages.faults import ActorVerb
from lictor_messages.host import (
    ActorSpec,
    AllLocated,
    DiskFreed,
    DiskFull,
    Forgotten,
    Located,
    NodeStopping,
    Redial,
    Undeliverable,
)
from lictor_messages.keyring import ChangeKeyring
from lictor_messages.refusals import Refused

Birth = Callable[[ActorSpec], Actor]
"""Makes the actor of a spec: the table of roles."""
Takes = Callable[[Envelope], None]
"""Takes what is addressed to a doorway outside the actors, such as ``http@node``."""
Waits = Callable[[str], bool]
"""Says of a request id whether its answer is waited for."""

GOODBYE_NS = 50_000_000
"""From a node's wish to stop until it does."""


class DoorDesk:
    """What a door takes from other nodes: answers, and nothing else."""

    hears = Vocabulary(any_answer=True)

    def __init__(self, waits: Waits) -> None:
        self.asked = waits


OPEN_DESK = DoorDesk(lambda _: True)
"""Of a door that looks into its own table when the answer has come."""


class Node:
    """A group of actors that share an address, a journal and a fate."""

    def __init__(self, name: str, ground: Ground, birth: Birth, tree: Sequence[ActorSpec]) -> None:
        self.name = name
        """``name.dc``, the node part of its addresses."""
        self.ground = ground
        self.doors: dict[str, Takes] = {"host": self._office}
        self._desks: dict[str, DoorDesk] = {}
        self.seats: dict[str, Seat] = {}
        self.failed_because = ""
        self._birth = birth
        self._tree = tuple(tree)

    def start(self) -> None:
        """Start the actors in the order of the tree."""
        self.failed_because = ""
        for spec in self._tree:
            self._seat(spec, None).begin()

    def stop(self, why: str) -> None:
        """End the actors in reverse order."""
        for seat in reversed(list(self.seats.values())):
            seat.end(why)

    def fail(self, why: str) -> None:
        """Escalation ends here: the node goes down, its process and the other nodes go on."""
        self.failed_because = why
        self.stop(why)
        self.ground.note(at("host", self.name), f"node down: {why}")
        self.ground.node_ended(self.name, why)

    # -- mail ----------------------------------------------------------------

    def deliver(self, envelope: Envelope) -> None:
        """Mail for an actor or a door of this node; what it does not host is refused."""
        role = role_of(envelope.target)
        seat = self.seats.get(role)
        if seat is not None:
            seat.deliver(envelope.body, envelope)
        elif role in self.doors:
            self.doors[role](envelope)
        else:
            self.refuse(envelope, "no_such_actor")

    def open_door(self, role: str, take: Takes, waits: Waits) -> None:
        """From now on ``take`` gets what is addressed to this role; from other nodes only answers it waits for."""
        self.doors[role] = take
        self._desks[role] = DoorDesk(waits)

    def desk(self, role: str) -> MailDesk | None:
        """Who says what may come in for this role, None if there is none."""
        seat = self.seats.get(role)
        if seat is not None:
            return seat
        return self._desks.get(role, OPEN_DESK) if role in self.doors else None

    def taker(self, role: str) -> Takes | None:
        """Who takes mail for this role now and later: an actor's seat or a door; None if there is none."""
        seat = self.seats.get(role)
        return seat.accept if seat is not None else self.doors.get(role)

    def refuse(self, envelope: Envelope, reason: str) -> None:
        """Tell the poster that a request was not handed over: definite. An answer goes once to its ``via``.

        In the place of an answer that is too large for any frame its asker gets a refusal.
        """
        self.ground.count(f"refused_{reason.partition(':')[0]}", self.name)
        if not envelope.request or type(envelope.body) is Undeliverable:
            return
        if envelope.reply_to:
            self._tell_poster(envelope, reason)
        elif reason == "too_large":
            self._answer_in_a_word(envelope)
        elif envelope.via:
            self._pass_through(envelope)

    def keep_out(self, envelope: Envelope, answer: Refused | None) -> None:
        """Mail from another node was not let in; answer it if it is a request."""
        if answer is not None:
            e = envelope
            self.ground.post(Envelope(e.target, e.reply_to, answer, request=e.request, cause=e.cause, origin=e.origin))

    def _tell_poster(self, e: Envelope, reason: str) -> None:
        waiter = e.reply_to if e.reply_to != e.source else ""
        about = e.body.kind
        notice = Undeliverable(request=e.request, target=e.target, about=about, reason=reason, waiter=waiter)
        me = at("host", self.name)
        self.ground.post(Envelope(me, e.source, notice, request=e.request, cause=e.cause, origin=e.origin))

    def _answer_in_a_word(self, e: Envelope) -> None:
        self.ground.count(f"answers_too_large:{e.body.kind}", self.name)
        word = Refused(code="AnswerTooLarge")
        self.ground.post(
            Envelope(e.source, e.target, word, request=e.request, cause=e.cause, via=e.via, origin=e.origin)
        )

    def _pass_through(self, e: Envelope) -> None:
        office, waiter = at("host", node_of(e.via)), e.target
        self.ground.count("answers_passed_on", self.name)
        onward = Envelope(e.source, office, e.body, request=e.request, reply_to=waiter, cause=e.cause, origin=e.origin)
        self.ground.post(onward)

    def _office(self, envelope: Envelope) -> None:
        body = envelope.body
        match body:
            case Located():
                self.ground.locate(self.name, body.node, body.pool, (body.gossip, body.rest))
            case AllLocated():
                self.ground.locate_all(self.name, body.lanes)
            case Forgotten():
                self.ground.locate(self.name, body.node, body.pool, None)
            case ChangeKeyring():
                self._answer(envelope, self.ground.change_keyring(self.name, body))
            case Redial():
                self.ground.redial(self.name, body.node)
            case NodeStopping():
                # What its actors have answered is still on its way: the asker learns that it was done.
                self.ground.later(self.name, GOODBYE_NS, lambda: self._end(body))
            case Undeliverable():
                self.ground.count("undeliverable_to_host", self.name)
            case _ if envelope.request and envelope.reply_to:
                # An answer that could not reach its asker from where it was made: this node tries once, in its
                # own name, because the ground routes and judges by who posts.
                me, e = at("host", self.name), envelope
                onward = Envelope(me, e.reply_to, body, request=e.request, cause=e.cause, origin=e.origin)
                self.ground.post(onward)
            case _:
                self.ground.count(f"host_ignored_{body.kind}", self.name)

    def _answer(self, e: Envelope, answer: Message) -> None:
        me = at("host", self.name)
        self.ground.post(Envelope(me, e.source, answer, request=e.request, cause=e.cause, origin=e.origin))

    # -- faults --------------------------------------------------------------

    def handle_actor(self, verb: ActorVerb, role: str = "") -> int:
        """Fault verbs on one actor, or on all of them; returns how many there were."""
        seats = [seat for seat in self.seats.values() if role in ("", seat.role)]
        match verb:
            case "pause":
                _each(seats, Seat.pause)
            case "resume":
                _each(seats, lambda seat: seat.resume(stood_still=not role))
            case "crash" | "kill":
                _each(seats, lambda seat: seat.end("crashed by a fault"))
            case "stop":
                self.stop("stopped by a fault")
            case "restart":
                self._restart(seats, role)
        return len(seats)

    def _restart(self, seats: Sequence[Seat], role: str) -> None:
        if role:
            _each(seats, Seat.restart)
        else:
            self.stop("restarting")
            self.start()

    def _end(self, stopping: NodeStopping) -> None:
        if all(seat.life is None for seat in self.seats.values()):
            return  # it was stopped meanwhile
        if stopping.failed:
            self.fail(stopping.why)
        else:
            self.stop(stopping.why)
            self.ground.node_ended(self.name, stopping.why)

    # -- seats ---------------------------------------------------------------

    def actor(self, role: str) -> Actor | None:
        """The actor that lives in this seat now."""
        seat = self.seats.get(role)
        return seat.life.actor if seat is not None and seat.life is not None else None

    def hearing(self, kind: type[Message]) -> list[Seat]:
        """The seats whose actors declare this very kind."""
        return [seat for seat in self.seats.values() if kind in seat.kind.hears.kinds]

    def shown(self) -> dict[str, dict[str, object]]:
        """What its actors show of how far it has come, by role: nothing of those that are down or show nothing."""
        living = ((seat.role, seat.life.actor) for seat in self.seats.values() if seat.life is not None)
        return {role: {name: getattr(actor, name) for name in actor.shows} for role, actor in living if actor.shows}

    def journal_failed(self, error: OSError) -> None:
        """The disk has refused: actors that wait for it before they speak end for good."""
        for seat in list(self.seats.values()):
            if seat.kind.synced and seat.lives_on:
                seat.stop(f"journal failed: {error}")

    def disk_full(self, error: OSError | None) -> None:
        """The journal waits for room, or (None) waits no more: the actors that write to it hear of that."""
        for seat in self.seats.values():
            if seat.life is not None and seat.life.actor.journalled:
                seat.deliver(DiskFull(why=str(error)) if error else DiskFreed(), None)

    def spawn(self, parent: Seat, spec: ActorSpec) -> None:
        """Seat a child of ``parent`` and start it."""
        self._seat(spec, parent).begin()

    def children_of(self, parent: Seat) -> list[Seat]:
        """The seats that ``parent`` spawned, youngest first."""
        return [seat for seat in reversed(self.seats.values()) if seat.parent is parent]

    def remove(self, seat: Seat) -> None:
        """Forget a seat that ended with its parent."""
        self.seats.pop(seat.role, None)

    def report_crash(self, seat: Seat, error: Exception, cause: str = "") -> None:
        """Say aloud that an actor raised."""
        self.ground.count("actor_crashes", self.name)
        self.ground.note(seat.address, f"crashed: {error!r}", cause)
        self.ground.crashed(seat.address, error, cause)

    def report_stopped(self, seat: Seat, why: str) -> None:
        """Say aloud that an actor is down for good, while its node goes on."""
        self.ground.count("actors_stopped", self.name)
        self.ground.actor_stopped(seat.address, why)

    def _seat(self, spec: ActorSpec, parent: Seat | None) -> Seat:
        old = self.seats.pop(spec.role, None)
        if old is not None:
            old.end("replaced")
        seat = Seat(self, spec.role, lambda: self._birth(spec), parent)
        self.seats[spec.role] = seat
        return seat


def _each(seats: Sequence[Seat], do: Callable[[Seat], None]) -> None:
    for seat in seats:
        do(seat)
