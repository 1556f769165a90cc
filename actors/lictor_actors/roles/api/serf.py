"""Members of the pool as Serf shows them."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.serf import PROTOCOL_MAX, PROTOCOL_MIN, PROTOCOL_NOW
from lictor_messages.members import Member

STATUS_NUMBERS = {"alive": 1, "leaving": 2, "left": 3, "failed": 4}
"""Serf's numbers for the states of a member."""
PROTOCOLS = {
    "ProtocolMin": PROTOCOL_MIN,
    "ProtocolMax": PROTOCOL_MAX,
    "ProtocolCur": PROTOCOL_NOW,
    "DelegateMin": 2,
    "DelegateMax": 5,
    "DelegateCur": 4,
}
NOT_HERE = {"acls": "0", "segment": "", "raft_vsn": "3", "ft_fs": "1", "ft_si": "1"}
"""Tags of Consul's servers that say nothing of a cluster without those parts; gossip does not carry them."""


def member_json(member: Member) -> dict[str, Any]:
    """A member as Serf shows it."""
    return {
        "Name": member.name,
        "Addr": member.address,
        "Port": member.port,
        "Tags": dict(sorted({**_implied(member), **member.tags}.items())),
        "Status": STATUS_NUMBERS[member.status],
        **PROTOCOLS,
    }


def _implied(member: Member) -> dict[str, str]:
    """What Consul writes into tags and each member of this pool has alike."""
    versions = {"vsn_min": "2", "vsn_max": "3", "segment": ""}
    return {**NOT_HERE, **versions} if member.is_server else versions
