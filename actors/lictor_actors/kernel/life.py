"""One life of an actor: from a start to the crash or stop that ends it.

Request ids, timers, jobs and Durable notices carry the life; those of another life are dropped and counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from random import Random

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import Effect, Send
from lictor_actors.kernel.turn import Turn
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope

Samples = Mapping[str, list[float]]
"""By the name of a metric with its labels: takes values; each name is there as soon as it is asked for."""


class NotSampled(dict[str, list[float]]):
    """Takes values and keeps none."""

    def __missing__(self, _: str) -> list[float]:
        return []


NOT_SAMPLED: Samples = NotSampled()


class Life:
    """The actor object, its private streams and its sends that still wait for the journal."""

    __slots__ = (
        "_held",
        "_prefix",
        "_requests",
        "actor",
        "address",
        "buggify",
        "durable",
        "number",
        "persisted",
        "rng",
        "samples",
        "secret",
        "timers",
    )

    def __init__(
        self,
        actor: Actor,
        address: str,
        rng: Random,
        secret: Callable[[int], bytes],
        buggify: Callable[[str], bool] | None = None,
        samples: Samples = NOT_SAMPLED,
    ) -> None:
        self.actor = actor
        self.address = address
        self.rng = rng
        self.secret = secret
        self.buggify = buggify
        self.samples = samples
        self.number = int.from_bytes(secret(8), "big")
        self.persisted = 0
        self.durable = 0
        self.timers: dict[str, object] = {}
        self._prefix = f"{self.number:x}."
        self._requests = 0
        self._held: deque[Send] = deque()

    def new_request(self) -> str:
        """``life.count``: unique over all lives of all actors."""
        self._requests += 1
        return f"{self._prefix}{self._requests:x}"

    def asked(self, request: str) -> bool:
        """True if this life made that request id. Only actors that were asked know its 64 bits."""
        return request.startswith(self._prefix)

    def next_record(self) -> int:
        """The number that the next persisted record gets."""
        self.persisted += 1
        return self.persisted

    def start(self, now: int, wall: int) -> list[Effect]:
        """The first turn; returns its effects."""
        turn = Turn(self, now, wall, None)
        self.actor.start(turn)
        return turn.effects

    def turn(self, message: Message, envelope: Envelope | None, now: int, wall: int) -> list[Effect]:
        """One turn; returns its effects, or raises what the actor raised and has no effects at all."""
        turn = Turn(self, now, wall, envelope)
        self.actor.handle(message, turn)
        return turn.effects

    def may_leave(self, send: Send) -> bool:
        """True if the send need not wait; otherwise it is held until ``written`` releases it."""
        if send.early or send.after <= self.durable:
            return True
        self._held.append(send)
        return False

    def written(self, upto: int) -> list[Send]:
        """Records up to ``upto`` are durable: the sends that waited for them, in order."""
        self.durable = max(self.durable, upto)
        freed = []
        while self._held and self._held[0].after <= self.durable:
            freed.append(self._held.popleft())
        return freed
