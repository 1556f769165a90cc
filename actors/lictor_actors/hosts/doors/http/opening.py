"""Opens the HTTP door of a node: the listener, and the desk that makes mail of its requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from lictor_actors.hosts.doors.http.desk import WebDesk
from lictor_actors.hosts.doors.http.door import Ask, HttpDoor
from lictor_actors.hosts.doors.http.handshakes import TlsTerms
from lictor_actors.hosts.doors.http.limits import limits_of
from lictor_actors.hosts.doors.opening import Opening, Site
from lictor_actors.hosts.doors.unix import Ownership, path_of
from lictor_messages.web import GatewayOptions, HttpAnswered, HttpAsked

if TYPE_CHECKING:
    import ssl


class OpenHttp:
    """Implements ``OpenDoor``."""

    def __init__(self, role: str, desk: WebDesk, listener: HttpDoor) -> None:
        self.role = role
        self.listener = listener
        self._desk = desk

    def actor_crashed(self) -> None:
        """See ``OpenDoor``."""
        self._desk.gateway_crashed()

    def node_ended(self, why: str) -> None:
        """See ``OpenDoor``."""
        self._desk.gateway_is_down(why)

    async def close(self) -> None:
        """See ``OpenDoor``."""
        self.listener.close()


class DoorPlaces(NamedTuple):
    """Where listeners of one kind stand."""

    addresses: tuple[str, ...]
    """IPs, and ``unix://`` with a path."""
    port: int
    """Of the IPs; -1: there are no such listeners."""


class Listening(NamedTuple):
    """Where a door listens, and which names of hosts it takes."""

    http: DoorPlaces
    https: DoorPlaces
    context: Callable[[], ssl.SSLContext]
    """Of handshakes that begin now, where ``https`` has a port."""
    allowed_hosts: tuple[str, ...]
    """See ``NodeSpec``."""
    ownership: Ownership
    """Of the files of local sockets."""


def http_opening(
    role: str, where: Listening, options: GatewayOptions, over: Callable[[Ask], Ask] = lambda ask: ask
) -> Opening:
    """Of a door that leads to the actor of this role, which runs with these options.

    ``over`` is put around all that is asked, when the door is opened.
    """

    async def opened(site: Site) -> OpenHttp:
        def follow(options: GatewayOptions) -> None:
            listener.premises.follow(limits_of(options), tuple(options.response_headers.items()))

        desk = WebDesk(site.node, role, site.boot, site.asked, follow=follow)
        listener = HttpDoor(over(by_path(site.beside, desk.ask)), allowed_hosts=where.allowed_hosts)
        follow(options)
        tls = TlsTerms(where.context, lambda what: site.node.ground.count(what, site.node.name))
        await _listen(listener, where.http, where.ownership, None)
        await _listen(listener, where.https, where.ownership, tls)
        return OpenHttp(role, desk, listener)

    return opened


async def _listen(listener: HttpDoor, places: DoorPlaces, ownership: Ownership, tls: TlsTerms | None) -> None:
    for address in places.addresses if places.port >= 0 else ():
        if path := path_of(address):
            await listener.listen_at(path, ownership, tls)
        else:
            await listener.listen(address, places.port, tls)


def by_path(beside: Mapping[str, Ask], gateway: Ask) -> Ask:
    """Requests under the paths of ``beside`` go there, all others to the gateway."""
    paths = tuple(beside)

    def ask(asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        if asked.target.startswith(paths):
            return next(beside[path] for path in paths if asked.target.startswith(path))(asked, answer)
        return gateway(asked, answer)

    return ask if paths else gateway
