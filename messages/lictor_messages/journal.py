"""Records of the journal: a Raft log's verbs and small named cells."""

from __future__ import annotations

from lictor_messages.base import Message


class Append(Message):
    """An entry joins the end of the log."""

    index: int
    term: int
    data: bytes


class TruncateFrom(Message):
    """The log loses every entry from ``index`` on: they conflicted with the leader's."""

    index: int


class Cell(Message):
    """A small named value; the last one written wins, empty data removes it. Raft's term and vote live here."""

    name: str
    data: bytes


class Compact(Message):
    """A snapshot now stands for every entry up to and including ``upto``."""

    upto: int
    term: int
    snapshot: bytes


JournalRecord = Append | TruncateFrom | Cell | Compact
