"""User events: Lamport-clocked, delivered at most once, in a ring of the recent ones (Serf)."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.marks import mark
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.updates import Hearing
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.members import EventFired, FireEvent, UserEvent
from lictor_messages.refusals import Refused

FARTHEST = 2**32
"""How far above the own clock a time is believed. An event from further away is ignored; a clock that is further away
is approached by so much with each exchange of views, which are seconds apart where they differ. One forged time can
thus hide others' events from those who heard it until the next exchange has moved all clocks up, and not for good;
and an honest clock is never so far ahead: at a thousand events a second that takes fifty days of absence."""
RING = 512
"""Lamport times remembered; an event further behind the clock is too old to be told from a repeat."""


class LamportClock:
    """The next time to use; hearing a time moves it past that time (Lamport 1978)."""

    __slots__ = ("time",)

    def __init__(self) -> None:
        self.time = 1

    def tick(self) -> int:
        """A time later than every time heard so far."""
        self.time += 1
        return self.time - 1

    def witness(self, time: int) -> None:
        """A node used this time."""
        self.time = max(self.time, time + 1)


class UserEvents:
    """Fires and receives user events."""

    def __init__(self, profile: Profile, gossiper: Gossiper, listeners: Listeners) -> None:
        self.clock = LamportClock()
        self.sum = 0
        """Exclusive or of the marks of the ring's events."""
        self._oldest = 0
        self._ring: list[tuple[int, tuple[bytes, ...]]] = [(0, ())] * RING
        self._profile = profile
        self._gossiper = gossiper
        self._listeners = listeners

    def fire(self, request: FireEvent, turn: Turn) -> None:
        """Start an event here; this node hears it like every other."""
        if self._size(request) > self._profile.event_bytes_max:
            limit = self._profile.event_bytes_max
            turn.reply(Refused(code="BadRequest", text=f"user event exceeds sane limit of {limit} bytes"))
            return
        event = UserEvent(**request.model_dump(), ltime=self.clock.tick())
        self._deliver(event, pack_body(event), turn)
        turn.reply(EventFired(id=request.id))

    def heard(self, event: Message, data: bytes, hearing: Hearing, turn: Turn) -> bool:
        """An event from elsewhere: old ones and repeats stop here."""
        assert isinstance(event, UserEvent)
        if event.ltime > self.clock.time + FARTHEST:
            turn.count("gossip_ltime_too_far")
            return False
        if self._size(event) > self._profile.event_bytes_max:
            turn.count("gossip_refused_event_size")
            return True
        self.clock.witness(event.ltime)
        too_old = event.ltime < max(self._oldest, self.clock.time - RING)
        if not too_old and data not in self._slot(event.ltime):
            self._deliver(event, data, turn)
        return True

    def approach(self, time: int, turn: Turn) -> int:
        """What to believe of the clock that another node says it has."""
        if time <= self.clock.time + FARTHEST:
            return time
        turn.count("gossip_ltime_too_far")
        return self.clock.time + FARTHEST

    def skip_past(self, time: int) -> None:
        """This node has just joined: what happened before that is not its business."""
        self._oldest = max(self._oldest, time)

    def recent(self) -> list[bytes]:
        """The events of the ring, oldest first, for a push/pull."""
        return [data for _, slot in sorted(self._ring, key=lambda entry: entry[0]) for data in slot]

    @staticmethod
    def _size(event: FireEvent | UserEvent) -> int:
        return len(event.name.encode()) + len(event.payload)

    def _slot(self, ltime: int) -> tuple[bytes, ...]:
        held, events = self._ring[ltime % RING]
        return events if held == ltime else ()

    def _deliver(self, event: UserEvent, data: bytes, turn: Turn) -> None:
        self._keep(event.ltime, data)
        self._gossiper.spread(f"event:{event.ltime}:{event.id}", data, turn, event=True)
        self._listeners.tell(event, turn)

    def _keep(self, ltime: int, data: bytes) -> None:
        held, events = self._ring[ltime % RING]
        if held != ltime:
            for old in events:
                self.sum ^= mark(old)
            events = ()
        self._ring[ltime % RING] = (ltime, (*events, data))
        self.sum ^= mark(data)
