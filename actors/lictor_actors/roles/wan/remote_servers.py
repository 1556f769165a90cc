"""The servers of all datacenters, as the pool of all tells of them, and the order in which they are asked."""

from __future__ import annotations

from random import Random

from lictor_messages.envelope import at
from lictor_messages.members import Member


class RemoteServers:
    """By datacenter: those that live, in a random order of this server's own, and whether there are others."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._order: dict[str, list[str]] = {}

    def knows(self, dc: str) -> bool:
        """True if a server of this datacenter is known, alive or failed."""
        return any(member.dc == dc and member.status != "left" for member in self._members.values())

    def of(self, dc: str) -> list[str]:
        """Addresses of the servers to ask there, in order."""
        return self._order.get(dc, [])

    def lives(self, server: str) -> bool:
        """True for the address of a server that is alive, of any datacenter."""
        return any(server in order for order in self._order.values())

    def has(self, node: str) -> bool:
        """True if this node is in the pool and alive."""
        return self.lives(at("server", node))

    def changed(self, member: Member, rng: Random) -> None:
        """A member came, changed or went."""
        self._members[member.node] = member
        server, order = at("server", member.node), self._order.setdefault(member.dc, [])
        alive = member.status in ("alive", "leaving")
        if alive and server not in order:
            order.insert(rng.randrange(len(order) + 1), server)
        elif not alive and server in order:
            order.remove(server)

    def forgotten(self, member: Member, rng: Random) -> None:
        """The pool knows it no more."""
        self.changed(member.model_copy(update={"status": "left"}), rng)
        del self._members[member.node]

    def listed(self, members: tuple[Member, ...], rng: Random) -> None:
        """The whole pool."""
        self._members.clear()
        self._order.clear()
        for member in members:
            self.changed(member, rng)

    def rotate(self, server: str) -> None:
        """This one failed a request: it goes to the end."""
        for order in self._order.values():
            if server in order:
                order.remove(server)
                order.append(server)
