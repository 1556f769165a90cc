"""What an actor is: a unit of failure and of address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import UnknownMessage, Vocabulary
from lictor_messages.base import Message

Lane = Literal["gossip", "wan", "rest"]
"""The ways to another node: those of its gossip pools, whose frames are small and of which one may be lost, and that of
the rest."""

Reading = tuple[str, float]
"""A metric's name, with ``;label=value`` for each label, and its value."""


class Actor:
    """A plain object that reacts to one message at a time.

    ``start`` comes after birth and after each restart; a journalled actor then receives its journal as
    ``Recovered`` messages. ``handle`` runs to completion: it never awaits, sleeps, opens anything or reads a
    clock. If either raises, none of its effects happen and the supervisor restarts the actor.
    """

    hears: ClassVar[Vocabulary] = Vocabulary()
    """The kinds that it hears, and the senders of each. The bus refuses everything else."""
    journalled = False
    """True if the actor keeps a stream of the node's journal and wants it back at start."""
    synced = False
    """True if sends wait for an fsync. Otherwise nothing does, and what has to wait until something is on the disk
    waits in the actor itself, for ``Durable``."""
    lane: ClassVar[Lane] = "rest"
    """By which lane it is reached on other nodes."""
    shows: ClassVar[tuple[str, ...]] = ()
    """Its attributes that say how far its node has come (numbers and strings): the host reports them."""

    def start(self, turn: Turn) -> None:
        """Take the first breath."""

    def handle(self, message: Message, turn: Turn) -> None:
        """Handle one message: the actor's table of contents. Nothing falls through."""
        raise UnknownMessage(type(message))

    @property
    def standing(self) -> str:
        """How it stands now, as a note for an observer that begins to watch; "" if there is nothing to say."""
        return ""

    def readings(self) -> Iterable[Reading]:
        """Its gauges as they are, and what it has counted in this life: the host reads them when it is asked."""
        return ()

    def check(self) -> None:
        """Assert the actor's invariants; the simulator calls it after turns."""


class Poisoned(RuntimeError):
    """Handling ``what`` will fail again after every restart: a second time stops the actor and names it."""

    def __init__(self, what: str, why: BaseException, words: str = "") -> None:
        """``words``: what a person is to read of it, if that is known better than by the exception."""
        super().__init__(words or f"{what}: {why!r}")
        self.what = what
