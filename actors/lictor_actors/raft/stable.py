"""What survives a crash: term, vote and log, and how much of it is on disk already."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.log import Entry, Log, from_body
from lictor_actors.raft.membership import Membership
from lictor_messages.journal import Append, Cell, Compact, JournalRecord, TruncateFrom

TERM_CELL = "term"
_TERM = struct.Struct(">Q")


class Stable:
    """Every change goes to the journal in the turn that makes it; sends that rest on it wait by themselves."""

    __slots__ = ("_pending", "_vote_number", "durable_index", "log", "membership", "term", "vote", "vote_durable")

    def __init__(self) -> None:
        self.term = 0
        self.vote = ""
        """Whom this server voted for in ``term``, "" for nobody."""
        self.vote_durable = True
        self.log = Log()
        self.membership = Membership()
        self.durable_index = 0
        """The end of the log that is on disk: what this server may count itself for."""
        self._vote_number = 0
        self._pending: deque[tuple[int, int]] = deque()

    def recover(self, record: JournalRecord) -> None:
        """Replay one record of the journal; what the journal gives back is on disk."""
        match record:
            case Append(index=index, term=term, data=body):
                self._add(from_body(index, term, body))
            case TruncateFrom(index=index):
                self._cut(index)
            case Cell(name=name, data=data) if name == TERM_CELL:
                (self.term,) = _TERM.unpack_from(data)
                self.vote = data[_TERM.size :].decode()
            case Compact(upto=upto, term=term):
                self.log.compact(upto, term)
            case Cell():
                pass
        self.durable_index = self.log.last_index

    def set_term(self, term: int, vote: str, turn: Turn) -> None:
        """Term and vote change as one: a crash in between could otherwise lead to two votes in a term."""
        if term < self.term or (term == self.term and self.vote not in ("", vote)):
            raise ValueError(f"term {self.term} with vote {self.vote!r} cannot become {term} with {vote!r}")
        self.term, self.vote = term, vote
        self._vote_number = turn.persist(Cell(name=TERM_CELL, data=_TERM.pack(term) + vote.encode()))
        self.vote_durable = False

    def append(self, entries: Sequence[Entry], turn: Turn) -> None:
        """Add entries to the end of the log."""
        number = 0
        for entry in entries:
            self._add(entry)
            number = turn.persist(Append(index=entry.index, term=entry.term, data=entry.body))
        if number:
            self._pending.append((number, self.log.last_index))

    def truncate_from(self, index: int, turn: Turn) -> None:
        """Drop the entries from ``index`` on; what is still being written there no longer counts."""
        self._cut(index)
        turn.persist(TruncateFrom(index=index))
        self.durable_index = min(self.durable_index, index - 1)
        self._pending = deque((number, min(last, index - 1)) for number, last in self._pending)

    def durable(self, upto: int) -> None:
        """Records up to number ``upto`` of this life are on disk."""
        while self._pending and self._pending[0][0] <= upto:
            self.durable_index = max(self.durable_index, self._pending.popleft()[1])
        if upto >= self._vote_number:
            self.vote_durable = True

    def _add(self, entry: Entry) -> None:
        self.log.append(entry)
        self.membership.appended(entry)

    def _cut(self, index: int) -> None:
        self.log.truncate_from(index)
        self.membership.truncated_from(index)
