"""A seat outlives its actor's lives: it starts them, carries out their effects and buries them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from lictor_actors.hosts.ground import Ground, Handle
from lictor_actors.hosts.timers import SeatTimers, cancel
from lictor_actors.kernel.actor import Actor
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
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.supervision import Directive, Restarts
from lictor_actors.kernel.vocabulary import Vocabulary
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import Durable, LoopLagged, Recovered
from lictor_messages.journal import JournalRecord
from lictor_messages.refusals import Refused

if TYPE_CHECKING:
    from lictor_actors.hosts.node import Node

RECOVERY_BATCH = 256
"""Journal records in one Recovered message."""

Mail = tuple[Message, Envelope | None]


class Seat:
    """Where one actor of a node sits."""

    def __init__(self, node: Node, role: str, birth: Callable[[], Actor], parent: Seat | None = None) -> None:
        self.node = node
        self.role = role
        self.address = at(role, node.name)
        self.parent = parent
        self.life: Life | None = None
        self.down_because = "not started"
        self.kind: type[Actor] = Actor
        """The class of the actor that lives here, or did last."""
        self._birth = birth
        self._samples = node.ground.samples(node.name)
        self._turns = f"lictor.turn_seconds;actor={role}"
        self._ground: Ground = node.ground
        self._name = node.name
        self._rng = node.ground.stream(node.name, role)
        self._restarts = Restarts()
        self._timers = SeatTimers(node.ground, node.name, self._timer_due)
        self._backlog: deque[Mail] | None = None
        self._paused_at = 0
        self._next_life: Handle | None = None
        """The timer of a restart that has to wait."""

    # -- lives ---------------------------------------------------------------

    def begin(self) -> None:
        """Start a new life; a journalled actor is then sent its journal."""
        ground, name = self._ground, self.node.name
        actor = self._birth()
        self.kind = type(actor)
        ground.seated(self.role, actor)
        secret, rare = (lambda n: ground.secret(name, n)), ground.buggify(name)
        life = Life(actor, self.address, self._rng, secret, rare, self._samples)
        self.life, self.down_because = life, ""
        try:
            effects = life.start(ground.now(name), ground.wall(name))
        except Exception as error:
            self._crashed(error, None)
            return
        self._carry_out(life, effects)
        if actor.journalled and self.life is life:
            self._replay(life)

    def _replay(self, life: Life) -> None:
        records = self._ground.ledger(self.node.name).recovered(self.role)
        for start in range(0, max(len(records), 1), RECOVERY_BATCH):
            batch = tuple(records[start : start + RECOVERY_BATCH])
            done = start + RECOVERY_BATCH >= len(records)
            self._ground.enqueue(self, life.number, Recovered.model_construct(records=batch, done=done), None)

    def end(self, why: str) -> None:
        """End this life for good; mail that is on its way is counted and refused."""
        life, self.life = self.life, None
        self.down_because, self._backlog = why, None
        cancel(self._next_life)
        self._next_life = None
        if life is None:
            return
        self._timers.cancel_all(life)
        if life.actor.journalled:
            self._ground.ledger(self.node.name).close_life(self.role)
        for child in self.node.children_of(self):
            child.end(why)
            self.node.remove(child)

    def stop(self, why: str) -> None:
        """End this life, tell people why, and begin no other."""
        self.end(why)
        self.node.report_stopped(self, why)

    def restart(self) -> None:
        """End the present life, if any, and begin another."""
        self.end("restarting")
        self.begin()

    # -- mail ----------------------------------------------------------------

    @property
    def lives_on(self) -> bool:
        """True while an actor lives here, or is about to again."""
        return self.life is not None or self._next_life is not None

    @property
    def hears(self) -> Vocabulary | None:
        """What the present life may be told, None if there is none."""
        return self.life.actor.hears if self.life is not None else None

    def asked(self, request: str) -> bool:
        """True if the present life made this request id."""
        return self.life is not None and self.life.asked(request)

    def deliver(self, message: Message, envelope: Envelope | None) -> None:
        """Put mail on the run queue for the present life."""
        if self.life is None:
            self._nobody_here(envelope)
        else:
            if envelope is not None and envelope.budget and envelope.arrived < 0:
                envelope.arrived = self._ground.now(self._name)
            self._ground.enqueue(self, self.life.number, message, envelope)

    def accept(self, envelope: Envelope) -> None:
        """``deliver`` for a host that remembers its seats; mail for a seat that was replaced finds the new one."""
        life = self.life
        if life is None:
            self.node.deliver(envelope)
        else:
            if envelope.budget and envelope.arrived < 0:
                envelope.arrived = self._ground.now(self._name)
            self._ground.enqueue(self, life.number, envelope.body, envelope)

    def take(self, number: int, message: Message, envelope: Envelope | None) -> None:
        """One turn, if the life that the mail was meant for still goes on."""
        life = self.life
        if life is None or life.number != number:
            self._mailbox_lost(envelope)
            return
        if self._backlog is not None:
            self._backlog.append((message, envelope))
            return
        ground, name = self._ground, self._name
        try:
            effects = life.turn(message, envelope, ground.now(name), ground.wall(name))
        except Exception as error:
            self._crashed(error, envelope)
            return
        if effects:
            self._carry_out(life, effects)

    def took(self, seconds: float) -> None:
        """So long was one of its turns."""
        self._samples[self._turns].append(seconds)

    def pause(self) -> None:
        """Fault: take no turns; mail and timers pile up as they would before a stopped process."""
        if self._backlog is None:
            self._backlog, self._paused_at = deque(), self._ground.now(self._name)

    @property
    def paused(self) -> bool:
        """Whether a fault keeps it from taking turns."""
        return self._backlog is not None

    def resume(self, *, stood_still: bool = False) -> None:
        """Fault healed: what piled up comes in its order; before it, if the whole node stood still, word of that."""
        backlog, self._backlog = self._backlog, None
        if stood_still and backlog is not None and LoopLagged in self.kind.hears.kinds:
            self.deliver(LoopLagged(lag_ns=self._ground.now(self._name) - self._paused_at), None)
        for message, envelope in backlog or ():
            self.deliver(message, envelope)

    def _nobody_here(self, envelope: Envelope | None) -> None:
        if envelope is not None:
            self.node.refuse(envelope, f"actor_down: {self.down_because}")

    def _mailbox_lost(self, envelope: Envelope | None) -> None:
        self._ground.count("mail_of_another_life", self._name)
        if envelope is not None:
            self._indefinite(envelope)

    def _indefinite(self, envelope: Envelope) -> None:
        if envelope.request and envelope.reply_to:
            answer, e = Refused(code="ActorCrashed"), envelope
            self._ground.post(
                Envelope(self.address, e.reply_to, answer, request=e.request, cause=e.cause, origin=e.origin)
            )

    # -- crashes -------------------------------------------------------------

    def _crashed(self, error: Exception, envelope: Envelope | None) -> None:
        now = self._ground.now(self.node.name)
        self.node.report_crash(self, error, envelope.cause if envelope is not None else "")
        if envelope is not None:
            self._indefinite(envelope)
        provoked = envelope is not None and envelope.origin != "home"
        directive = self._restarts.crashed(error, now, provoked=provoked)
        if directive is Directive.RESTART:
            self._restart_after(self._restarts.pause_ns, error)
        elif directive is Directive.STOP:
            self.stop(f"the same failed again after a restart: {error}")
        else:
            self.end("gave up")
            self.node.fail(f"{self.address} crashed too often: {error!r}")

    def _restart_after(self, pause_ns: int, error: Exception) -> None:
        if not pause_ns:
            self.restart()
            return
        self.end(f"crashed again on mail from outside and begins anew in {pause_ns // 1_000_000} ms: {error!r}")
        self._next_life = self._ground.later(self.node.name, pause_ns, self._begin_late)

    def _begin_late(self) -> None:
        self._next_life = None
        self.begin()

    # -- effects -------------------------------------------------------------

    def _carry_out(self, life: Life, effects: list[Effect]) -> None:
        records: list[JournalRecord] = []
        for effect in effects:
            if type(effect) is Send:
                if life.may_leave(effect):
                    self._ground.post(effect.envelope)
            elif type(effect) is Persist:
                records.append(effect.record)
                if not life.actor.synced:
                    life.durable = effect.number
            elif type(effect) is SetTimer:
                self._timers.set(life, effect)
            else:
                self._carry_out_rare(life, effect)
        if records:
            self._persist(life, records)

    def _carry_out_rare(self, life: Life, effect: Effect) -> None:
        match effect:
            case CancelTimer():
                self._timers.cancel(life, effect.name)
            case RunJob():
                self._run(life, effect.job)
            case Note():
                self._ground.note(self.address, effect.event, effect.cause)
            case Count():
                self._ground.count(effect.what, self._name)
            case Spawn():
                self.node.spawn(self, effect.spec)
            case StopActor():
                self.stop(effect.why)

    def _persist(self, life: Life, records: list[JournalRecord]) -> None:
        ledger = self._ground.ledger(self.node.name)
        upto = life.persisted
        ledger.write(self.role, records, lambda: self._written(life, upto))

    def _written(self, life: Life, upto: int) -> None:
        if self.life is not life:
            self._ground.count("durable_of_another_life", self._name)
            return
        # Durable first: what this sync lets go may come straight back to the actor.
        self._ground.enqueue(self, life.number, Durable(upto=upto), None)
        for send in life.written(upto):
            self._ground.post(send.envelope)

    def _timer_due(self, life: Life, message: Message) -> None:
        if self.life is life:
            self._ground.enqueue(self, life.number, message, None)

    def _run(self, life: Life, job: Message) -> None:
        self._ground.run(self.node.name, job, lambda result: self._job_done(life, result))

    def _job_done(self, life: Life, result: Message) -> None:
        if self.life is life:
            self._ground.enqueue(self, life.number, result, None)
        else:
            self._ground.count("job_of_another_life", self._name)
