"""Ties a node's DNS listeners to its DNS actor: the packets of one moment become one message to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from lictor_actors.hosts.node import Node
from lictor_messages.dns import DnsAnswered, DnsAsked
from lictor_messages.envelope import Envelope, at

Send = Callable[[Sequence[tuple[int, bytes]]], None]
"""Takes answers, each with the place of its packet; an empty one is not to be sent."""
SWEEP_S = 5.0
LIVES_SWEEPS = 4
"""A question that is not answered by then is forgotten: its client has long asked again."""


class _Open:
    """Packets that wait for their answers."""

    __slots__ = ("left", "send", "since")

    def __init__(self, send: Send, left: int, since: int) -> None:
        self.send = send
        self.left = left
        self.since = since


class DnsDesk:
    """Keeps where each answer goes."""

    def __init__(self, node: Node, role: str, boot: int, seen: Callable[[Envelope], None]) -> None:
        """``role``: the actor that answers. ``seen`` is shown every message."""
        self._node = node
        self._seen = seen
        self._me = at("dns-clients", node.name)
        self._actor = at(role, node.name)
        self._prefix = f"{boot:x}.d"
        self._count = 0
        self._open: dict[str, _Open] = {}
        self._tick = 0
        self._sweeping: asyncio.TimerHandle | None = None
        node.open_door("dns-clients", self._answered, lambda _: False)  # the actor of this node answers, and no other

    def __len__(self) -> int:
        """How many messages wait for answers."""
        return len(self._open)

    def ask(self, packets: Sequence[tuple[bytes, str]], tcp: bool, send: Send) -> None:
        """Have them answered: ``send`` takes what is ready at once together, and what comes later by itself."""
        self._count += 1
        request = f"{self._prefix}{self._count:x}"
        self._open[request] = _Open(send, len(packets), self._tick)
        asked = DnsAsked.model_construct(packets=tuple(packets), tcp=tcp)
        envelope = Envelope(self._me, self._actor, asked, request, self._me, 0, 0, request, "", "dns")
        self._seen(envelope)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
        self._node.deliver(envelope)

    def forget_all(self) -> None:
        """The actor has gone with all that it was asked; clients ask again."""
        self._lose(list(self._open))

    def close(self) -> None:
        """No more sweeps."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None

    def count(self, what: str) -> None:
        """One more of these."""
        self._node.ground.count(what, self._node.name)

    def _answered(self, envelope: Envelope) -> None:
        waiting = self._open.get(envelope.request)
        if waiting is None:
            self.count("dns_answers_too_late")
            return
        body = envelope.body
        if type(body) is not DnsAnswered:  # the actor is down
            self._lose([envelope.request])
            return
        waiting.send(body.answers)
        waiting.left -= len(body.answers)
        if waiting.left <= 0:
            del self._open[envelope.request]

    def _lose(self, requests: Sequence[str]) -> None:
        for request in requests:
            lost = self._open.pop(request)
            for _ in range(lost.left):
                self.count("dns_unanswered")

    def _sweep(self) -> None:
        self._tick += 1
        self._sweeping = None
        self._lose([request for request, waiting in self._open.items() if self._tick - waiting.since >= LIVES_SWEEPS])
        if self._open:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
