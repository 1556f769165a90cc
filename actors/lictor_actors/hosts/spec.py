"""Where a node stands: its name, its addresses and its directory. What it is made of, ``node/`` says."""

from __future__ import annotations

from lictor_messages.addresses import lane_url
from lictor_messages.base import Record


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
    """URLs to listen on; the advertised ones if empty."""
    data_dir: str = ""
    """Directory of the journal; empty: in memory only."""
    gossip_port: int = 8301
    server_port: int = 8300

    @property
    def node(self) -> str:
        """``name.dc``."""
        return f"{self.name}.{self.dc}"

    @property
    def gossip_url(self) -> str:
        """Where its actors on the lane of gossip are reached."""
        return self.gossip or lane_url(self.address, self.gossip_port)

    @property
    def rest_url(self) -> str:
        """Where its other actors are reached."""
        return self.rest or lane_url(self.address, self.server_port)

    @property
    def listen_urls(self) -> tuple[str, ...]:
        """Gossip first, then rest."""
        return self.listen or (self.gossip_url, self.rest_url)
