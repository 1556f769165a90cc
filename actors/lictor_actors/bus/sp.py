"""nng's wire protocol as far as Push and Pull, Req and Rep need it: a greeting each way, then frames with their length
in front.

Sources: the mappings of SP (Scalability Protocols) to TCP, sp-tcp-mapping-01, and to local sockets, sp-ipc-mapping-01;
over the latter each frame begins with a byte 1.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lictor_messages.addresses import split_host_port
from lictor_messages.codec import FrameRefused

PUSH_GREETS = b"\x00SP\x00\x00\x50\x00\x00"
PULL_GREETS = b"\x00SP\x00\x00\x51\x00\x00"
REQ_GREETS = b"\x00SP\x00\x00\x30\x00\x00"
REP_GREETS = b"\x00SP\x00\x00\x31\x00\x00"
_LENGTH_BYTES = 8
SILENT_S = 5
"""How long the other machine may leave unacknowledged what it was sent, or take nothing more: then the connection is
given up. Left alone the kernel tries for a quarter of an hour, at ever longer intervals, so a link that was cut for a
minute would stay dead for another one after it has healed."""
IDLE_S = 15
"""After so long without a word the kernel asks whether the other machine is still there."""
_OVER_TCP = [
    (level, getattr(socket, option), value)
    for level, option, value in (
        (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", IDLE_S),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", SILENT_S),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", 2),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", SILENT_S * 1000),
    )
    if hasattr(socket, option)  # not every system has all of them
]


class Endpoint(NamedTuple):
    """What a URL names: a path of a local socket, or a host and a port."""

    path: str
    host: str
    port: int

    @property
    def marker(self) -> bytes:
        """What each frame begins with there."""
        return b"\x01" if self.path else b""


def endpoint_of(url: str) -> Endpoint:
    """Raises ValueError for what is neither ``ipc://path`` nor ``tcp://host:port``."""
    scheme, _, place = url.partition("://")
    if scheme == "ipc" and place:
        return Endpoint(place, "", 0)
    why = ""
    if scheme == "tcp" and place:
        try:
            host, port = split_host_port(place.removesuffix("/"))
        except ValueError as error:
            why = f", it {error}"
        else:
            if host:
                return Endpoint("", host, port)
    raise ValueError(f"{url} is no address of a lane{why}: write tcp://HOST:PORT or ipc://PATH")


def is_gone(url: str) -> bool:
    """Whether this is a local socket without a file, in a directory that is there."""
    path = Path(endpoint_of(url).path) if url.startswith("ipc://") else None
    return path is not None and not path.exists() and path.parent.is_dir()


def made_ready(made: socket.socket) -> socket.socket:
    """Never blocks; sends small frames at once, and notices soon that the other machine is gone."""
    made.setblocking(False)
    if made.family != socket.AF_UNIX:
        for level, option, value in _OVER_TCP:
            made.setsockopt(level, option, value)
    return made


class Splitter:
    """Cuts what one socket sends into its frames; ``greets`` is how a socket of the kind that is expected begins."""

    def __init__(self, marker: bytes, bytes_max: int, greets: bytes = PUSH_GREETS) -> None:
        self._greets = greets
        self._marker = marker
        self._bytes_max = bytes_max
        self._head = len(marker) + _LENGTH_BYTES
        self.greeted = False
        """The other side has shown that it is a socket of that kind."""
        self._held = bytearray()
        self._wanted = len(greets)
        """How much there must be before it is looked at: a large frame is not copied for each of its pieces."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are complete now; raises FrameRefused for what no such socket of nng says."""
        if self._held or len(data) < self._wanted:
            self._held += data
            if len(self._held) < self._wanted:
                return
            data, self._held = bytes(self._held), bytearray()
        start = 0
        if not self.greeted:
            start = self._greeting(data)
        yield from self._frames(data, start)

    def _greeting(self, data: bytes) -> int:
        if not data.startswith(self._greets):
            raise FrameRefused("foreign_bytes")
        self.greeted = True
        return len(self._greets)

    def _frames(self, data: bytes, start: int) -> Iterator[bytes]:
        while True:
            body = start + self._head
            end = body + self._size(data, start) if body <= len(data) else body
            if end > len(data):
                break
            yield data[body:end]
            start = end
        self._wanted = end - start
        self._held += data[start:]

    def _size(self, data: bytes, start: int) -> int:
        if not data.startswith(self._marker, start):
            raise FrameRefused("foreign_bytes")
        size = int.from_bytes(data[start + len(self._marker) : start + self._head])
        if size > self._bytes_max:
            raise FrameRefused("too_large", f"{size} bytes")
        return size
