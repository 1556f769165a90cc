"""Who may not come in: a pool is one datacenter's, and two that were joined by mistake would not come apart again.
A name is one node's, and so is an id: the catalog takes the same id under another name for the same node renamed.

A node that is asked for its view looks first whose view came along, and so does the one that gets the answer (Serf's
merge delegate). What members of a pool that is mixed already tell each other about strangers is not believed either.
"""

from __future__ import annotations

from lictor_actors.swim.claims import claim_of
from lictor_messages.addresses import family_of, join_host_port
from lictor_messages.refusals import Refused
from lictor_messages.swim import Alive


def sender(view: tuple[bytes, ...]) -> Alive | None:
    """Whose view this is: every one begins with its sender's own record."""
    first = claim_of(view[0]).update if view else None
    return first if isinstance(first, Alive) else None


def stranger(view: tuple[bytes, ...], me: Alive) -> Alive | None:
    """Whose view this is, if it is of another datacenter."""
    other = sender(view)
    return other if other is not None and other.dc != me.dc else None


def refusal(me: Alive, other: Alive) -> Refused:
    """What a node of another datacenter is told that wants to join."""
    return Refused(
        code="Invalid",
        text=f"{other.node} belongs to datacenter '{other.dc}' and {me.node} to '{me.dc}': a gossip pool is one "
        "datacenter's. Give both the same 'datacenter', or join a member of the own one",
    )


def id_taken(holder: Alive, asker: Alive) -> Refused:
    """What a node is told that brought along another one's id."""
    place = join_host_port(holder.address, holder.port)
    return Refused(
        code="Invalid",
        text=f"node '{asker.name}' has the id of node '{holder.name}', which lives at {place}: "
        f"was its data directory copied? Stop '{asker.name}', remove the file 'node-id' from its data directory, or "
        "set another 'node_id', and start it again",
    )


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
