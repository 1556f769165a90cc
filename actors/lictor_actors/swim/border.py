"""Who may not come in: a pool is one datacenter's, or one of servers, and two that were joined by mistake would not
come apart again.
A name is one node's, and so is an id: the catalog takes the same id under another name for the same node renamed.

A node that is asked for its view looks first whose view came along, and so does the one that gets the answer (Serf's
merge delegate). What members of a pool that is mixed already tell each other about strangers is not believed either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from lictor_actors.swim.claims import claim_of
from lictor_messages.addresses import family_of, join_host_port, parsed_ip
from lictor_messages.refusals import Refused
from lictor_messages.swim import Alive


def sender(view: tuple[bytes, ...]) -> Alive | None:
    """Whose view this is: every one begins with its sender's own record."""
    first = claim_of(view[0]).update if view else None
    return first if isinstance(first, Alive) else None


class Border:
    """A pool's rule for those that want in: of its own datacenter, or, in the pool of all, a server."""

    __slots__ = ("_all_datacenters", "_networks")

    def __init__(self, pool: Literal["lan", "wan"], allowed: Sequence[str] = ()) -> None:
        self._all_datacenters = pool == "wan"
        self._networks = tuple(map(ip_network, allowed))

    def turns_away(self, other: Alive, me: Alive) -> Refused | None:
        """What a node is told that may not be a member, None if it may."""
        if self._networks and other.node != me.node and not within(other.address, self._networks):
            return outside(other)
        if self._all_datacenters:
            return None if other.tags.get("role") == "consul" else no_server(other)
        return None if other.dc == me.dc else other_datacenter(me, other)


def within(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether one of them holds this address; a name is in none."""
    ip = parsed_ip(address)
    return ip is not None and any(ip in network for network in networks)


def outside(other: Alive) -> Refused:
    """What a node is told whose address is in no network that is allowed."""
    return Refused(
        code="Invalid",
        text=f"{other.node} advertises {other.address}, which is in no network that may take part: let it advertise "
        "another address, or add its network to serf_lan_allowed_cidrs (serf_wan_allowed_cidrs between datacenters)",
    )


def no_server(other: Alive) -> Refused:
    """What a client agent is told, in Consul's words and the remedy."""
    return Refused(
        code="Invalid",
        text=f"Member '{other.node}' is not a server: the pool of all datacenters is one of servers. Join it to the "
        "servers of its own datacenter",
    )


def other_datacenter(me: Alive, other: Alive) -> Refused:
    """What a node of another datacenter is told that wants to join."""
    return Refused(
        code="Invalid",
        text=f"{other.node} belongs to datacenter '{other.dc}' and {me.node} to '{me.dc}': a gossip pool is one "
        "datacenter's. Give both the same 'datacenter', join a member of the own one, or, to make two datacenters "
        "know each other, join their servers with -wan",
    )


def id_taken(holder: Alive, asker: Alive) -> Refused:
    """What a node is told that brought along another one's id."""
    return Refused(
        code="Invalid",
        text=f"{has_id_of(holder, asker)}: was its data directory copied? Stop '{asker.name}', remove the file "
        "'node-id' from its data directory, or set another 'node_id', and start it again",
    )


def has_id_of(holder: Alive, other: Alive) -> str:
    """That two nodes have one id."""
    place = join_host_port(holder.address, holder.port)
    return f"node '{other.name}' has the id of node '{holder.name}', which lives at {place}"


def other_family(me: Alive, other: Alive) -> str:
    """What the log says of a member that is known by an address of the other family, "" of all others."""
    mine, theirs = family_of(me.address), family_of(other.address)
    if mine == theirs:
        return ""
    return (
        f"{other.node} advertises {theirs}, {other.address}, and this node {mine}, {me.address}: they stay members of "
        "each other only where both machines can dial both families"
    )


def name_taken(holder: Alive) -> Refused:
    """What a node is told that is called as another one is."""
    place = join_host_port(holder.address, holder.port)
    return Refused(
        code="Invalid",
        text=f"another node is called '{holder.name}' already, at {place}. Give this one another "
        "'node_name', or stop the other; `lictor force-leave` frees the name of one that has failed",
    )
