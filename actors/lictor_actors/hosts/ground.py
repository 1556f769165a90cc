"""What a node needs of its ground: clocks, timers, a bus, disks, jobs. Live and world each give it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Protocol

from lictor_actors.hosts.lanes import Lanes
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Samples
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.host import PoolLane
from lictor_messages.journal import JournalRecord
from lictor_messages.keyring import ChangeKeyring, KeyringChanged

if TYPE_CHECKING:
    from lictor_actors.hosts.seat import Seat


class Handle(Protocol):
    """A timer that can be called off."""

    def cancel(self) -> None:
        """Forget it; harmless if it has fired."""
        ...


class Ledger(Protocol):
    """One node's journal, with many writers and one sync for all of them."""

    def recovered(self, stream: str) -> list[JournalRecord]:
        """What the stream held at start or after the writes of its earlier lives."""
        ...

    def write(self, stream: str, records: Sequence[JournalRecord], written: Callable[[], None]) -> None:
        """Append; ``written`` is called once the records are durable."""
        ...

    def close_life(self, stream: str) -> None:
        """A life ended: what it wrote is settled before the next life reads it; its notices are void."""
        ...


class Ground(Protocol):
    """Everything outside a node."""

    def now(self, node: str) -> int:
        """The node's monotonic clock in nanoseconds."""
        ...

    def wall(self, node: str) -> int:
        """The node's wall clock, nanoseconds since 1970."""
        ...

    def stream(self, node: str, role: str) -> Random:
        """The random stream of one actor."""
        ...

    def secret(self, node: str, size: int) -> bytes:
        """Unpredictable bytes for one node."""
        ...

    def buggify(self, node: str) -> Callable[[str], bool] | None:
        """The world's rare-event switch; None in production."""
        ...

    def samples(self, node: str) -> Samples:
        """What takes the values of the metrics of this node."""
        ...

    def later(self, node: str, after: int, call: Callable[[], None]) -> Handle:
        """Call after so many of the node's nanoseconds."""
        ...

    def seated(self, role: str, actor: Actor) -> None:
        """A life is about to begin: what its class declares of its role is known from now on."""
        ...

    def enqueue(self, seat: Seat, life: int, message: Message, envelope: Envelope | None) -> None:
        """Put one message on the run queue; ``seat.take`` gets it in a later turn, never re-entrantly."""
        ...

    def post(self, envelope: Envelope) -> None:
        """Hand to the bus, to this node or another; never blocks, never raises."""
        ...

    def locate(self, node: str, other: str, pool: PoolLane, lanes: Lanes | None) -> None:
        """Directory of ``node``: by this pool ``other`` is reached there (None: nowhere any more)."""
        ...

    def locate_all(self, node: str, lanes: Mapping[str, Lanes]) -> None:
        """Directory of ``node``: by the datacenter's own pool all these are reached there. Shared, not copied."""
        ...

    def change_keyring(self, node: str, asked: ChangeKeyring) -> KeyringChanged:
        """Do this to the keyring of a pool that ``node`` is in."""
        ...

    def redial(self, node: str, other: str) -> None:
        """Close the pipes from ``node`` to ``other`` and dial afresh."""
        ...

    def run(self, node: str, job: Message, done: Callable[[Message], None]) -> None:
        """Do outside work; ``done`` gets its result."""
        ...

    def ledger(self, node: str) -> Ledger:
        """The node's journal."""
        ...

    def count(self, what: str, node: str = "") -> None:
        """One more of these, for this node or for all of the process; every drop has a name."""
        ...

    def note(self, who: str, event: str, cause: str = "") -> None:
        """Put a line on the timeline; ``cause``: of the request that it belongs to."""
        ...

    def crashed(self, who: str, error: Exception, cause: str = "") -> None:
        """An actor raised: keep the traceback for people."""
        ...

    def actor_stopped(self, who: str, why: str) -> None:
        """An actor is down for good, and its node goes on without it: people have to hear of that."""
        ...

    def node_ended(self, node: str, why: str) -> None:
        """All actors of the node are gone."""
        ...
