"""An actor of your own: it counts, exactly once each, and remembers across a crash. It knows no host and no clock."""

from __future__ import annotations

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Handlers, Vocabulary
from lictor_messages.base import WIRE, Message
from lictor_messages.host import Durable, Recovered
from lictor_messages.journal import Cell

QUIET_NS = 1_000_000_000


class Click(Message, kind="own_actor.click", on=WIRE):
    """The click of this number, by this person; answered by Total. Saying it again changes nothing."""

    by: str
    number: int


class Total(Message, kind="own_actor.total", on=WIRE):
    """So many clicks so far."""

    clicks: int


class Quiet(Message):
    """The timer: no click has come for a second."""


class Counter(Actor):
    """Keeps each person's latest number in a cell of its journal; the total is their sum."""

    hears = Vocabulary().on(Click, by=By.ANYONE).on(Quiet, Recovered, Durable)
    journalled = synced = True  # it wants its journal back at start; no answer leaves before the disk has the cell

    def __init__(self) -> None:
        self.latest: dict[str, int] = {}
        self._handlers = Handlers(
            self.hears,
            {Click: self._click, Quiet: self._quiet, Recovered: self._recovered, Durable: self._durable},
        )

    def handle(self, message: Message, turn: Turn) -> None:
        self._handlers[type(message)](message, turn)

    def _click(self, click: Click, turn: Turn) -> None:
        if click.number == self.latest.get(click.by, 0) + 1:
            self.latest[click.by] = click.number
            turn.persist(Cell(name=click.by, data=str(click.number).encode()))
        turn.reply(Total(clicks=sum(self.latest.values())))
        turn.set_timer("quiet", QUIET_NS, Quiet())

    def _quiet(self, _: Quiet, turn: Turn) -> None:
        turn.note(f"counted {sum(self.latest.values())}")

    def _recovered(self, batch: Recovered, _: Turn) -> None:
        self.latest |= {cell.name: int(cell.data) for cell in batch.records if isinstance(cell, Cell)}

    def _durable(self, _: Durable, turn: Turn) -> None:
        """The disk has what was persisted: nothing to do, because the host held the answer back until now."""
