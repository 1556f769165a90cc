"""What a local agent is asked to do: its services, its checks, its membership."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from lictor_messages.agent_acl import AgentAcl
from lictor_messages.answers import Answer
from lictor_messages.base import STORED, WIRE, FrozenMap, Message, ReadOnly
from lictor_messages.catalog import CheckDefinition, CheckRecord, CheckStatus, ServiceRecord
from lictor_messages.json_names import Json
from lictor_messages.members import Member, UserEvent
from lictor_messages.secret import Secret

PROBED: Mapping[str, str] = {
    "grpc": "grpc",
    "http": "http",
    "tcp": "tcp",
    "udp": "udp",
    "script": "args",
    "h2ping": "h2ping",
}
"""The types of check that the checker runs, and the field that says what is probed; the first that is set counts."""


class CheckSpec(CheckDefinition):
    """A check as it is registered with an agent: how it is run, and what is said of it besides."""

    id: Annotated[str, Json("CheckID")] = ""
    name: Annotated[str, Json("Name")] = ""
    notes: Annotated[str, Json("Notes")] = ""
    service_id: Annotated[str, Json("ServiceID")] = ""
    status: Annotated[str, Json("Status")] = ""
    """Initial status; "" means critical."""
    args: Annotated[tuple[str, ...], Json("Args", "args"), Field(repr=False)] = ()
    """A program and its arguments. The catalog, which all may read, is not told: there may be secrets among them."""
    ttl_ns: Annotated[int, Json("TTL", "duration")] = 0
    h2ping_use_tls: Annotated[bool, Json("H2PingUseTLS")] = True
    success_before_passing: Annotated[int, Json("SuccessBeforePassing")] = 0
    failures_before_warning: Annotated[int, Json("FailuresBeforeWarning")] = 0
    """0: as many as before critical, so that there is no warning on the way."""
    failures_before_critical: Annotated[int, Json("FailuresBeforeCritical")] = 0
    output_max_size: Annotated[int, Json("OutputMaxSize")] = 0
    """Bytes; 0: what the agent has for all checks."""
    token: Annotated[Secret, Json("Token")] = ""  # as of a service
    maintenance: bool = False
    """Critical until it is removed; nothing else about it matters."""

    @property
    def type(self) -> str:
        """Consul's type name: ttl, alias, maintenance or one of PROBED."""
        if self.maintenance:
            return "maintenance"
        if self.ttl_ns:
            return "ttl"
        return self.probed or ("alias" if self.is_alias else "")

    @property
    def probed(self) -> str:
        """The type of PROBED that its fields say, "" for none."""
        return next((kind for kind, field in PROBED.items() if getattr(self, field)), "")

    @property
    def is_alias(self) -> bool:
        """True if it says what others say of a node or of a service."""
        return bool(self.alias_node or self.alias_service)

    @property
    def runs(self) -> bool:
        """True if the checker has to run it."""
        return self.type in PROBED


class RegisterService(Message, kind="agent.register_service", on=WIRE | STORED):
    """Register a service and its checks with the local agent; answered by Accepted or Refused."""

    service: ServiceRecord
    checks: tuple[CheckSpec, ...] = ()
    replace_existing_checks: bool = False
    token: Secret = ""  # by which it is written to the catalog, by default that of the request


class DeregisterService(Message, kind="agent.deregister_service", on=WIRE):
    """Answered by Accepted, or Refused NotFound."""

    id: str


class RegisterCheck(Message, kind="agent.register_check", on=WIRE | STORED):
    """Answered by Accepted or Refused."""

    check: CheckSpec


class DeregisterCheck(Message, kind="agent.deregister_check", on=WIRE):
    """Answered by Accepted, or Refused NotFound."""

    id: str


class SetMaintenance(Message):
    """Put the node, or one of its services, into maintenance or take it out; answered by Accepted or Refused."""

    enable: bool
    reason: str = ""
    service_id: str = ""
    """"" for the node."""


class UpdateCheck(Message, kind="agent.update_check", on=WIRE | STORED):
    """Report a TTL check's state; answered by Accepted, or Refused."""

    id: str
    status: Annotated[CheckStatus, Json("Status")]
    output: Annotated[str, Json("Output")] = ""


class TtlState(Message, kind="agent.ttl_state", on=STORED):
    """In the agent's journal: what was last reported of a TTL check, and how long that holds."""

    id: str
    status: CheckStatus
    output: str
    holds_until: int
    """By the node's wall clock, in nanoseconds."""


class Accepted(Message, kind="agent.accepted", on=WIRE):
    """Done; the catalog follows by anti-entropy."""


class ListLocalServices(Message, kind="agent.list_local_services", on=WIRE):
    """/v1/agent/services; answered by LocalServices."""


class WatchLocalService(Message):
    """/v1/agent/service/:id: waits while the hash of its content is ``hash``; answered by LocalServices."""

    id: str
    hash: str
    wait_ns: int


class LocalServices(Message, kind="agent.local_services", on=WIRE):
    """The services that this agent owns."""

    services: tuple[ServiceRecord, ...]


class ListLocalChecks(Message, kind="agent.list_local_checks", on=WIRE):
    """/v1/agent/checks; answered by LocalChecks."""


class LocalChecks(Message, kind="agent.local_checks", on=WIRE):
    """The checks that this agent owns."""

    checks: tuple[CheckRecord, ...]


class DescribeAgent(Message, kind="agent.describe_agent", on=WIRE):
    """/v1/agent/self; answered by AgentDescription."""


class AgentDescription(Message, kind="agent.agent_description", on=WIRE):
    """Who this agent is and what it knows."""

    node: str
    node_id: str
    dc: str
    server: bool
    version: str
    member: Member
    known_servers: int
    services: int
    checks: int
    stats: ReadOnly = FrozenMap()
    meta: ReadOnly = FrozenMap()
    """Of its node in the catalog."""


class ListEvents(Message, kind="agent.list_events", on=WIRE):
    """/v1/event/list: blocks while the list's index equals ``min_index``; answered by Events."""

    name: str = ""
    min_index: int = 0
    wait_ns: int = 0


class Events(Answer, kind="agent.events", on=WIRE):
    """The last user events that this agent has seen, oldest first, at most 256."""

    events: tuple[UserEvent, ...]


class LeaveCluster(Message, kind="agent.leave_cluster", on=WIRE):
    """/v1/agent/leave: answered by Accepted once the leave has spread; then the node stops."""


class ServerSilent(Message):
    """From a doorway to its agent: a server did not answer in time; ask another one.

    ``request`` tells which one by what it was asked, where the doorway does not know its name.
    """

    server: str = ""
    request: str = ""


class AgentOptions(AgentAcl, Message):
    """What an agent is started with; a reload tells it anew."""

    node: str
    """``name.dc``, the node part of its addresses."""
    name: str
    dc: str
    node_id: str = ""
    address: str
    """IP that the node advertises."""
    server: bool = False
    version: str = ""
    meta: ReadOnly = FrozenMap()
    tagged_addresses: ReadOnly = FrozenMap()
    prober: str = ""
    """Address of the node's prober; "" is ``prober@node``."""
    wan_prober: str = ""
    """Address of its prober in the pool of the servers of all datacenters, "" if it has none."""
    check_update_interval_ns: int = 300_000_000_000
    """Output-only changes of a check reach the catalog at most about this often; 0: at once."""
    enable_script_checks: bool = False
    enable_local_script_checks: bool = False
    """Whether it runs scripts as checks: all, or those that its own configuration defines."""
    check_output_max_size: int = 4096
    discard_check_output: bool = False
    """Bytes that are kept of a check's output if the check does not say, and whether none of any is kept."""
    services: tuple[RegisterService, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    """Those of the configuration; they win over what was registered by the API and kept."""
    disable_coordinates: bool = False
    event_buffer: int = 256
    """User events that are remembered."""
    leave_drain_ns: int = 0
    """How long a node that has left goes on to answer those that do not know it yet."""
    rpc_rate: float = -1
    rpc_max_burst: int = 1000
    """Requests a second that a node without a server passes on (negative: any number), and how many at once."""
    doorways: tuple[str, ...] = ()
    """Addresses on this node that keep questions for servers open: they hear when to ask again."""


class FullSyncDue(Message):
    """The agent's timer: compare everything with the catalog."""


class ChangeSyncDue(Message):
    """The agent's timer: write what differs once more."""


class RoundLateDue(Message):
    """The agent's timer: the servers did not answer all writes of a round in time."""


class OutputSyncDue(Message):
    """The agent's timer: a check's output has waited long enough for the catalog."""

    id: str


class AliasDue(Message):
    """The agent's timer: ask once more about the node that an alias check stands for."""

    id: str


class TtlDue(Message):
    """The agent's timer: a TTL check was not updated in time."""

    id: str


class ReapCriticalDue(Message):
    """The agent's timer: look for services that have been critical for too long."""


class RebalanceDue(Message):
    """The agent's timer: change the order in which servers are asked."""


class EventWaitDue(Message):
    """The agent's timer: a blocking ListEvents has waited long enough."""

    waiter: int


class ServiceWaitDue(Message):
    """The agent's timer: a WatchLocalService has waited long enough."""

    waiter: int
