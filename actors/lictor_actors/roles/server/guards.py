"""What requests need that a server answers without its store. For others: see their families."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.store.guard import Guard, Need, constant, unguarded
from lictor_messages.acl import GetOwnAclToken, ResolveAclToken
from lictor_messages.acl_replication import GetAclReplication
from lictor_messages.auth_methods import LogIn, LogOut
from lictor_messages.autopilot import GetAutopilotHealth, RemovePeer, TransferLeadership
from lictor_messages.base import Message
from lictor_messages.coordinates import UpdateCoordinate
from lictor_messages.datacenters import FireEventElsewhere, ListDatacenterCoordinates
from lictor_messages.keyring import RunKeyring
from lictor_messages.slices import ReadSlice
from lictor_messages.snapshots import OpenSnapshot, ReadSnapshot
from lictor_messages.status import GetLeader, GetRaftConfiguration, ListDatacenters, ListPeers

_operator_reads = constant(Need("operator", "read"))
_operator_writes = constant(Need("operator", "write"))
_management = constant(Need("acl", "write"))

GUARDS: Mapping[type[Message], Guard] = {
    GetLeader: unguarded,
    ListPeers: unguarded,
    ListDatacenters: unguarded,
    ListDatacenterCoordinates: unguarded,
    GetRaftConfiguration: _operator_reads,
    GetAutopilotHealth: _operator_reads,
    GetAclReplication: constant(Need("acl", "read")),
    RemovePeer: _operator_writes,
    RunKeyring: lambda asked: (Need("keyring", "read" if asked.verb == "list" else "write"),),
    FireEventElsewhere: lambda asked: (Need("event", "write", asked.event.name),),
    UpdateCoordinate: lambda update: (Need("node", "write", update.coordinate.node),),
    TransferLeadership: _operator_writes,
    OpenSnapshot: _management,
    ReadSnapshot: _management,
    LogIn: unguarded,  # what a JWT is worth is for the binding rules to say
    LogOut: unguarded,
    GetOwnAclToken: unguarded,
    ResolveAclToken: unguarded,
    ReadSlice: unguarded,  # the id of a large answer is a secret of 64 bits that only its asker was told
}
