"""A bus without sockets, with the same verbs and the same codec: the bus contract's tests run on it too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lictor_messages.codec import FrameRefused, frame, open_frame, pack, unpack
from lictor_messages.envelope import Envelope

Frames = Callable[[bytes], None]


class Exchange:
    """Who listens where. Buses that share an exchange reach each other."""

    def __init__(self) -> None:
        self.listeners: dict[str, Frames] = {}


class MemoryBus:
    """Like ``NngBus``, with frames handed over by the loop."""

    def __init__(
        self,
        exchange: Exchange,
        cluster: bytes,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Envelope], None],
        returned: Callable[[Envelope, str], None],
        count: Callable[[str], None],
    ) -> None:
        self._exchange = exchange
        self._cluster = cluster
        self._loop = loop
        self._deliver = deliver
        self._returned = returned
        self._count = count
        self._listening: list[str] = []
        self._waiting: dict[str, list[tuple[Envelope, bytes]]] = {}

    def listen(self, gossip: str, rest: str) -> None:
        """Accept frames there."""
        for url in (gossip, rest):
            self._exchange.listeners[url] = self._arrived
            self._listening.append(url)

    def post(self, url: str, envelope: Envelope) -> None:
        """Queue for the next flush."""
        try:
            packed = pack(envelope)
        except (TypeError, ValueError) as error:
            self._returned(envelope, f"unpackable: {error}")
            return
        self._waiting.setdefault(url, []).append((envelope, packed))

    def flush(self) -> None:
        """One frame per URL; what nobody listens for is given back."""
        waiting, self._waiting = self._waiting, {}
        for url, mail in waiting.items():
            listener = self._exchange.listeners.get(url)
            if listener is None:
                for envelope, _ in mail:
                    self._returned(envelope, "no_pipe")
            else:
                self._loop.call_soon(listener, frame(self._cluster, [packed for _, packed in mail]))

    def redial(self, url: str) -> None:
        """There is no pipe that could hang."""

    def drop(self, url: str) -> None:
        """Forget what waits for it."""
        self._waiting.pop(url, None)

    def close(self) -> None:
        """Stop listening."""
        for url in self._listening:
            self._exchange.listeners.pop(url, None)
        for mail in self._waiting.values():
            for envelope, _ in mail:
                self._returned(envelope, "closed")
        self._waiting.clear()

    def _arrived(self, data: bytes) -> None:
        self._count("frames_in")
        try:
            envelopes = [unpack(part) for part in open_frame(self._cluster, data)]
        except FrameRefused as refusal:
            self._count(f"frame_{refusal.reason}")
            return
        for envelope in envelopes:
            self._deliver(envelope)
