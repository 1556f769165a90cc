"""What operators configure and look at."""

from __future__ import annotations

from lictor_actors.consul.kinds import constant
from lictor_actors.consul.rows import Field
from lictor_actors.consul.selectors import STRING
from lictor_actors.consul.struct import Struct
from lictor_messages.autopilot import AutopilotConfiguration
from lictor_messages.keyring import KeyGiven
from lictor_messages.status import RaftServer

RAFT_PROTOCOL = "3"
"""Consul's number for servers that are known by UUID."""

AUTOPILOT = Struct("AutopilotConfiguration", AutopilotConfiguration, snake=True, zeros=True)
KEYRING = Struct("KeyringRequest", KeyGiven)
RAFT_SERVER = Struct(
    "RaftServer",
    RaftServer,
    also_written=(Field("ProtocolVersion", "", constant("RAFT_PROTOCOL", RAFT_PROTOCOL, STRING), before="Voter"),),
)
