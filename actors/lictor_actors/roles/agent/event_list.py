"""The last user events that a node has seen, and who waits for the next one (Consul's /v1/event/list)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.admission import negative_wait
from lictor_actors.store.filter.patterns import BadPattern, found
from lictor_messages.agent import Events, EventWaitDue, ListEvents
from lictor_messages.catalog import ServiceRecord
from lictor_messages.members import UserEvent

WAIT_NS = 300_000_000_000
WAIT_MOST_NS = 600_000_000_000


@dataclass(slots=True)
class Waiter:
    """A blocking ListEvents."""

    ticket: Ticket
    name: str
    index: int
    sight: Sight | None


class EventList:
    """A ring of events with the waiters on it."""

    def __init__(self, most: int) -> None:
        self._events: deque[UserEvent] = deque(maxlen=most)
        self._waiters: dict[int, Waiter] = {}
        self._count = 0

    def asked(self, query: ListEvents, sight: Sight | None, turn: Turn) -> None:
        """Answer, or wait while the list's index is still the one that the asker knows; ``sight``: who may see what."""
        events = self._named(query.name, sight)
        if not query.min_index or query.min_index != index_of(events):
            turn.reply(_answer(events))
            return
        if query.wait_ns < 0:
            turn.reply(negative_wait(query.wait_ns))
            return
        self._count += 1
        self._waiters[self._count] = Waiter(turn.ticket(), query.name, query.min_index, sight)
        wait = min(query.wait_ns or WAIT_NS, WAIT_MOST_NS)
        # Jitter, so that askers that began together do not come back together.
        wait += turn.rng.randrange(wait // 16 + 1)
        turn.set_timer(f"event:{self._count}", wait, EventWaitDue(waiter=self._count))

    def waited(self, number: int, turn: Turn) -> None:
        """A waiter's time is up: it gets the list as it is."""
        waiter = self._waiters.pop(number, None)
        if waiter is not None:
            turn.answer(waiter.ticket, _answer(self._named(waiter.name, waiter.sight)))

    def happened(self, event: UserEvent, turn: Turn) -> None:
        """One more event: wake those whose list it changed."""
        self._events.append(event)
        for number, waiter in list(self._waiters.items()):
            events = self._named(waiter.name, waiter.sight)
            if index_of(events) != waiter.index:
                del self._waiters[number]
                turn.cancel_timer(f"event:{number}")
                turn.answer(waiter.ticket, _answer(events))

    def _named(self, name: str, sight: Sight | None) -> tuple[UserEvent, ...]:
        named = (event for event in self._events if not name or event.name == name)
        return tuple(event for event in named if sight is None or sight.sees("event", "read", event.name))


def index_of(events: tuple[UserEvent, ...]) -> int:
    """XOR of the halves of the last event's UUID, 1 if there is none: it names the list, it does not grow."""
    if not events:
        return 1
    try:
        uuid = int(events[-1].id.replace("-", ""), 16)
    except ValueError:
        return 1
    # What gossip brings may have any length, and an index has 64 bits.
    return ((uuid >> 64) ^ uuid) & 0xFFFF_FFFF_FFFF_FFFF or 1


def concerns(event: UserEvent, node: str, services: Iterable[ServiceRecord]) -> bool:
    """True if the event's filters select this node: by its name, by a service it has, by a tag of that service.

    A filter that is no pattern selects no node: one bad event must not fell every agent that hears of it.
    """
    try:
        return _selects(event, node, services)
    except BadPattern:
        return False


def _selects(event: UserEvent, node: str, services: Iterable[ServiceRecord]) -> bool:
    if event.node_filter and not found(event.node_filter, node):
        return False
    if not event.service_filter:
        return True
    return any(
        found(event.service_filter, service.service)
        and (not event.tag_filter or any(found(event.tag_filter, tag) for tag in service.tags))
        for service in services
    )


def _answer(events: tuple[UserEvent, ...]) -> Events:
    return Events(index=index_of(events), events=events)
