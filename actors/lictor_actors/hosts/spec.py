"""What one node is made from: who it is, where it listens, what it hosts."""

from __future__ import annotations

from typing import Literal

from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.base import FrozenMap, ReadOnly, Record


class NodeSpec(Record):
    """One node, as a cluster plan, a configuration file or the world describes it."""

    name: str
    dc: str = "dc1"
    id: str = ""
    """UUID; empty: derived from the data directory or drawn."""
    server: bool = False
    bootstrap_expect: int = 0
    """Number of servers to wait for before the first election; 0 means never bootstrap by itself."""
    address: str = "127.0.0.1"
    """IP that the node advertises."""
    gossip: str = ""
    """URL that the node advertises for gossip; tcp://address:8301 if empty."""
    rest: str = ""
    """URL for everything else; tcp://address:8300 if empty."""
    listen: tuple[str, ...] = ()
    """URLs to listen on; the advertised ones if empty."""
    join: tuple[str, ...] = ()
    """Gossip addresses to join through, retried until one answers."""
    retry_join_ns: int = 1_000_000_000
    """Time between those attempts."""
    rejoin_after_leave: bool = False
    """After a graceful leave, too, rejoin through those that it knew."""
    rpc_hold_timeout_ns: int = 7_000_000_000
    """How long a request is held while there is no leader or no server."""
    version: str = ""
    """Of Consul, whose interface it says to speak; CONSUL_VERSION if empty."""
    profile: Literal["lan", "wan", "local"] = "lan"
    raft_multiplier: float = 1.0
    snapshot_threshold: int = 16_384
    """Log entries after which a server takes a snapshot, a large one later."""
    trailing_logs: int = 10_240
    """Log entries that a server keeps before its snapshot."""
    session_ttl_min_ns: int = 10_000_000_000
    """The shortest TTL of a session, the same on all servers of a cluster."""
    meta: ReadOnly = FrozenMap()
    services: tuple[RegisterService, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    data_dir: str = ""
    """Directory of the journal; empty: in memory only."""
    client_address: str = "127.0.0.1"
    """IP of the HTTP and door listeners."""
    http_allowed_hosts: tuple[str, ...] = ()
    """Names under which HTTP may be asked. Without any a loopback listener takes ``localhost`` and addresses of
    loopback, and every other listener all names; ``*`` stands for all."""
    http_port: int = -1
    """-1: no HTTP listener."""
    door_port: int = -1
    """-1: no door for client actors."""
    gossip_port: int = 8301
    server_port: int = 8300

    @property
    def node(self) -> str:
        """``name.dc``."""
        return f"{self.name}.{self.dc}"

    @property
    def gossip_url(self) -> str:
        """Where its prober is reached."""
        return self.gossip or f"tcp://{self.address}:{self.gossip_port}"

    @property
    def rest_url(self) -> str:
        """Where its other actors are reached."""
        return self.rest or f"tcp://{self.address}:{self.server_port}"

    @property
    def listen_urls(self) -> tuple[str, ...]:
        """Gossip first, then rest."""
        return self.listen or (self.gossip_url, self.rest_url)
