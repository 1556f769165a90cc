"""The nodes that a host has been given: begun, ended, handed on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress

from lictor_actors.hosts.disks.file import DirectoryInUse
from lictor_actors.hosts.ray.ports import drawn_ports
from lictor_actors.node.live import add_node
from lictor_actors.node.spec import NodeSpec
from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.nodes import HostedNodes
from lictor_deploy.ray.directory import Directory
from lictor_messages.addresses import lane_url

LOCK_AGAIN_S = 0.2

log = logging.getLogger("lictor")


class Guests:
    """Starts each node at this machine's address, with ports that the system draws, and says where it is."""

    def __init__(self, nodes: HostedNodes, directory: Directory, ip: str, lanes: tuple[str, str]) -> None:
        self._nodes = nodes
        self._directory = directory
        self._ip = ip
        self._lanes = lanes
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._here: dict[str, NodeSpec] = {}
        """Node's name → it, as it stands here."""

    def take(self, specs: Iterable[Said], fresh: bool) -> None:
        """Start these. ``fresh``: agents that come from elsewhere, so that what is kept of them here is out of date."""
        for spec in map(NodeSpec.model_validate, specs):
            if spec.name not in self._here and spec.name not in self._starting:
                self._starting[spec.name] = asyncio.create_task(self._start(spec, fresh))

    async def drop(self, names: Sequence[str], why: str) -> None:
        """End these, and release their directories."""
        for name in names:
            starting = self._starting.pop(name, None)
            if starting is not None:
                starting.cancel()
                with suppress(asyncio.CancelledError):
                    await starting
            spec = self._here.pop(name, None)
            if spec is not None:
                await self._nodes.host.remove(spec.node, why)

    async def fence(self) -> None:
        """The parent does not hear of us, and may start our agents elsewhere: they end here. Servers are pinned."""
        agents = [name for name, spec in self._here.items() if not spec.server]
        agents += [name for name in self._starting if not name.startswith("server-")]
        if agents:
            log.warning("fenced: the parent has not called in time, so %d agents end here", len(agents))
            await self.drop(agents, "fenced")
            self._nodes.say({"fenced": agents})

    def doors(self) -> list[str]:
        """URLs of their doors for client actors: agents first."""
        specs = sorted(self._here.values(), key=lambda spec: spec.server)
        return [lane_url(self._ip, spec.door_port) for spec in specs]

    async def close(self) -> None:
        """Start no more."""
        await self.drop(list(self._starting), "the host is closing")

    async def _start(self, spec: NodeSpec, fresh: bool) -> None:
        if fresh and not spec.server:
            self._directory.forget(spec.name)
        try:
            with drawn_ports(self._ip, 2) as (http, door):
                placed = self._placed(spec, http, door)
                await self._add(placed)
        except Exception as error:
            log.exception("%s cannot start", spec.name)
            self._nodes.cannot_start(error)
            return
        finally:
            self._starting.pop(spec.name, None)
        self._here[spec.name] = placed
        self._nodes.say({"taken": [spec.name, self._ip, http, door]})

    async def _add(self, spec: NodeSpec) -> None:
        """A server's directory may still be locked by what an earlier host left running: nothing starts before."""
        while True:
            try:
                await add_node(self._nodes.host, spec)
                return
            except DirectoryInUse:
                await asyncio.sleep(LOCK_AGAIN_S)

    def _placed(self, spec: NodeSpec, http: int, door: int) -> NodeSpec:
        where = {"address": self._ip, "client_addresses": (self._ip,), "http_port": http, "door_port": door}
        lanes = dict(zip(("gossip", "rest"), self._lanes, strict=True))
        return spec.model_copy(update={**where, **lanes, "data_dir": str(self._directory.of(spec.name))})
