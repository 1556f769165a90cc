"""HTTP as messages, so that the simulator tests the gateway too."""

from __future__ import annotations

from lictor_messages.base import Message


class HttpAsked(Message):
    """One HTTP request, headers in lower case; ``connection`` is the host's own number for it.

    Its envelope comes from ``http@node`` with a request id; the answer is a reply.
    """

    method: str
    target: str
    """Path and query as they were sent, still escaped."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    peer: str = ""
    """``ip`` of the client."""


class HttpAnswered(Message):
    """The whole response; the host adds Content-Length and Date, and compresses if it was asked to."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class HttpGone(Message):
    """The client of this request has hung up: nobody waits for its answer any more."""

    request: str
