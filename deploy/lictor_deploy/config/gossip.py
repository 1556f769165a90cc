"""The keys about gossip: where it listens, who may take part, and single constants of its profile."""

from __future__ import annotations

from lictor_deploy.config.ips import Ipv4, Ipv6, OwnIp
from lictor_deploy.config.kinds import Count, Network, Span
from lictor_deploy.config.option import Section, option, section


class GossipLan(Section):
    """Constants of the pool of a datacenter that are to be others than those of its profile; 0 for these."""

    gossip_interval: Span = option("Between two messages of gossip.", feeds="prober.gossip_interval_ns")
    gossip_nodes: Count = option("Members that hear each of them.", feeds="prober.gossip_nodes")
    probe_interval: Span = option("From one probe to the next.", feeds="prober.probe_interval_ns")
    probe_timeout: Span = option("What a probed member has before others are asked.", feeds="prober.probe_timeout_ns")
    suspicion_mult: Count = option(
        "Multiplies how long a silent member is suspected before it is declared dead.", feeds="prober.suspicion_mult"
    )
    retransmit_mult: Count = option("Multiplies how often news is passed on.", feeds="prober.retransmit_mult")


class GossipWan(Section):
    """The same of the pool of the servers of all datacenters."""

    gossip_interval: Span = option("The same between datacenters.", feeds="prober-wan.gossip_interval_ns")
    gossip_nodes: Count = option("The same between datacenters.", feeds="prober-wan.gossip_nodes")
    probe_interval: Span = option("The same between datacenters.", feeds="prober-wan.probe_interval_ns")
    probe_timeout: Span = option("The same between datacenters.", feeds="prober-wan.probe_timeout_ns")
    suspicion_mult: Count = option("The same between datacenters.", feeds="prober-wan.suspicion_mult")
    retransmit_mult: Count = option("The same between datacenters.", feeds="prober-wan.retransmit_mult")


class GossipKeys(Section):
    """Beside the profiles."""

    serf_lan: OwnIp = option(
        "IP to listen on for gossip, where it is another than bind_addr.", default="", flag="serf-lan-bind"
    )
    serf_wan: OwnIp = option("The same for gossip between datacenters.", default="", flag="serf-wan-bind")
    serf_lan_allowed_cidrs: list[Network] = option(
        "Networks in which members have to advertise themselves; the others are turned away. Any by default.",
        default=[],
        flag="serf-lan-allowed-cidrs",
        feeds="prober.allowed_networks",
    )
    serf_wan_allowed_cidrs: list[Network] = option(
        "The same for gossip between datacenters.",
        default=[],
        flag="serf-wan-allowed-cidrs",
        feeds="prober-wan.allowed_networks",
    )
    gossip_lan: GossipLan = section()
    gossip_wan: GossipWan = section()


class TaggedKeys(Section):
    """Addresses of the node that are told beside the advertised one."""

    advertise_addr_ipv4: Ipv4 = option("The node's tagged address `lan_ipv4`.", default="")
    advertise_addr_ipv6: Ipv6 = option("The node's tagged address `lan_ipv6`.", default="")
    advertise_addr_wan_ipv4: Ipv4 = option("The node's tagged address `wan_ipv4`.", default="")
    advertise_addr_wan_ipv6: Ipv6 = option("The node's tagged address `wan_ipv6`.", default="")
    tagged_addresses: dict[str, str] = option(
        "Further tagged addresses of the node by their names, and those above by theirs.", default={}
    )

    @property
    def tagged(self) -> dict[str, str]:
        """All of them by name."""
        own = {
            "lan_ipv4": self.advertise_addr_ipv4,
            "lan_ipv6": self.advertise_addr_ipv6,
            "wan_ipv4": self.advertise_addr_wan_ipv4,
            "wan_ipv6": self.advertise_addr_wan_ipv6,
        }
        return {name: address for name, address in own.items() if address} | self.tagged_addresses
