"""One node of a live process, with what the host opened for it: journal, HTTP listener, doorway for clients."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lictor_actors.hosts.disks_faulty import Trouble
from lictor_actors.hosts.live_http import WebDesk
from lictor_actors.hosts.live_ledger import LiveLedger
from lictor_actors.hosts.node import Node
from lictor_actors.hosts.spec import NodeSpec
from lictor_messages.web import HttpAnswered, HttpAsked

if TYPE_CHECKING:
    from lictor_actors.hosts.door import Door
    from lictor_actors.hosts.http import Ask, HttpDoor

log = logging.getLogger("lictor")


class Readiness(NamedTuple):
    """What one node sees of the cluster, for whoever waits for it to be whole."""

    alive: int
    members: str
    """Hash of the names of the members alive."""
    leader: str
    """Servers only: the leader's node, "" if none is known."""
    catalog: int
    """Servers only: nodes in the catalog whose serfHealth is passing."""


class LiveNode:
    """Carries one node."""

    def __init__(self, spec: NodeSpec, node: Node, ledger: LiveLedger, trouble: Trouble) -> None:
        self.trouble = trouble
        self.spec = spec
        self.node = node
        self.ledger = ledger
        self.desk: WebDesk | None = None
        self._http: HttpDoor | None = None
        self._door: Door | None = None

    async def open_doors(self, boot: int, cluster: bytes, beside: Mapping[str, Ask]) -> None:
        """Listen for HTTP and for clients on the bus, where the spec says so."""
        spec, node = self.spec, self.node
        if spec.http_port >= 0:
            from lictor_actors.hosts.http import HttpDoor

            self.desk = WebDesk(node, boot)
            self._http = HttpDoor(by_path(beside, self.desk.ask))
            await self._http.listen(spec.client_address, spec.http_port)
        if spec.door_port >= 0:
            from lictor_actors.hosts.door import Door

            url = f"tcp://{spec.client_address}:{spec.door_port}"
            self._door = Door(node.name, url, cluster, node.deliver)
            node.doors["door"] = self._door.answered
            self._door.start()

    async def close_doors(self) -> None:
        """Nobody comes in any more."""
        if self._http is not None:
            self._http.close()
        if self._door is not None:
            await self._door.close()

    def mend(self) -> int:
        """Start again what a failed disk has stopped; returns how many actors."""
        if not self.ledger.broken:
            return 0
        self.ledger.reopen()
        return self.node.handle_actor("restart")

    @property
    def readiness(self) -> Readiness:
        """What the node sees of the cluster at this moment."""
        prober, server = self.node.actor("prober"), self.node.actor("server")
        return Readiness(
            getattr(prober, "alive_count", 0),
            str(getattr(prober, "members_hash", "")),
            getattr(server, "leader", ""),
            getattr(server, "passing_nodes", 0),
        )


def by_path(beside: Mapping[str, Ask], gateway: Ask) -> Ask:
    """Requests under the paths of ``beside`` go there, all others to the gateway."""
    paths = tuple(beside)

    def ask(asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        if asked.target.startswith(paths):
            return next(beside[path] for path in paths if asked.target.startswith(path))(asked, answer)
        return gateway(asked, answer)

    return ask if paths else gateway


def start_over(spec: NodeSpec) -> None:
    """Servers: apply a ``peers.json`` that an operator has left, before anything is read."""
    from lictor_actors.hosts.peers_file import apply_peers_file

    done = apply_peers_file(Path(spec.data_dir), spec.node)
    if done is not None:
        log.warning("%s: peers.json was applied: the servers are now %s", spec.node, ", ".join(done.after.names))
