"""Which requests the configuration forbids: some paths to all, and all but GET to those outside some networks."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_messages.web import GatewayOptions

READS = frozenset(("GET", "HEAD", "OPTIONS"))


class Access:
    """Consul's http_config.block_endpoints and http_config.allow_write_http_from."""

    def __init__(self, options: GatewayOptions) -> None:
        self._blocked = options.block_endpoints
        self._networks = tuple(ip_network(text) for text in options.allow_write_http_from)

    def check_path(self, request: HttpRequest) -> None:
        """Raises HttpError 403, before it is looked for what answers there."""
        if request.path.startswith(self._blocked):
            raise HttpError(403, "Endpoint is blocked by agent configuration")

    def check_write(self, request: HttpRequest) -> None:
        """Raises HttpError 403; a client at a local socket has no address, and so is in no network."""
        if self._networks and request.asked.method not in READS and not self._within(request.asked.peer):
            raise HttpError(403, "Access is restricted")

    def _within(self, peer: str) -> bool:
        if not peer:
            return False
        address = ip_address(peer.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 client of a listener at ::
        return any((mapped or address) in network for network in self._networks)
