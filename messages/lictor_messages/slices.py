"""Answers too large for one message: the server keeps their rows, and the gateway that asked reads slice by slice."""

from __future__ import annotations

from lictor_messages.answers import Answer, Query, Rendered
from lictor_messages.base import WIRE, Message


class LargeAnswer(Answer, kind="slices.large_answer", on=WIRE):
    """Instead of Rendered: an answer of one moment that is kept for a while, to be read with ReadSlice."""

    id: str
    server: str
    """Address of the server that keeps it: only that one can be asked for slices."""
    in_part: bool = False
    """Whether rows are left out that the asker may not see."""


class ReadSlice(Query, kind="slices.read_slice", on=WIRE):
    """Slice ``number``, from 0 on, of a large answer. Answered by AnswerSlice, or Refused NotReady: ask anew."""

    id: str
    number: int


class AnswerSlice(Answer, kind="slices.answer_slice", on=WIRE):
    """Some bytes of the JSON; ``done`` with the last of them."""

    number: int
    data: bytes
    done: bool = False


class Collected(Rendered):
    """A large answer as the doorway that read it has put it together; it never travels. ``more`` follows ``body``."""

    more: tuple[bytes, ...] = ()
    in_part: bool = False
    """As in LargeAnswer."""


class SliceDue(Message):
    """A server's timer: the next slice may be made."""


class LargeIdleDue(Message):
    """A server's timer: a large answer may have been kept for long enough."""
