"""Opens the DNS door of a node: a listener for UDP and one for TCP at each address, and the desk behind them."""

from __future__ import annotations

from lictor_actors.hosts.doors.dns.desk import DnsDesk
from lictor_actors.hosts.doors.dns.tcp import TcpListener
from lictor_actors.hosts.doors.dns.udp import UdpListener
from lictor_actors.hosts.doors.opening import Opening, Site


class OpenDns:
    """Implements ``OpenDoor``."""

    def __init__(self, role: str, desk: DnsDesk) -> None:
        self.role = role
        self._desk = desk
        self._udp: list[UdpListener] = []
        self._tcp = TcpListener(desk)

    async def listen(self, address: str, port: int) -> None:
        """Both transports at one port. Raises OSError, in words."""
        port = await self._tcp.listen(address, port)
        self._udp.append(UdpListener(self._desk, address, port))

    def actor_crashed(self) -> None:
        """See ``OpenDoor``."""
        self._desk.forget_all()

    def node_ended(self, why: str) -> None:
        """See ``OpenDoor``."""
        self._desk.forget_all()

    async def close(self) -> None:
        """See ``OpenDoor``."""
        for listener in self._udp:
            listener.close()
        self._tcp.close()
        self._desk.close()


def dns_opening(role: str, addresses: tuple[str, ...], port: int) -> Opening:
    """Of a door at these addresses that leads to the actor of this role."""

    async def opened(site: Site) -> OpenDns:
        door = OpenDns(role, DnsDesk(site.node, role, site.boot, site.asked))
        try:
            for address in addresses:
                await door.listen(address, port)
        except OSError:
            await door.close()
            raise
        return door

    return opened
