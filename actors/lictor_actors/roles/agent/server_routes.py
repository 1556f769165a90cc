"""Which server an agent asks, and what it does when that one cannot be reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from lictor_actors.roles.agent.tokens import AgentTokens
from lictor_messages.envelope import Envelope, at, role_of

HELD_MOST = 256
"""Forwarded requests that are remembered. The bus says ``Undeliverable`` soon or never, so the oldest go."""
REBALANCE_NS = 120_000_000_000
REBALANCE_SPREAD_NS = 60_000_000_000
REBALANCE_LOAD_NS = 15_625_000
"""A server sees at most 64 rebalances a second: the interval grows with nodes per server (algorithms.md 4.5)."""


@dataclass(slots=True)
class Forwarded:
    """A request on its way to a server, and the servers that were tried for it."""

    envelope: Envelope
    tried: tuple[str, ...]


class ServerRoutes:
    """The alive servers of the datacenter in the order in which they are asked, and the requests on their way.

    A server's own agent asks its own server first and the others only if that one is down.
    """

    def __init__(self, own: str, tokens: AgentTokens) -> None:
        self.tokens = tokens
        """By which they are asked."""
        self._own = at("server", own) if own else ""
        self._others: list[str] = []
        self._held: dict[str, Forwarded] = {}

    def __len__(self) -> int:
        return len(self._others) + bool(self._own)

    def first(self) -> str:
        """Address of the server to ask now, "" if none is known."""
        return self._own or (self._others[0] if self._others else "")

    def add(self, node: str, rng: Random) -> bool:
        """A server is alive: it joins at a random place, so that agents do not all begin with the same one."""
        server = at("server", node)
        if server == self._own or server in self._others:
            return False
        self._others.insert(rng.randrange(len(self._others) + 1), server)
        return True

    def remove(self, node: str) -> None:
        """A server failed or left."""
        server = at("server", node)
        if server in self._others:
            self._others.remove(server)

    def keep(self, nodes: Iterable[str]) -> None:
        """Only these are alive: forget all others."""
        alive = {at("server", node): None for node in nodes}
        self._others = [server for server in self._others if server in alive]

    def rotate(self, server: str) -> None:
        """This server failed a request: it goes to the end."""
        if server in self._others:
            self._others.remove(server)
            self._others.append(server)

    def rebalance(self, rng: Random) -> None:
        """Spread the load anew."""
        rng.shuffle(self._others)

    def rebalance_after(self, nodes: int, rng: Random) -> int:
        """Nanoseconds until the next rebalance."""
        by_load = REBALANCE_LOAD_NS * nodes // max(len(self), 1)
        return max(REBALANCE_NS, by_load) + rng.randrange(REBALANCE_SPREAD_NS)

    # -- requests on their way ------------------------------------------------

    def hold(self, envelope: Envelope, server: str) -> None:
        """Remember a request that was passed to ``server``."""
        if not envelope.request:
            return
        self._held[envelope.request] = Forwarded(envelope, (server,))
        if len(self._held) > HELD_MOST:
            del self._held[next(iter(self._held))]

    def asked_of(self, request: str) -> str:
        """The server that this request went to last, "" if it is not remembered."""
        held = self._held.get(request)
        return held.tried[-1] if held else ""

    def remembers(self, request: str) -> bool:
        """False for a request that was passed on so long ago, or before so many others, that it is forgotten."""
        return request in self._held

    def not_reached(self, request: str, server: str) -> tuple[Envelope | None, str]:
        """``server`` never got ``request``, so another may safely be asked.

        Returns the request and the next server; ``(None, "")`` if it is not remembered, ``(request, "")`` if every
        known server has been tried (or it was no server's to answer).
        """
        held = self._held.get(request)
        if held is None or held.tried[-1] != server:
            return None, ""
        servers = (self._own, *self._others) if role_of(server) == "server" else ()
        untried = [s for s in servers if s and s not in held.tried]
        if not untried:
            del self._held[request]
            return held.envelope, ""
        held.tried = (*held.tried, untried[0])
        return held.envelope, untried[0]
