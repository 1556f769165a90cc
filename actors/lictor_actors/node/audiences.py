"""Who may send which message: one table, derived from what the classes of actors declare to hear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.vocabulary import By
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import birth, tree
from lictor_messages.base import Message

SERVER = NodeSpec(name="n", server=True, wan_port=0, dns_port=0)
SERVERS_ONLY = frozenset(
    {one.role for one in tree(SERVER)} - {one.role for one in tree(SERVER.model_copy(update={"server": False}))}
)
"""Roles that no node has but a server: mail in their name takes a server's certificate, where they are asked for."""


class Audience(NamedTuple):
    """One row: who may say a kind to a role."""

    kind: str
    to: str
    senders: tuple[str, ...]
    """Roles, on any node; empty: the own node alone, but for answers to what the role has asked."""
    clients: bool
    """Client actors may, by a door."""

    @property
    def of_servers(self) -> bool:
        """Whether a server's certificate is needed to say it from another node."""
        return bool(self.senders) and SERVERS_ONLY.issuperset(self.senders)


def audiences(kinds: dict[str, type[Message]]) -> Iterator[Audience]:
    """A row for each of these kinds and each role that hears it."""
    roles = {one.role: type(birth(one)) for one in tree(SERVER)}
    for name, kind in sorted(kinds.items()):
        yield from (row(name, kind, role, actor) for role, actor in roles.items() if hears(actor, kind))


def hears(actor: type[Actor], kind: type[Message]) -> bool:
    """Whether it has a line for this kind, be it for what its own node says alone."""
    return actor.hears.audience(kind) is not None


def row(name: str, kind: type[Message], role: str, actor: type[Actor]) -> Audience:
    """Of one kind and one role that hears it."""
    audience = actor.hears.audience(kind) or By.HOME
    senders = {role} if audience & By.PEERS else set()
    if audience & By.NODES:
        senders |= set(actor.hears.askers)
    return Audience(name, role, tuple(sorted(senders)), bool(audience & By.CLIENTS))
