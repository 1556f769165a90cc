"""Mail for one URL: our own queue in front of a Push0 socket without buffers.

nng says EAGAIN when it did not take a frame, so what it has not taken is still here: bounded in bytes and in age,
dropped by name, and for a request given back to its poster. Frames grow by themselves while the socket is busy.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from typing import Any

import pynng

from lictor_messages.codec import FRAME_MAX, frame
from lictor_messages.envelope import Envelope

Returned = Callable[[Envelope, str], None]
"""Takes back an envelope that was not handed over, and why."""

NO_PIPE_AGE_S = 1.0
"""How long mail waits for a peer that is not connected."""
STALLED_AGE_S = 10.0
"""How long mail waits for a connected peer that takes nothing."""


class Outbox:
    """The queue, the socket and what is known of the pipe behind it."""

    def __init__(
        self, url: str, cluster: bytes, loop: asyncio.AbstractEventLoop, returned: Returned, bytes_max: int
    ) -> None:
        self.url = url
        self.spoil_next = False
        """Fault: the next frame arrives with a byte changed."""
        self._cluster = cluster
        self._loop = loop
        self._returned = returned
        self._bytes_max = bytes_max
        self._mail: deque[tuple[float, Envelope, bytes]] = deque()
        self._bytes = 0
        self._pipes = 0
        self._watching = False
        self._sweep: asyncio.TimerHandle | None = None
        self._dialled = loop.time()
        self._socket: Any = pynng.Push0(send_buffer_size=0, reconnect_time_min=20, reconnect_time_max=200)
        self._socket.add_post_pipe_connect_cb(lambda _pipe: self._from_nng(1))
        self._socket.add_post_pipe_remove_cb(lambda _pipe: self._from_nng(-1))
        self._dialer = self._socket.dial(url, block=False)
        # A duplicate: the loop may outlive the descriptor that nng owns and closes with the socket.
        self._writable = os.dup(self._socket.send_fd)

    @property
    def connected(self) -> bool:
        """True while there is a pipe."""
        return self._pipes > 0

    def put(self, envelope: Envelope, packed: bytes) -> None:
        """Queue one packed envelope; over the limit the oldest mail goes first."""
        self._mail.append((self._loop.time(), envelope, packed))
        self._bytes += len(packed)
        while self._bytes > self._bytes_max and len(self._mail) > 1:
            self._give_back("outbox_full")

    def flush(self) -> None:
        """Send what the socket takes now; watch for the rest."""
        while self._mail:
            count, data = self._next_frame()
            try:
                self._socket.send(data, block=False)
            except pynng.TryAgain:
                self._wait()
                return
            self.spoil_next = False
            for _ in range(count):
                self._bytes -= len(self._mail.popleft()[2])
        self._rest()

    def redial(self, at_most_every_s: float = 1.0) -> None:
        """Close the pipe and dial afresh: the kernel's back-off would keep a healed link dead."""
        now = self._loop.time()
        if self.url.startswith("ipc://") or now - self._dialled < at_most_every_s:
            return
        self._dialled = now
        self._dialer.close()
        self._dialer = self._socket.dial(self.url, block=False)

    def close(self) -> None:
        """Close the socket; mail that still waits is given back."""
        if self._watching:
            self._loop.remove_reader(self._writable)
            self._watching = False
        if self._sweep is not None:
            self._sweep.cancel()
        self._socket.close()
        os.close(self._writable)
        while self._mail:
            self._give_back("closed")

    def _next_frame(self) -> tuple[int, bytes]:
        parts: list[bytes] = []
        size = 0
        for _, _, packed in self._mail:
            if parts and size + len(packed) > FRAME_MAX:
                break
            parts.append(packed)
            size += len(packed)
        data = frame(self._cluster, parts)
        return len(parts), data[:-1] + bytes([data[-1] ^ 1]) if self.spoil_next else data

    def _wait(self) -> None:
        # Without a pipe send_fd never fires, so the connect callback flushes; the sweep bounds both waits.
        if self._pipes and not self._watching:
            self._watching = True
            self._loop.add_reader(self._writable, self.flush)
        if self._sweep is None:
            self._sweep = self._loop.call_later(NO_PIPE_AGE_S / 4, self._drop_old)

    def _rest(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._writable)
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def _drop_old(self) -> None:
        self._sweep = None
        age = STALLED_AGE_S if self.connected else NO_PIPE_AGE_S
        oldest = self._loop.time() - age
        while self._mail and self._mail[0][0] <= oldest:
            self._give_back("stalled" if self.connected else "no_pipe")
        if self._mail:
            self._wait()
        else:
            self._rest()

    def _give_back(self, reason: str) -> None:
        _, envelope, packed = self._mail.popleft()
        self._bytes -= len(packed)
        self._returned(envelope, reason)

    def _from_nng(self, change: int) -> None:
        # Called on a thread of nng; a loop that is closing wants no news.
        try:
            self._loop.call_soon_threadsafe(self._pipe_changed, change)
        except RuntimeError:
            return

    def _pipe_changed(self, change: int) -> None:
        self._pipes += change
        if self._pipes > 0 and self._mail and not self._watching:
            self.flush()
