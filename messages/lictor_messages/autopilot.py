"""Autopilot: who of the servers is healthy, who may vote, and who is cleared away (Consul's operator API)."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message, Record
from lictor_messages.json_names import Json
from lictor_messages.members import Status

MILLISECOND = 1_000_000
SECOND = 1_000 * MILLISECOND


class AutopilotConfiguration(Record):
    """Times in nanoseconds. The last three are Consul Enterprise's: kept and shown, without effect here."""

    cleanup_dead_servers: Annotated[bool, Json("CleanupDeadServers")] = True
    last_contact_threshold_ns: Annotated[int, Json("LastContactThreshold", "duration")] = 200 * MILLISECOND
    max_trailing_logs: Annotated[int, Json("MaxTrailingLogs", "unsigned")] = 250
    min_quorum: Annotated[int, Json("MinQuorum", "unsigned")] = 0
    server_stabilization_time_ns: Annotated[int, Json("ServerStabilizationTime", "duration")] = 10 * SECOND
    redundancy_zone_tag: Annotated[str, Json("RedundancyZoneTag")] = ""
    disable_upgrade_migration: Annotated[bool, Json("DisableUpgradeMigration")] = False
    upgrade_version_tag: Annotated[str, Json("UpgradeVersionTag")] = ""
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class SetAutopilotConfiguration(Command, kind="autopilot.set_autopilot_configuration", on=WIRE | STORED):
    """Replace the configuration; with ``cas`` only if that is its index. Answered by Written."""

    configuration: AutopilotConfiguration
    cas: int | None = None


class GetAutopilotConfiguration(Query, kind="autopilot.get_autopilot_configuration", on=WIRE):
    """Answered by AutopilotConfigured."""


class AutopilotConfigured(Answer, kind="autopilot.autopilot_configured", on=WIRE):
    """The configuration in force."""

    configuration: AutopilotConfiguration


class GetAutopilotHealth(Query, kind="autopilot.get_autopilot_health", on=WIRE):
    """What the leader thinks of the servers; answered by AutopilotHealth, by the leader only."""


class ServerHealth(Record):
    """One server of the Raft configuration, as its leader sees it."""

    node: str
    """``name.dc``, its name in the Raft configuration."""
    id: str
    name: str
    address: str
    version: str
    status: Status
    leader: bool
    voter: bool
    healthy: bool
    last_contact_ns: int
    """Since when it owes the leader an answer; 0 while every heartbeat is answered before the next."""
    last_term: int
    last_index: int
    stable_since_ns: int
    """Wall clock, nanoseconds since 1970: for so long it has been as healthy, or unhealthy, as it is now."""
    commit_index: int = 0
    """Up to here it has what is committed, and knows it or will with the next heartbeat."""


class AutopilotHealth(Answer, kind="autopilot.autopilot_health", on=WIRE):
    """All servers; the cluster is healthy if each is."""

    healthy: bool
    failure_tolerance: int
    """So many healthy voters may fail, and there is still a quorum."""
    servers: tuple[ServerHealth, ...]


class RemovePeer(Command, kind="autopilot.remove_peer", on=WIRE):
    """Take a server out of the Raft configuration, by ``id`` or ``address``. For the leader; never in the log itself.

    Answered by Written once that is committed.
    """

    id: str = ""
    address: str = ""


class TransferLeadership(Command, kind="autopilot.transfer_leadership", on=WIRE):
    """Hand leadership to the server ``id`` ("": the fittest). For the leader; never in the log. Answered by Written."""

    id: str = ""


class PrepareToLeave(Message):
    """To a server whose node is about to leave: take nothing on, and if it leads, hand over. Answer: ReadyToLeave."""


class ReadyToLeave(Message):
    """The server's part in leaving is done, or was given up after its time."""


class AwaitRemoval(Message):
    """To a server whose node has said goodbye: tell when the others can do without its vote. Answer: Removed."""


class Removed(Message):
    """Raft's configuration does not count on this server any more."""


class RemovalLateDue(Message):
    """The others should do without this node's server by now."""


class AutopilotDue(Message):
    """The leader looks at the servers again."""


class TransferLateDue(Message):
    """A transfer of leadership should be over by now."""
