"""One HTTP connection without a socket: bytes and answers in, events out, one request open at a time.

``now`` is the door's clock in whole seconds. After each input ``next`` is asked for events until the machine ``waits``.
A request that is complete while another is open waits here, and ``reads`` is False until it is its turn: a client that
pipelines faster than we answer fills its own socket buffer, not our memory. While a single request is open the shell
goes on reading, because that is how a hang-up shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lictor_actors.hosts.doors.http.events import CLOSE, AnswerPiece, Asked, BodyPiece, Event, Follow, LastWords
from lictor_actors.hosts.doors.http.phases import (
    ANSWERED,
    ASKED,
    BETWEEN,
    ENDED,
    FOLLOWING,
    LEAVING,
    LINGERING,
    OVER,
    SENDING,
    WAITING,
)
from lictor_actors.hosts.doors.http.reader import Read, Reader
from lictor_actors.hosts.doors.http.request import Refuse
from lictor_actors.hosts.doors.http.response import CONTINUE, refusal
from lictor_actors.hosts.doors.http.stream import chunk, open_head, pieces
from lictor_messages.web import HttpAnswered

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.http.premises import Premises
    from lictor_actors.hosts.doors.http.sites import Sites


class HttpMachine:
    """``since`` is when the present wait began."""

    def __init__(self, premises: Premises, sites: Sites, peer: str, now: int) -> None:
        self.phase = WAITING
        self.since = now
        self.number = 0
        """Of the request that was asked last."""
        self.waits = True
        """True once nothing is to be done before the next input."""
        self.reads = True
        """False while something that was read waits here: what follows is to stay in the socket."""
        self.reader = Reader(premises, sites, peer)
        self._read = self.reader.read
        self._premises = premises
        self._limits = premises.limits
        self._queue = self.reader.found
        self._blocked = self._hung_up = False
        self._asked: Asked | None = None
        self._answer: HttpAnswered | None = None
        self._pieces: Iterator[bytes] = iter(())
        self._closes = False
        self._follow: Follow | None = None
        self._chunked = True

    # -- in --------------------------------------------------------------------

    def receive(self, data: bytes, now: int) -> None:
        """The next bytes of the client, cut anywhere."""
        self.waits = False
        self._read(data, now)

    def answer(self, number: int, answered: HttpAnswered, now: int) -> bool:
        """The answer to the request of this number; False if it is the second one, or its client is gone."""
        if self.phase is not ASKED or number != self.number:
            return False
        self.phase, self._answer, self.since, self.waits = ANSWERED, answered, now, False
        return True

    def line(self, data: bytes) -> bytes | None:
        """A line of the log as it is to be written; None if the client does not read what it has got already."""
        if self.phase is not FOLLOWING or self._blocked:
            return None
        return chunk(data) if self._chunked else data

    def eof(self, now: int) -> bool:
        """The client has closed its half; False if nothing is owed to it any more. A sweep calls the rest off soon."""
        self.reader.end()
        self._hung_up, self.since = True, now
        return bool(self._queue) or self.phase in (ASKED, ANSWERED, SENDING, FOLLOWING)

    def block(self, now: int) -> None:
        """The client reads more slowly than we answer: nothing more is asked or sent until it has caught up."""
        self._blocked, self.since = True, now

    def unblock(self) -> None:
        """It has caught up."""
        self._blocked = self.waits = False

    def lost(self) -> None:
        """The connection is gone."""
        self.phase = OVER
        self._premises.done_with_large(self.reader)
        self.reader.free()

    def sweep(self, now: int) -> bool:
        """To be called once a second; True if something has waited for too long, so that the connection is to go."""
        waited, limits, reader = now - self.since, self._limits, self.reader
        if self.phase is not WAITING or self._blocked or not reader.reading:
            return waited > self._patience()
        if min(waited, now - reader.began) > limits.slow_sender_s + reader.body_size // limits.slow_sender_bytes:
            reader.refuse(Refuse(408, "Request timed out"))
            self.waits = False
        return False

    def _patience(self) -> float:
        limits = self._limits
        if self.phase is LINGERING:
            return limits.half_closed_s
        if self._blocked:
            return limits.slow_reader_s
        if self.phase is ASKED:
            return limits.half_closed_s if self._hung_up else limits.answer_s
        if self.phase is FOLLOWING:
            return limits.half_closed_s if self._hung_up else float("inf")
        if self.phase is SENDING:
            return float("inf")  # as fast as the client takes it
        return limits.idle_s

    # -- out -------------------------------------------------------------------

    def next(self, now: int) -> Event | None:
        """What is to be done next, if anything."""
        if self.phase is ANSWERED:
            said = self._say()
            if said is not None:
                return said
        if self.phase is WAITING:
            if not self._queue:
                return self._rest()
            if not self._blocked:
                return self._take(self._queue.popleft(), now)
        elif self.phase is SENDING and not self._blocked:
            return self._next_piece(now)
        elif self.phase is FOLLOWING and self._follow is not None:
            follow, self._follow = self._follow, None
            return follow
        elif self.phase is LEAVING:
            self.phase = OVER
            return CLOSE
        self.waits = True
        if self._queue:
            self.reads = False
        return None

    def _take(self, read: Read, now: int) -> Event:
        if type(read) is Asked:
            self.phase, self._asked, self.since = ASKED, read, now
            self.number += 1
            self.reader.open = True
            self.waits = not self._queue
            return read
        if isinstance(read, Refuse):
            # To close with unread input would reset the words away.
            self._queue.clear()
            self.phase, self.since = LINGERING, now
            self._premises.done_with_large(self.reader)
            return LastWords(refusal(read, self._premises.wall, self._premises.headers))
        assert isinstance(read, bytes | BodyPiece)
        return read

    def _say(self) -> bytes | None:
        """The answer, unless it is a large one."""
        asked, answered = self._asked, self._answer
        assert asked is not None
        assert answered is not None
        premises, form = self._premises, asked.form
        if premises.closed or (self._hung_up and not self._queue):
            form = form._replace(close=True)
        self._asked = self._answer = None
        if answered.log is not None:
            self.phase, self._follow, self._chunked = FOLLOWING, Follow(answered.log), not form.http10
            return open_head(answered, form, premises.wall, premises.headers)
        if answered.more:
            self.phase, self._closes = SENDING, form.close
            self._pieces = pieces(answered, form, premises.wall, premises.headers)
            return None
        self._said(form.close)
        return premises.encode(answered, form, premises.wall)

    def _next_piece(self, now: int) -> Event | None:
        piece = next(self._pieces, None)
        if piece is not None:
            return AnswerPiece(piece)
        self.since = now
        self._said(self._closes)
        return self.next(now)

    def _said(self, close: bool) -> None:
        self.reader.open = False
        if close:
            self.phase = LEAVING
            self.reader.end()
            self._queue.clear()
        else:
            self.phase = WAITING
            self.waits = self.reads and not self._queue and self.reader.at is BETWEEN and self._premises.large is None

    def _rest(self) -> Event | None:
        """Nothing is open: read on, or close if nothing more can come."""
        reader = self.reader
        if self._premises.large is reader and not reader.reading:
            self._premises.done_with_large(reader)
        if reader.at is ENDED:
            self.phase = OVER
            return CLOSE
        self.reads = self.waits = True
        if reader.owes_continue:
            reader.owes_continue = False
            return CONTINUE
        return None
