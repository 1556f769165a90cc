"""Opens the HTTP door of a node: the listener, and the desk that makes mail of its requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lictor_actors.hosts.doors.http.desk import WebDesk
from lictor_actors.hosts.doors.http.door import Ask, HttpDoor
from lictor_actors.hosts.doors.opening import Opening, Site
from lictor_messages.web import HttpAnswered, HttpAsked


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


def http_opening(role: str, addresses: tuple[str, ...], port: int, allowed_hosts: tuple[str, ...] = ()) -> Opening:
    """Of a door at these addresses that leads to the actor of this role."""

    async def opened(site: Site) -> OpenHttp:
        desk = WebDesk(site.node, role, site.boot, site.asked)
        listener = HttpDoor(by_path(site.beside, desk.ask), allowed_hosts=allowed_hosts)
        for address in addresses:
            await listener.listen(address, port)
        return OpenHttp(role, desk, listener)

    return opened


def by_path(beside: Mapping[str, Ask], gateway: Ask) -> Ask:
    """Requests under the paths of ``beside`` go there, all others to the gateway."""
    paths = tuple(beside)

    def ask(asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        if asked.target.startswith(paths):
            return next(beside[path] for path in paths if asked.target.startswith(path))(asked, answer)
        return gateway(asked, answer)

    return ask if paths else gateway
