"""The server's own options and timers."""

from __future__ import annotations

from typing import Literal

from lictor_messages.agent_acl import DownPolicy
from lictor_messages.autopilot import AutopilotConfiguration
from lictor_messages.base import WIRE, Message
from lictor_messages.secret import Secret


class ServerOptions(Message):
    """How one server is set up; times in nanoseconds. Sent to a server that runs, its limits and ``snapshot_threshold``
    and ``trailing_logs`` are in force from then on.
    """

    node: str
    """``name.dc``."""
    name: str
    dc: str
    bootstrap_expect: int = 0
    """Servers to wait for before the first election; 0: join a cluster that others bootstrap."""
    port: int = 8300
    raft_multiplier: float = 1.0
    prober: str
    wan_prober: str = ""
    """Address of the prober of the pool of all datacenters, "" if the node is not in it."""
    router: str = ""
    """Address of the actor that passes requests on to other datacenters, "" if there is none."""
    version: str
    reconcile_every_ns: int = 60_000_000_000
    default_wait_ns: int = 300_000_000_000
    max_wait_ns: int = 600_000_000_000
    open_writes_max: int = 4096
    session_ttl_min_ns: int = 10_000_000_000
    """The shortest TTL of a session; the same on all servers, for each of them decides by it what an entry does."""
    acl: bool = False
    """Whether tokens are asked for; the options below say how."""
    acl_default_policy: Literal["allow", "deny"] = "allow"
    """What holds where no rule speaks."""
    acl_key_list: bool = False
    """Whether listing keys takes ``key:list`` on their prefix."""
    acl_initial_management: Secret = ""
    """The secret of a token that may do everything, made when a leader finds none; "" for none."""
    acl_down_policy: DownPolicy = "extend-cache"
    """What holds for tokens of the primary datacenter that it cannot be asked about, where none are replicated."""
    acl_token_ttl_ns: int = 30_000_000_000
    """How long its word of a token is believed there."""
    acl_replicates_tokens: bool = False
    """Whether the primary datacenter's tokens hold here, beside its policies and roles."""
    primary_dc: str = ""
    """The datacenter whose policies, roles and global tokens hold in all; "": the own one."""
    rendered_bytes_max: int = 32 << 20
    snapshot_threshold: int = 16_384
    """Log entries after which a server takes a snapshot, a large one later (``raft_snapshot_threshold``)."""
    trailing_logs: int = 10_240
    """Log entries that it keeps before the snapshot (``raft_trailing_logs``)."""
    autopilot: AutopilotConfiguration = AutopilotConfiguration()
    """What the first leader begins with; afterwards the log has it."""
    connect: bool = False
    """Whether the leader makes a root certificate for the service mesh."""
    cluster_id: str = ""
    """UUID of the mesh's trust domain; "": one is made with the root."""
    request_limits_mode: Literal["disabled", "permissive", "enforcing"] = "disabled"
    """What becomes of requests beyond the rates: taken, taken and counted, or refused."""
    read_rate: float = -1
    """Queries a second; negative: any number."""
    write_rate: float = -1
    """Commands a second."""

    @property
    def replicates_acls(self) -> bool:
        """Whether access control comes from another datacenter."""
        return self.acl and self.primary_dc not in ("", self.dc)


class RouterOptions(Message):
    """Whose links to other datacenters these are."""

    node: str
    """``name.dc``."""
    dc: str
    prober: str
    """Address of the prober of the own datacenter's pool."""
    wan_prober: str
    """Address of the prober of the pool of all."""


class ReconcileDue(Message):
    """Compare the whole member list with the catalog."""


class LateRegistrationDue(Message):
    """Look at the members that were registered although they had left."""


class ProposeDue(Message):
    """Propose the writes that have gathered."""


class RemoteTokensDue(Message):
    """The primary datacenter's word of some tokens is old: blocked queries may rest on them."""


class BlockedDue(Message):
    """The oldest blocked query has waited long enough."""


class ApplyDue(Message):
    """The next of many committed entries."""


class SnapshotSliceDue(Message):
    """The next slice of the snapshot that is being written."""


class AskBlank(Message, kind="server.ask_blank", on=WIRE):
    """Between servers that wait to found a cluster: has your disk ever held anything of one? Answer: Blankness."""


class Blankness(Message, kind="server.blankness", on=WIRE):
    """``word`` is this life's own if the disk is blank, "" if it is not."""

    word: str


class Bootstrap(Message, kind="server.found", on=WIRE):
    """All of ``servers`` are blank: begin, if ``word`` is the one you gave."""

    servers: tuple[str, ...]
    word: str


class FoundingDue(Message):
    """Ask again who is blank."""
