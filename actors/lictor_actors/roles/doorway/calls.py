"""What a gateway remembers of the requests it has asked: who waits for which, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lictor_actors.kernel.turn import Ticket
from lictor_actors.roles.api.ask import Ask
from lictor_actors.roles.api.collecting import Collecting
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.gateway.read_cache import CachedRead
from lictor_messages.base import Message
from lictor_messages.refusals import Refused

BUCKET_NS = 250_000_000


@dataclass(slots=True)
class Waiter:
    """One HTTP request that waits for an answer."""

    ticket: Ticket
    plan: Ask
    request: HttpRequest
    due: int
    """When its own ``wait`` is over; it may have joined a query that ends earlier."""
    known: CachedRead | None = None
    """For a read that comes again and again."""


@dataclass(slots=True)
class Call:
    """One request to the agent and all who wait for its answer: equal blocked queries share one."""

    number: int
    message: Message
    plan: Ask
    deadline: int
    known: CachedRead | None = None
    """For a read that comes again and again and does not block."""
    waiters: dict[str, Waiter] = field(default_factory=dict)
    """By the id of the HTTP request."""
    request: str = ""
    """Id of the request that is under way, "" while the call is held for its next try."""
    refusal: Refused | None = None
    """Why the last try failed."""
    hold_until: int = 0
    """When holding ends; counted from the first refusal."""
    sent: int = -1
    """When the last try was sent, -1 before the first."""
    doubtful: str = ""
    """Id under which a write may have been carried out: every further try has it too, so that twice is once, and no
    refusal is definite any more."""
    wait_over: int = 0
    """When the server answers a blocked query even if nothing has changed."""
    parked: bool = False
    """True for a blocked query that equal ones may join."""
    collecting: Collecting | None = None
    """What has come of a large answer."""


class Deadlines:
    """Calls by the quarter of a second in which they run out: one timer serves them all.

    Nearly every call is answered long before, so adding and dropping must cost next to nothing; being late by a
    quarter of a second is no harm after seven seconds.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, dict[int, None]] = {}

    def add(self, call: Call) -> int:
        """Watch the call's deadline; returns when to look."""
        bucket = -(-call.deadline // BUCKET_NS)
        self._buckets.setdefault(bucket, {})[call.number] = None
        return bucket * BUCKET_NS

    def drop(self, call: Call) -> None:
        """The call has ended."""
        bucket = -(-call.deadline // BUCKET_NS)
        numbers = self._buckets.get(bucket)
        if numbers is not None and numbers.pop(call.number, self) is None and not numbers:
            del self._buckets[bucket]

    def expired(self, now: int) -> Iterator[int]:
        """Numbers of the calls whose time is over, oldest first; they are forgotten here."""
        for bucket in sorted(b for b in self._buckets if b * BUCKET_NS <= now):
            yield from self._buckets.pop(bucket)

    def next(self) -> int | None:
        """When to look again, None if nothing is watched."""
        return min(self._buckets) * BUCKET_NS if self._buckets else None
