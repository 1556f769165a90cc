"""What all connections of an HTTP door share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lictor_actors.hosts.doors.http.heard import Heard
from lictor_actors.hosts.doors.http.response import Encoder, header_lines

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.http.limits import HttpLimits


Headers = tuple[tuple[str, str], ...]


class Premises:
    """Their limits, what was heard and said before, and the room for one large body."""

    def __init__(self, limits: HttpLimits, headers: Headers = ()) -> None:
        self.heard = Heard()
        self.follow(limits, headers)
        self.closed = False
        """True once the door takes no more requests: answers that are still due end their connections."""
        self.wall = 0
        """Seconds since 1970, for the header Date."""
        self.large: object = None
        """Who holds the room for a body of more than ``limits.body``: one at a time, until it is answered."""

    def follow(self, limits: HttpLimits, headers: Headers) -> None:
        """From now on connections begin with these limits, and every answer bears these headers beside its own."""
        self.limits = limits
        self.headers = header_lines(headers)
        self.encode = Encoder(self.headers).encode

    def takes_large(self, reader: object) -> bool:
        """Whether this reader may go on with such a body."""
        if self.large is None:
            self.large = reader
        return self.large is reader

    def done_with_large(self, reader: object) -> None:
        """If this reader had such a body: it has been answered, or its client is gone."""
        if self.large is reader:
            self.large = None
