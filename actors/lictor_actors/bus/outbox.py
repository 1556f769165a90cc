"""Mail for one URL: our own queue in front of a pipe without buffers.

A pipe says when it did not take a frame, so what it has not taken is still here: bounded in bytes and in age, dropped
by name, and for a request given back to its poster. Frames grow by themselves while the pipe is busy.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from lictor_actors.bus.certified import Certified
from lictor_actors.bus.dialling import Dialling, dialled
from lictor_actors.bus.frames import Framer
from lictor_actors.bus.stream_pipe import StreamPipe
from lictor_actors.bus.traffic import Traffic
from lictor_messages.codec import FRAME_MAX
from lictor_messages.envelope import Envelope

Returned = Callable[[Envelope, str], None]
"""Takes back an envelope that was not handed over, and why."""

NO_PIPE_AGE_S = 1.0
"""How long mail waits for a peer that is not connected."""
STALLED_AGE_S = 10.0
"""How long mail waits for a connected peer that takes nothing."""


class Outbox:
    """The queue and the pipe behind it."""

    def __init__(
        self,
        url: str,
        framed: Framer,
        loop: asyncio.AbstractEventLoop,
        returned: Returned,
        bytes_max: int,
        traffic: Traffic,
        dialling: Dialling = dialled,
    ) -> None:
        """``framed`` makes a frame of packed envelopes. Raises ValueError for a URL that cannot be dialled at all."""
        self.url = url
        self.spoil_next = False
        """Fault: the next frame arrives with a byte changed."""
        self._framed = framed
        self._loop = loop
        self._returned = returned
        self._bytes_max = bytes_max
        self._traffic = traffic
        self._used = loop.time()
        self._mail: deque[tuple[float, Envelope, bytes]] = deque()
        self._bytes = 0
        self._underway: list[Envelope] = []
        """What the frame holds that was taken in part."""
        self._refused = False
        """The pipe took nothing and has not spoken since: no frame need be made for it."""
        self._sweep: asyncio.TimerHandle | None = None
        self._dialled = loop.time()
        self._peer: Certified | None = None
        """Who was there when the mail was last compared with it."""
        self._pipe = StreamPipe(url, loop, self._pipe_changed, self._frame_cut_off, dialling)

    def put(self, envelope: Envelope, packed: bytes) -> None:
        """Queue one packed envelope; over the limit the oldest mail goes first."""
        self._used = self._loop.time()
        if self._peer is not None and self._peer.cannot_be(envelope.target):
            self._returned(envelope, "other_node")
            return
        self._mail.append((self._used, envelope, packed))
        self._bytes += len(packed)
        while self._bytes > self._bytes_max and len(self._mail) > 1:
            self._give_back("outbox_full")

    def flush(self) -> None:
        """Send what the pipe takes now; the rest waits."""
        if self._pipe.peer is not self._peer:
            self._meet(self._pipe.peer)
        while self._mail and not self._refused:
            count, data = self._next_frame()
            if not self._pipe.send(data):
                self._refused = True
                break
            self.spoil_next = False
            self._traffic.sent(count, len(data))
            taken = [self._mail.popleft() for _ in range(count)]
            self._bytes -= sum(len(packed) for _, _, packed in taken)
            self._underway = [envelope for _, envelope, _ in taken] if self._pipe.underway else []
        self._age()

    def idle_since(self, time: float) -> bool:
        """True if nothing was put in since then and nothing is on its way."""
        return self._used < time and not self._mail and not self._pipe.underway

    def redial(self, at_most_every_s: float = 1.0) -> None:
        """Hang up and dial afresh."""
        now = self._loop.time()
        if self.url.startswith("ipc://") or now - self._dialled < at_most_every_s:
            return
        self._dialled = now
        self._pipe.redial()

    def close(self) -> None:
        """Close the pipe; mail that still waits is given back."""
        self._rest()
        self._pipe.close()
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
        data = self._framed(parts)
        return len(parts), data[:-1] + bytes([data[-1] ^ 1]) if self.spoil_next else data

    def _age(self) -> None:
        """Both waits, for a peer and for a peer that takes something, are bounded."""
        if not self._mail:
            self._rest()
        elif self._sweep is None:
            self._sweep = self._loop.call_later(NO_PIPE_AGE_S / 4, self._drop_old)

    def _rest(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def _drop_old(self) -> None:
        self._sweep = None
        connected = self._pipe.connected
        oldest = self._loop.time() - (STALLED_AGE_S if connected else NO_PIPE_AGE_S)
        while self._mail and self._mail[0][0] <= oldest:
            self._give_back("stalled" if connected else "no_pipe")
        self._age()

    def _give_back(self, reason: str) -> None:
        _, envelope, packed = self._mail.popleft()
        self._bytes -= len(packed)
        self._returned(envelope, reason)

    def _frame_cut_off(self) -> None:
        underway, self._underway = self._underway, []
        for envelope in underway:
            self._returned(envelope, "cut_off")

    def _pipe_changed(self) -> None:
        self._refused, self._underway = False, []
        self.flush()

    def _meet(self, peer: Certified | None) -> None:
        """What a certificate says of the peer is known only now: an address may lead elsewhere than it was said to."""
        self._peer = peer
        mail, self._mail = self._mail, deque()
        for one in mail:
            if peer is not None and peer.cannot_be(one[1].target):
                self._bytes -= len(one[2])
                self._returned(one[1], "other_node")
            else:
                self._mail.append(one)
