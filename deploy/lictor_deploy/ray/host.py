"""The actor of Ray that hosts nodes: one on each node of Ray, and all nodes of this cluster there are in its loop.

Ray places it and restarts nothing; its parent, the driver, calls ``hear`` again and again and ``tell`` now and then. It
forks nothing. It is detached: it outlives its driver, and is found by its name.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from lictor_actors.hosts.live.log_lines import ConsulFormat
from lictor_actors.hosts.ray.place import here
from lictor_actors.hosts.ray.ports import drawn_ports
from lictor_deploy.agent.limits import raise_file_limit
from lictor_deploy.agent.log import start_log
from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.nodes import HostedNodes
from lictor_deploy.private import PRIVATE
from lictor_deploy.ray.directory import Directory
from lictor_deploy.ray.driver import driver_is_dead
from lictor_deploy.ray.guests import Guests
from lictor_deploy.ray.opening import Opening
from lictor_deploy.ray.orders import OrdersInTurn
from lictor_deploy.ray.outlet import Outlet
from lictor_deploy.ray.priority import run_like_parent
from lictor_messages.addresses import lane_url

FILES_NEEDED = 4096
LOOK_EVERY_S = 0.25
ASK_ABOUT_DRIVER_S = 1.5
"""So long before the lease ends Ray is asked whether the driver is dead."""
NICENESS = "other work may starve it. Start Ray on this machine with RAY_worker_niceness=0 in its environment."

log = logging.getLogger("lictor")


class Host:
    """See above. A parent that opens it again finds it as new: what it hosted has ended."""

    def __init__(self) -> None:
        os.umask(PRIVATE)
        self._life = 0
        self._nodes: HostedNodes | None = None
        self._open = False
        self._orders = OrdersInTurn()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, opening: Opening) -> Said:
        """Listen on both lanes and host nothing yet; what the parent has to know of this place."""
        self._life = opening.life
        self._orders.begin(opening.life)
        await self._close()
        raise_file_limit(FILES_NEEDED)
        self._place = here()
        self._directory = Directory(opening.cluster, self._place.ip, opening.data_dir)
        self._outlet, self._orphan = Outlet(), False
        self._start_log(opening)
        if below := run_like_parent():
            log.warning("Ray runs this host at a niceness %d above its raylet's: %s", below, NICENESS)
        with drawn_ports(self._place.ip, 2) as (gossip, rest):
            lanes = lane_url(self._place.ip, gossip), lane_url(self._place.ip, rest)
            self._nodes = HostedNodes(opening.name, opening.cluster, lanes, opening.token, self._outlet.say)
            await self._nodes.open((), opening.rules, self._directory.trace(opening.record))
        self._guests = Guests(self._nodes, self._directory, self._place.ip, lanes)
        self._tasks = [asyncio.create_task(self._nodes.report_on()), asyncio.create_task(self._mind_the_lease())]
        self._open = True
        self._obey_what_is_due()
        return {
            "pid": os.getpid(),
            "ip": self._place.ip,
            "ray_node": self._place.ray_node,
            "lanes": list(lanes),
            "data": str(self._directory.path),
            "servers": self._directory.servers(),
        }

    async def hear(self, life: int, confirmed: int) -> tuple[int, list[Said]]:
        """What the parent is to know, with the number of this answer; ``confirmed`` is the last one that it had.

        A call of an earlier life is told nothing: no channel listens to its answer any more.
        """
        if life != self._life:
            return 0, []
        self._orphan = False
        return await self._outlet.answer(confirmed)

    async def tell(self, life: int, number: int, message: Said) -> None:
        """An order of the parent; one that comes before the host is open waits for that."""
        self._orders.came(life, number, message)
        if self._open:
            self._obey_what_is_due()

    async def doors(self) -> list[str]:
        """Where programs on this node of Ray may dial in: agents first."""
        return self._guests.doors() if self._open else []

    async def stop(self) -> None:
        """End everything here, and remove what is temporary."""
        await self._close()
        self._directory.remove_temporary()

    # -- inside ----------------------------------------------------------------

    def _obey_what_is_due(self) -> None:
        for message in self._orders.due():
            self._obey(message)

    def _obey(self, message: Said) -> None:
        assert self._nodes is not None
        match message:
            case {"stop": True}:
                self._tasks.append(asyncio.create_task(self._stop_and_say()))
            case {"take": list(specs), "fresh": bool(fresh)}:
                self._guests.take(specs, fresh)
            case {"drop": list(names)}:
                self._tasks.append(asyncio.create_task(self._guests.drop(names, "it lives elsewhere")))
            case {"record": str(name), "order": int()}:
                self._record(name, message)
            case _:
                self._nodes.obey(message)

    def _record(self, name: str, message: Said) -> None:
        """The trace is written here, and read by the parent when it is complete."""
        assert self._nodes is not None
        if not name:
            self._nodes.record("")
            for file in self._directory.traces():
                self._outlet.say({"trace": file.name, "text": file.read_text(encoding="utf-8")})
        self._nodes.obey({**message, "record": self._directory.trace(Path(name).name)})

    async def _stop_and_say(self) -> None:
        await self.stop()
        self._outlet.say({"stopped": True})

    async def _close(self) -> None:
        nodes, self._nodes, self._open = self._nodes, None, False
        if nodes is None:
            return
        own = asyncio.current_task()
        for task in [task for task in self._tasks if task is not own]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._guests.close()
        await nodes.host.close()

    async def _mind_the_lease(self) -> None:
        """Without a parent that hears of us, others may host our agents: they end here before that. A driver that Ray
        knows to be dead starts nothing any more, so what it left goes on."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            left = self._outlet.lease.left_s(time.monotonic())
            if self._orphan or left > ASK_ABOUT_DRIVER_S:
                continue
            if left > LOOK_EVERY_S:
                self._orphan = await driver_is_dead(within_s=left - LOOK_EVERY_S)
            if not self._orphan and self._outlet.lease.left_s(time.monotonic()) < LOOK_EVERY_S:
                await self._guests.fence()

    def _start_log(self, opening: Opening) -> None:
        start_log(opening.log_level, self._directory.log(opening.name))
        told = logging.StreamHandler(_Told(self._outlet))
        told.setFormatter(ConsulFormat())
        logging.getLogger().addHandler(told)


class _Told:
    """A stream that ends at the parent."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def write(self, text: str) -> Any:
        self._outlet.say({"log": text})

    def flush(self) -> None:
        """Nothing is kept here."""
