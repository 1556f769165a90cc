"""The configuration of an agent: every key that is in force, declared once."""

from __future__ import annotations

from typing import Any, Literal

from lictor_deploy.config.acl import Acl
from lictor_deploy.config.audit import AuditSection
from lictor_deploy.config.autopilot import AutopilotSection
from lictor_deploy.config.connect import ConnectSection
from lictor_deploy.config.dns import DnsConfig
from lictor_deploy.config.encryption import EncryptKeys
from lictor_deploy.config.gossip import GossipKeys, TaggedKeys
from lictor_deploy.config.http import HttpConfig, Limits, UnixSockets
from lictor_deploy.config.ips import HttpPlaces, Joinable, OwnIp, OwnIps, ReachableIp
from lictor_deploy.config.kinds import (
    Count,
    CountFromOne,
    Datacenter,
    Domain,
    Duration,
    Multiplier,
    PrimaryDatacenter,
    Recursor,
    Span,
)
from lictor_deploy.config.log import LogKeys
from lictor_deploy.config.option import Section, option, section
from lictor_deploy.config.ports import Ports
from lictor_deploy.config.telemetry import Telemetry
from lictor_deploy.config.tls import Tls, TlsKeys
from lictor_deploy.config.watches import Watch
from lictor_messages.secret import Secret

Raw = dict[str, Any]


class Performance(Section):
    """Raft's clock."""

    raft_multiplier: Multiplier = option(
        "Raft's time-outs, times this: 1 is fast, 5 suits small machines.", default=5, feeds="server.raft_multiplier"
    )
    leave_drain_time: Span = option(
        "How long a node that has left goes on to answer those that do not know it yet.", feeds="agent.leave_drain_ns"
    )
    rpc_hold_timeout: Duration = option(
        "How long a request is held while there is no leader or no server.",
        feeds="gateway.rpc_hold_timeout_ns dns.rpc_hold_timeout_ns",
    )


class Addresses(Section):
    """Where single listeners stand elsewhere than the others."""

    http: HttpPlaces = option(
        "IPs to listen on for HTTP, where they are others than client_addr, and local sockets as unix:///path.",
        feeds="node.http_addresses",
    )
    https: HttpPlaces = option("The same for HTTPS.", feeds="node.https_addresses")
    dns: OwnIps = option(
        "IPs to listen on for DNS, where they are others than client_addr.", feeds="node.dns_addresses"
    )


class AgentConfig(LogKeys, TlsKeys, GossipKeys, EncryptKeys, TaggedKeys):
    """The keys of Consul's agent configuration that are in force, merged from files and flags."""

    server: bool = option(
        "Be a server: keep the catalog and take part in consensus.", flag="server", feeds="node.server"
    )
    bootstrap: bool = option("The same as bootstrap_expect=1.", default=False, flag="bootstrap")
    bootstrap_expect: Count = option(
        "Number of servers to wait for before the first election.",
        flag="bootstrap-expect",
        feeds="node.bootstrap_expect",
    )
    node_name: str = option("Name of this node; by default the host's.", default="", flag="node")
    node_id: str = option(
        "UUID of this node; by default made once and kept in the data directory.", default="", flag="node-id"
    )
    disable_host_node_id: bool = option(
        "Make a node's id at random; false derives it from the machine's.", default=True, flag="disable-host-node-id"
    )
    node_meta: dict[str, str] = option(
        "key:value to attach to this node; may be given several times.",
        default={},
        flag="node-meta",
        feeds="node.meta",
        reloads=True,
    )
    datacenter: Datacenter = option("Name of the datacenter.", flag="datacenter", feeds="node.dc")
    primary_datacenter: PrimaryDatacenter = option(
        "The datacenter whose policies, roles and global tokens hold in all; by default the own one.",
        feeds="server.primary_dc gateway.primary_dc",
    )
    data_dir: str = option("Where state is kept; required unless -dev.", flag="data-dir", feeds="node.data_dir")
    bind_addr: OwnIp = option(
        "IP to listen on for the cluster; `::` takes IPv4 as well.", default="0.0.0.0", flag="bind"
    )
    client_addr: OwnIps = option(
        "IP to listen on for HTTP and client actors, or several with blanks between them; `::` takes IPv4 as well.",
        flag="client",
        feeds="node.client_addresses",
    )
    addresses: Addresses = section()
    advertise_addr: ReachableIp = option(
        "IP that other nodes reach this one by; by default the one bound to.", default="", flag="advertise"
    )
    unix_sockets: UnixSockets = section()
    translate_wan_addrs: bool = option(
        "Show nodes and services of other datacenters under their tagged address wan.",
        feeds="gateway.translate_wan_addrs dns.translate_wan_addrs",
    )
    advertise_addr_wan: ReachableIp = option(
        "IP that servers of other datacenters reach this one by, and the node's tagged address `wan`; by default the "
        "same.",
        default="",
        flag="advertise-wan",
        feeds="node.wan_address",
    )
    http_config: HttpConfig = section()
    tls: Tls = section()
    limits: Limits = section()
    domain: Domain = option("Domain of the names that DNS answers.", flag="domain", feeds="dns.domain")
    alt_domain: Domain = option("A second one.", flag="alt-domain", feeds="dns.alt_domain")
    recursors: list[Recursor] = option(
        "DNS server for names of other domains; may be given several times.",
        default=[],
        flag="recursor",
        feeds="dns.recursors",
        reloads=True,
    )
    dns_config: DnsConfig = section()
    ports: Ports = section()
    start_join: list[Joinable] = option(
        "Address of a node to join; may be given several times.", default=[], flag="join"
    )
    retry_join: list[Joinable] = option("The same: joins are always retried.", default=[], flag="retry-join")
    retry_interval: Duration = option(
        "Time between attempts to join.", flag="retry-interval", feeds="prober.retry_join_ns"
    )
    retry_max: Count = option(
        "Attempts to join after the first, without which the agent ends; 0 for any number.",
        flag="retry-max",
        feeds="prober.retry_join_max",
    )
    start_join_wan: list[Joinable] = option(
        "Address of a server of another datacenter to join; may be given several times.", default=[], flag="join-wan"
    )
    retry_join_wan: list[Joinable] = option("The same: joins are always retried.", default=[], flag="retry-join-wan")
    retry_interval_wan: Duration = option(
        "Time between attempts to join other datacenters.",
        flag="retry-interval-wan",
        feeds="prober-wan.retry_join_ns",
    )
    retry_max_wan: Count = option(
        "The same for other datacenters.", flag="retry-max-wan", feeds="prober-wan.retry_join_max"
    )
    rejoin_after_leave: bool = option(
        "After a graceful leave, too, look for those that this node knew; after any other end it does so anyway.",
        flag="rejoin",
        feeds="prober.rejoin_after_leave prober-wan.rejoin_after_leave",
    )
    reconnect_timeout: Duration = option(
        "After this long a failed member is forgotten.", feeds="prober.reconnect_timeout_ns"
    )
    reconnect_timeout_wan: Duration = option("The same between datacenters.", feeds="prober-wan.reconnect_timeout_ns")
    leave_on_terminate: bool | None = option(
        "Leave on SIGTERM; by default client agents do, and servers just stop.", default=None
    )
    skip_leave_on_interrupt: bool | None = option(
        "Do not leave on SIGINT; by default client agents leave, and servers just stop.", default=None
    )
    acl: Acl = section()
    audit: AuditSection = section()
    performance: Performance = section()
    autopilot: AutopilotSection = section()
    connect: ConnectSection = section()
    raft_snapshot_threshold: CountFromOne = option(
        "Log entries after which a server takes a snapshot, a large one later.",
        feeds="server.snapshot_threshold",
        reloads=True,
    )
    raft_trailing_logs: Count = option(
        "Log entries that a server keeps before its snapshot.", feeds="server.trailing_logs", reloads=True
    )
    session_ttl_min: Duration = option(
        "The shortest TTL of a session; the same on all servers.", feeds="server.session_ttl_min_ns"
    )
    default_query_time: Duration = option(
        "How long a blocking query waits if it does not say so.",
        flag="default-query-time",
        feeds="gateway.default_query_time_ns server.default_wait_ns",
    )
    max_query_time: Duration = option(
        "The longest that a blocking query waits.",
        flag="max-query-time",
        feeds="gateway.max_query_time_ns server.max_wait_ns",
    )
    check_update_interval: Span = option(
        "The output of a check whose status stays reaches the catalog about this often.",
        feeds="agent.check_update_interval_ns",
    )
    disable_coordinates: bool = option(
        "Reckon no network coordinates, and answer none.",
        feeds="prober.disable_coordinates prober-wan.disable_coordinates agent.disable_coordinates "
        "gateway.disable_coordinates",
    )
    check_output_max_size: CountFromOne = option(
        "Bytes that are kept of the output of a check that does not say.", feeds="agent.check_output_max_size"
    )
    discard_check_output: bool = option(
        "Keep no output of any check.", feeds="agent.discard_check_output", reloads=True
    )
    enable_script_checks: bool = option(
        "Run scripts as checks, also those that are registered over HTTP: who may do that may then run programs here.",
        flag="enable-script-checks",
        feeds="agent.enable_script_checks",
    )
    enable_local_script_checks: bool = option(
        "Run scripts as checks that the agent's own files define.",
        flag="enable-local-script-checks",
        feeds="agent.enable_local_script_checks",
    )
    gossip_profile: Literal["lan", "wan", "local"] = option("Constants of gossip.", feeds="prober.profile")
    gossip_profile_wan: Literal["lan", "wan", "local"] = option(
        "Constants of gossip between datacenters.", default="wan", feeds="prober-wan.profile"
    )
    services: list[dict[str, Any]] = option("Services of this node; service adds one.", default=[], reloads=True)
    checks: list[dict[str, Any]] = option("Checks of this node; check adds one.", default=[], reloads=True)
    watches: list[Watch] = option(
        "Handlers that are run when something changes: type, what it watches, and args or http_handler_config.",
        default=[],
        reloads=True,
    )
    telemetry: Telemetry = section()
    discovery_max_stale: Span = option(
        "Let any server that heard its leader this lately answer about the catalog and health where a request does not "
        "say how fresh the answer is to be; 0 for the leader alone.",
        feeds="gateway.discovery_max_stale_ns",
        reloads=True,
    )
    disable_http_unprintable_char_filter: bool = option(
        "Take paths that hold characters that cannot be seen.", feeds="gateway.disable_unprintable_char_filter"
    )
    enable_debug: bool = option("Answer /debug/pprof/.", feeds="gateway.enable_debug", reloads=True)
    pid_file: str = option("File that holds the number of the process while it runs.", default="", flag="pid-file")
    enable_fault_injection: bool = option(
        "Answer /v1/internal/faults, by which this agent can be broken on purpose. Not for production.", default=False
    )
    fault_injection_token: Secret = option(
        "Requests that send it as X-Consul-Token may break this agent; needed with enable_fault_injection.", default=""
    )

    @property
    def crosses(self) -> bool:
        """A server that takes part in the pool of all datacenters' servers."""
        return self.server and self.ports.serf_wan >= 0

    @property
    def leaves_on_terminate(self) -> bool:
        """SIGTERM: client agents leave, servers just stop, unless told otherwise."""
        return not self.server if self.leave_on_terminate is None else self.leave_on_terminate

    @property
    def leaves_on_interrupt(self) -> bool:
        """SIGINT: the same defaults, by the key that is written the other way round."""
        return not self.server if self.skip_leave_on_interrupt is None else not self.skip_leave_on_interrupt


DEV: Raw = {
    "server": True,
    "bootstrap_expect": 1,
    "bind_addr": "127.0.0.1",
    "performance": {"raft_multiplier": 1},
    "connect": {"enabled": True},
    "gossip_profile": "local",
    "gossip_profile_wan": "local",
}
"""What ``-dev`` means; files and flags still override it."""
