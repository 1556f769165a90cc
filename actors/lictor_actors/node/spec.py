"""What one node is made from: who it is, where it stands, what it hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from lictor_actors.hosts.spec import SiteSpec
from lictor_messages.agent import AgentOptions, CheckSpec, RegisterService
from lictor_messages.base import FrozenMap, Message, ReadOnly
from lictor_messages.dns import DnsOptions
from lictor_messages.server import ServerOptions
from lictor_messages.swim import ProberOptions
from lictor_messages.web import GatewayOptions

OPTIONS: dict[str, type[Message]] = {
    "prober": ProberOptions,
    "prober-wan": ProberOptions,
    "server": ServerOptions,
    "agent": AgentOptions,
    "gateway": GatewayOptions,
    "dns": DnsOptions,
}
"""What each actor of a node is started with, by its role."""


def known(settings: Mapping[str, Any]) -> FrozenMap:
    """The settings, frozen. Raises ValueError for one that no actor has: nothing else would notice."""
    for name in settings:
        role, _, option = name.partition(".")
        if role not in OPTIONS or option not in OPTIONS[role].model_fields:
            raise ValueError(f"{name!r} is no option of an actor")
    return FrozenMap(settings)


class NodeSpec(SiteSpec):
    """One node, as a cluster plan, a configuration file or the world describes it."""

    server: bool = False
    bootstrap_expect: int = 0
    """Number of servers to wait for before the first election; 0 means never bootstrap by itself."""
    join: tuple[str, ...] = ()
    """Gossip addresses to join through, retried until one answers."""
    wan_join: tuple[str, ...] = ()
    """The same for the pool of the servers of all datacenters."""
    version: str = ""
    """Of Consul, whose interface it says to speak; CONSUL_VERSION if empty."""
    settings: Annotated[Mapping[str, Any], AfterValidator(known)] = FrozenMap()
    """Options of actors that are not their defaults: ``{"server.snapshot_threshold": 100}``, see OPTIONS."""
    meta: ReadOnly = FrozenMap()
    tagged_addresses: ReadOnly = FrozenMap()
    """By name; beside those that follow from ``address`` and ``wan_address``, and before them."""
    services: tuple[RegisterService, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    client_addresses: tuple[str, ...] = ("127.0.0.1",)
    """IPs of the HTTP and door listeners."""
    http_addresses: tuple[str, ...] = ()
    """IPs of the HTTP listeners alone, and ``unix://`` with a path; those of the clients' listeners if empty."""
    unix_sockets: tuple[str, str, str] = ("", "", "")
    """User, group and mode of the files of local sockets; "" for what the process has."""
    http_allowed_hosts: tuple[str, ...] = ()
    """Names under which HTTP may be asked. Without any a loopback listener takes ``localhost`` and addresses of
    loopback, and every other listener all names; ``*`` stands for all."""
    http_port: int = -1
    """-1: no HTTP listener."""
    https_addresses: tuple[str, ...] = ()
    """The same as ``http_addresses`` over TLS."""
    https_port: int = -1
    """-1: no HTTPS listener."""
    dns_addresses: tuple[str, ...] = ()
    """IPs of the DNS listeners; those of the clients' listeners if empty."""
    dns_port: int = -1
    """-1: no DNS, and no actor for it."""
    door_port: int = -1
    """-1: no door for client actors."""
    door_conns_per_client: int = 100
    """Connections of client actors from one address; 0: any number."""
    door_handshake_ns: int = 5_000_000_000
    """How long such a connection may take to begin."""
    door_plain_tokens: bool = False
    """Whether it takes a token that came over the network in clear."""

    @property
    def crosses(self) -> bool:
        """True for a server that takes part in the pool of all datacenters' servers."""
        return self.server and self.wan_port >= 0

    @property
    def http_on(self) -> tuple[str, ...]:
        """IPs of the HTTP listeners."""
        return self.http_addresses or self.client_addresses

    @property
    def https_on(self) -> tuple[str, ...]:
        """IPs of the HTTPS listeners."""
        return self.https_addresses or self.client_addresses

    @property
    def dns_on(self) -> tuple[str, ...]:
        """IPs of the DNS listeners."""
        return self.dns_addresses or self.client_addresses

    def having(self, settings: Mapping[str, Any]) -> NodeSpec:
        """The same node with these settings, beside those that it has. Raises ValueError for an unknown one."""
        return self.model_copy(update={"settings": known({**self.settings, **settings})})

    def settings_of(self, role: str) -> dict[str, Any]:
        """The settings of this actor, by the names of its options."""
        prefix = f"{role}."
        return {name.removeprefix(prefix): self.settings[name] for name in self.settings if name.startswith(prefix)}
