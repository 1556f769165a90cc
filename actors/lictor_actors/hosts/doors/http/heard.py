"""Requests that come again in the same bytes: a client that polls over one connection is parsed once."""

from __future__ import annotations

from lictor_actors.hosts.doors.http.events import Asked

REQUESTS_MOST = 1024
"""More, and all are forgotten: blocking queries change their words with every index."""
BYTES_MOST = 1024
"""Longer requests are parsed each time."""


class Heard:
    """By the client's address, with the rule that let it in, and the bytes of a whole request without a body."""

    __slots__ = ("_requests",)

    def __init__(self) -> None:
        self._requests: dict[tuple[str, bytes], Asked] = {}

    def find(self, speaker: str, data: bytes) -> Asked | None:
        """What these bytes say if they begin a request; None if they have to be parsed."""
        return self._requests.get((speaker, data))

    def keep(self, speaker: str, data: bytes, item: Asked) -> None:
        """These bytes, all of them, were this request, and its connection goes on."""
        if len(data) > BYTES_MOST or item.asked.body or item.form.close:
            return
        if len(self._requests) >= REQUESTS_MOST:
            self._requests.clear()
        self._requests[speaker, data] = item
