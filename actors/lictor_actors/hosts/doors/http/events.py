"""What an HTTP connection wishes of its socket and of the actors behind it, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import NamedTuple

from lictor_messages.web import HttpAsked, LogTail


class Form(NamedTuple):
    """How an answer has to leave."""

    head: bool = False
    """Without its body, but with its length."""
    http10: bool = False
    close: bool = False
    """It is the last of its connection."""
    gzips: bool = False
    """The client accepts gzip."""


form = cache(Form)
"""A ``Form`` by its fields in order: there are sixteen, and to find one takes a third of the time of making it."""


@dataclass(slots=True)
class Asked:
    """A complete request, and how its answer has to leave. It is to be asked.

    Not frozen, for the same reason as effects: see ``kernel.effects``.
    """

    asked: HttpAsked
    form: Form


class BodyPiece(NamedTuple):
    """Of a large body, which is not kept here: its next piece. The request itself follows the last, without a body."""

    data: bytes


class AnswerPiece(NamedTuple):
    """Of a large answer: to be written, and what follows it only in another turn of the loop."""

    data: bytes


class Follow(NamedTuple):
    """The head of an answer is said: the machine is to be given lines of the log from now on."""

    log: LogTail


class LastWords(NamedTuple):
    """To be written, and then our half of the connection is to be closed."""

    data: bytes


class Close(Enum):
    """The connection is to be closed once all is written."""

    CLOSE = "close"


CLOSE = Close.CLOSE
Event = Asked | bytes | BodyPiece | AnswerPiece | Follow | LastWords | Close
"""``bytes`` are to be written."""
