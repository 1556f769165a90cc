"""User events: Lamport-clocked, delivered at most once, in a ring of the recent ones (Serf)."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.broadcasts import Rank
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.lamport import RING, LamportClock
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.marks import mark
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.updates import Hearing
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.members import EventFired, FireEvent, UserEvent
from lictor_messages.refusals import Refused


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
        if self.clock.too_far(event.ltime, turn):
            return False
        if self._size(event) > self._profile.event_bytes_max:
            turn.count("gossip_refused_event_size")
            return True
        self.clock.witness(event.ltime)
        if event.ltime < max(self._oldest, self.clock.time - RING):
            turn.count("gossip_events_too_old")
        elif data in self._slot(event.ltime):
            turn.count("gossip_events_repeated")
        else:
            self._deliver(event, data, turn)
        return True

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
        self._gossiper.spread(f"event:{event.ltime}:{event.id}", data, turn, Rank.EVENT)
        self._listeners.tell(event, turn)

    def _keep(self, ltime: int, data: bytes) -> None:
        held, events = self._ring[ltime % RING]
        if held != ltime:
            for old in events:
                self.sum ^= mark(old)
            events = ()
        self._ring[ltime % RING] = (ltime, (*events, data))
        self.sum ^= mark(data)
