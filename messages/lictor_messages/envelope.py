"""The envelope: who says what to whom, and where the answer goes.

A slotted class checked by hand, because one is made for every message. The first four fields never change
their place on the wire.
"""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import Message

Origin = Literal["home", "wire", "client", "http", "dns"]
"""How mail came in: from an actor of the same node, from another node, by the door for client actors, by HTTP, by DNS.
What follows from it within the node has the same origin."""


class Envelope:
    """One message on its way.

    ``request`` names the request ("" for a one-way message); ``reply_to`` is where its answer goes; ``hops``
    counts forwards; ``budget`` is the time left for the request in nanoseconds (0: none was set); ``cause`` is
    copied through everything that follows from it, so one grep shows a request's whole life. ``via`` stays at
    home, off the wire: where an answer goes once if ``target`` turns out to be undeliverable. So do ``arrived``, when
    this node got a request that has a budget, by its own monotonic clock (-1 until then), and ``origin``, which the
    host sets. ``token`` is the secret by which the asker may ask, "" for none: it goes with the request wherever that
    is passed on, and nowhere else. No log, no trace and no answer has it.

    What is made for every request is made by position: with names it takes twice as long.
    """

    __slots__ = (
        "arrived",
        "body",
        "budget",
        "cause",
        "hops",
        "origin",
        "reply_to",
        "request",
        "source",
        "target",
        "token",
        "via",
    )

    def __init__(
        self,
        source: str,
        target: str,
        body: Message,
        request: str = "",
        reply_to: str = "",
        hops: int = 0,
        budget: int = 0,
        cause: str = "",
        via: str = "",
        origin: Origin = "home",
        token: str = "",
    ) -> None:
        self.source = source
        self.target = target
        self.request = request
        self.reply_to = reply_to
        self.hops = hops
        self.budget = budget
        self.cause = cause
        self.via = via
        self.origin = origin
        self.token = token
        self.arrived = -1
        self.body = body

    def budget_left(self, now: int) -> int:
        """The budget less what was waited on this node: below zero if it is spent, 0 if none was set."""
        if not self.budget or self.arrived < 0:
            return self.budget
        return self.budget - (now - self.arrived) or -1

    def with_body(self, body: Message) -> Envelope:
        """The same request with something filled in."""
        filled = Envelope(
            self.source,
            self.target,
            body,
            request=self.request,
            reply_to=self.reply_to,
            hops=self.hops,
            budget=self.budget,
            cause=self.cause,
            origin=self.origin,
            token=self.token,
        )
        filled.arrived = self.arrived
        return filled

    def __repr__(self) -> str:
        return f"<{self.source} > {self.target} {self.body.kind} {self.request or '-'}>"


def role_of(address: str) -> str:
    """``server@n1.dc1`` → ``server``."""
    return address.partition("@")[0]


def node_of(address: str) -> str:
    """``server@n1.dc1`` → ``n1.dc1``."""
    return address.partition("@")[2]


def at(role: str, node: str) -> str:
    """``server``, ``n1.dc1`` → ``server@n1.dc1``."""
    return f"{role}@{node}"


def datacenter_of(node: str) -> str:
    """``n1.dc1`` → ``dc1``."""
    return node.rpartition(".")[2]
