"""What an actor hears and which senders it hears: declared by its class, so that the bus refuses the rest.

A kind that is declared without an audience is heard from the actor's own node alone: timers, notices of the host,
results of jobs, answers. Answers may come from elsewhere too: by the id of a question that this life has asked (see
``bus/intake.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Flag, auto
from typing import Any, TypeVar

from lictor_actors.kernel.turn import Turn
from lictor_messages.base import Message

Handler = Callable[[Any, Turn], object]
T = TypeVar("T")


class UnknownMessage(TypeError):
    """The actor has no line for this kind of message."""

    def __init__(self, kind: type[Message]) -> None:
        super().__init__(f"no line for {kind.kind}: declare it in the actor's `hears` and give it a handler")
        self.kind = kind.kind


class By(Flag):
    """Who may say a kind, beside the actor's own node."""

    HOME = 0
    """No one else."""
    PEERS = auto()
    """Actors of the same role, on any node."""
    NODES = auto()
    """The roles that ``asked_by`` names, of any node, as a request that is to be answered."""
    CLIENTS = auto()
    """Client actors, through a door of this node, as a request."""
    NAMESAKES = auto()
    """A node that has our own node's name, which nothing else comes in: a join to an address of ours, or a namesake."""
    ANYONE = auto()
    """Any actor of any node, as a request or not. For actors of one's own; none of Lictor's hears so."""


class Vocabulary:
    """The kinds that an actor hears. A declaration holds for the kinds derived from it, too, until a nearer one."""

    def __init__(self, *rows: tuple[type[Message], By], any_answer: bool = False, askers: tuple[str, ...] = ()) -> None:
        """``any_answer``: to its own requests it takes answers of every kind, declared or not."""
        self.askers = askers
        """The roles from which it hears what it declares ``by=By.NODES``."""
        self._rows = dict(rows)
        self._any_answer = any_answer
        self._found: dict[type[Message], By | None] = {}

    def on(self, *kinds: type[Message], by: By = By.HOME) -> Vocabulary:
        """This vocabulary and these kinds."""
        rows = (*self._rows.items(), *((kind, by) for kind in kinds))
        return Vocabulary(*rows, any_answer=self._any_answer, askers=self.askers)

    def asked_by(self, *roles: str) -> Vocabulary:
        """This vocabulary, whose requests ``by=By.NODES`` come from actors of these roles."""
        return Vocabulary(*self._rows.items(), any_answer=self._any_answer, askers=roles)

    @property
    def kinds(self) -> tuple[type[Message], ...]:
        """What is declared, in order."""
        return tuple(self._rows)

    def audience(self, kind: type[Message]) -> By | None:
        """Who may say this kind, None if the actor does not hear it at all."""
        try:
            return self._found[kind]
        except KeyError:
            found = self._found[kind] = _nearest(self._rows, kind)
            return found

    def answerable(self, kind: type[Message]) -> bool:
        """True if a request of this actor may be answered with this kind."""
        return self._any_answer or self.audience(kind) is not None

    def hears(self, kind: type[Message], by: By) -> bool:
        """True if this kind may come from there."""
        audience = self.audience(kind)
        return audience is not None and bool(audience & by)


class Handlers(dict[type[Message], Handler]):
    """What a life does about each kind of its vocabulary: found by class, the nearest base included.

    Raises UnknownMessage on a look-up that finds nothing, and ValueError if a kind is declared and not handled or
    handled and not declared.
    """

    def __init__(self, hears: Vocabulary, rows: Mapping[type[Message], Handler]) -> None:
        super().__init__(rows)
        self._rows = dict(rows)
        mute = ", ".join(kind.__name__ for kind in hears.kinds if kind not in rows)
        if mute:
            raise ValueError(f"the actor's `hears` declares {mute}, for which there is no handler: add one")
        deaf = ", ".join(kind.__name__ for kind in rows if kind not in hears.kinds)
        if deaf:
            raise ValueError(f"there is a handler for {deaf}, which the actor's `hears` does not declare: add it")

    def __missing__(self, kind: type[Message]) -> Handler:
        found = _nearest(self._rows, kind)
        if found is None:
            raise UnknownMessage(kind)
        self[kind] = found
        return found


def _nearest(rows: Mapping[type[Message], T], kind: type[Message]) -> T | None:
    """The row of this class, or of the nearest of its bases that has one."""
    return next((rows[base] for base in kind.__mro__ if base in rows), None)
