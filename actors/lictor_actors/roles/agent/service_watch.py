"""Who waits for one of this agent's services to change: known by the hash of its content, not by an index."""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.consul.content_hash import content_hash
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.agent.local_state import LocalState
from lictor_messages.agent import LocalServices, ServiceWaitDue, WatchLocalService
from lictor_messages.catalog import ServiceRecord

JITTER_FRACTION = 16
"""Askers that began together do not come back together."""


@dataclass(slots=True)
class ServiceWaiter:
    """One that knows this content of a service."""

    ticket: Ticket
    service: str
    hash: str
    seen: ServiceRecord
    """What was looked at last: another object may have other content."""


class ServiceWatch:
    """The waiters on the services of this agent."""

    def __init__(self, local: LocalState) -> None:
        self._local = local
        self._waiters: dict[int, ServiceWaiter] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiters)

    def asked(self, watch: WatchLocalService, turn: Turn) -> None:
        """Answer at once, unless the service is as the asker knows it."""
        record = self._record(watch.id)
        if record is None or watch.wait_ns <= 0 or content_hash(record) != watch.hash:
            turn.reply(_answer(record))
            return
        self._count += 1
        self._waiters[self._count] = ServiceWaiter(turn.ticket(), watch.id, watch.hash, record)
        wait = watch.wait_ns + turn.rng.randrange(watch.wait_ns // JITTER_FRACTION + 1)
        turn.set_timer(f"service:{self._count}", wait, ServiceWaitDue(waiter=self._count))

    def waited(self, number: int, turn: Turn) -> None:
        """A waiter's time is up: it gets the service as it is."""
        waiter = self._waiters.pop(number, None)
        if waiter is not None:
            turn.answer(waiter.ticket, _answer(self._record(waiter.service)))

    def look(self, turn: Turn) -> None:
        """Something may have changed: answer those whose service has."""
        for number, waiter in list(self._waiters.items()):
            record = self._record(waiter.service)
            if record is waiter.seen:
                continue
            if record is not None and content_hash(record) == waiter.hash:
                waiter.seen = record
                continue
            del self._waiters[number]
            turn.cancel_timer(f"service:{number}")
            turn.answer(waiter.ticket, _answer(record))

    def _record(self, service_id: str) -> ServiceRecord | None:
        service = self._local.services.get(service_id)
        return None if service is None else service.record


def _answer(record: ServiceRecord | None) -> LocalServices:
    return LocalServices(services=() if record is None else (record,))
