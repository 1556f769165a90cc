"""Where a node stands: its name, its addresses and its directory. What it is made of, ``node/`` says."""

from __future__ import annotations

from lictor_messages.addresses import lane_url
from lictor_messages.base import Record
from lictor_messages.host import PoolLane
from lictor_messages.keyring import GossipEncryption


class SiteSpec(Record):
    """What a host needs to know of a node."""

    name: str
    dc: str = "dc1"
    id: str = ""
    """UUID; empty: derived from the data directory or drawn."""
    address: str = "127.0.0.1"
    """IP that the node advertises."""
    gossip: str = ""
    """URL that the node advertises for gossip; tcp://address:8301 if empty."""
    rest: str = ""
    """URL for everything else; tcp://address:8300 if empty."""
    listen: tuple[str, ...] = ()
    """URLs to listen on, in the order of ``listen_urls``; the advertised ones if empty."""
    data_dir: str = ""
    """Directory of the journal; empty: in memory only."""
    gossip_port: int = 8301
    server_port: int = 8300
    wan_port: int = -1
    """Of gossip with the servers of other datacenters; -1: the node takes no part in it."""
    wan_address: str = ""
    """IP that it advertises to them; the same as ``address`` if empty."""
    wan: str = ""
    """URL that it advertises for this; tcp://wan_address:wan_port if empty."""

    encryption: GossipEncryption | None = None
    """Of its gossip; None: it is not encrypted."""

    @property
    def node(self) -> str:
        """``name.dc``."""
        return f"{self.name}.{self.dc}"

    @property
    def gossip_url(self) -> str:
        """Where its actors on the lane of gossip are reached."""
        return self.gossip or lane_url(self.address, self.gossip_port)

    @property
    def wan_url(self) -> str:
        """Where its prober of all datacenters is reached, "" if it has none."""
        if self.wan_port < 0:
            return ""
        return self.wan or lane_url(self.wan_address or self.address, self.wan_port)

    @property
    def pool_urls(self) -> tuple[str, ...]:
        """Where its gossip pools are joined."""
        return tuple(url for url in (self.gossip_url, self.wan_url) if url)

    @property
    def pool_lanes(self) -> tuple[PoolLane, ...]:
        """The lanes of these pools."""
        return ("gossip", "wan") if self.wan_url else ("gossip",)

    @property
    def rest_url(self) -> str:
        """Where its other actors are reached."""
        return self.rest or lane_url(self.address, self.server_port)

    @property
    def listen_urls(self) -> tuple[str, ...]:
        """Gossip first, then rest, then gossip of all datacenters."""
        gossip, *wan = self.pool_urls
        return self.listen or (gossip, self.rest_url, *wan)
