"""One node of a live process, with what the host opened for it: journal, HTTP listener, doorway for clients."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lictor_actors.hosts.disks.faulty import FaultyDisk, Trouble
from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.hosts.disks.losing import LosingDisk
from lictor_actors.hosts.doors.http.desk import WebDesk
from lictor_actors.hosts.live.faults import LiveFaults, Tap
from lictor_actors.hosts.live.ledger import LiveLedger
from lictor_actors.hosts.node import Node
from lictor_actors.hosts.spec import SiteSpec
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_actors.kernel.vocabulary import Vocabulary
from lictor_messages.envelope import Envelope
from lictor_messages.faults import DiskRule, HandleActor
from lictor_messages.web import HttpAnswered, HttpAsked

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.clients import ClientDoor
    from lictor_actors.hosts.doors.http.door import Ask, HttpDoor

log = logging.getLogger("lictor")
POWER_FAILS_WITHIN_S = 0.25


class LiveNode:
    """Carries one node."""

    def __init__(
        self,
        spec: SiteSpec,
        node: Node,
        loop: asyncio.AbstractEventLoop,
        faults: LiveFaults,
        dirty: Callable[[LiveLedger], None],
    ) -> None:
        """``dirty`` is told when the journal has something to sync."""
        self.spec = spec
        self.node = node
        self.desk: WebDesk | None = None
        self._loop = loop
        self._faults = faults
        self._http: HttpDoor | None = None
        self._door: ClientDoor | None = None
        self._trouble = Trouble(faults.rng)
        self._disk = LosingDisk(FileDisk(Path(spec.data_dir)) if spec.data_dir else MemoryDisk())
        self.set_disk_rules(faults.disks_of(node.name))
        disk = FaultyDisk(self._disk, self._trouble, _sleep)
        self.ledger = LiveLedger(disk, loop, dirty, self._disk_failed, node.ground.count, self._disk_full)

    async def open_doors(self, boot: int, cluster: bytes, behind: Mapping[str, str], beside: Mapping[str, Ask]) -> None:
        """Listen for HTTP and for clients on the bus, where the spec says so; ``behind``: see ``LiveHost.add``."""
        spec, node = self.spec, self.node
        if spec.http_port >= 0:
            from lictor_actors.hosts.doors.http.door import HttpDoor

            self.desk = WebDesk(node, behind["http"], boot, self._faults.asked)
            self._http = HttpDoor(by_path(beside, self.desk.ask), allowed_hosts=spec.http_allowed_hosts)
            await self._http.listen(spec.client_address, spec.http_port)
        if spec.door_port >= 0:
            from lictor_actors.hosts.doors.clients import ClientDoor

            url = f"tcp://{spec.client_address}:{spec.door_port}"
            hears = partial(self._hears, behind["door"])
            self._door = ClientDoor(node.name, behind["door"], url, cluster, self._from_client, hears)
            node.open_door("door", self._door.answered, self._door.waits)
            self._door.start()

    def _hears(self, role: str) -> Vocabulary | None:
        desk = self.node.desk(role)
        return desk.hears if desk is not None else None

    def _from_client(self, envelope: Envelope) -> None:
        self._faults.asked(envelope)
        self.node.deliver(envelope)

    def gateway_is_down(self, why: str) -> None:
        """The node has ended: nothing would ever answer the HTTP requests that are open."""
        if self.desk is not None:
            self.desk.gateway_is_down(why)

    def actor_crashed(self, role: str) -> None:
        """What an actor knew has died with it: the requests that a door has given to it will not be answered."""
        if self.desk is not None and self.desk.role == role:
            self.desk.gateway_crashed()

    async def close_doors(self) -> None:
        """Accept no more requests and clients."""
        if self._http is not None:
            self._http.close()
        if self._door is not None:
            await self._door.close()

    # -- faults --------------------------------------------------------------

    def set_disk_rules(self, rules: Iterable[DiskRule]) -> None:
        """These are in force for its disk from now on, and no others."""
        self._trouble.set_rules(rules)
        self._disk.expect_lies(self._trouble.lies)

    def handle_actor(self, wish: HandleActor) -> int:
        """Do this to an actor, to all of them, or to what carries them; returns how many actors it was done to."""
        match wish.verb:
            case "mend":
                return self._mend()
            case "cut_power":
                return self._cut_power(wish.torn)
        return self.node.handle_actor(wish.verb, wish.role)

    def _mend(self) -> int:
        """Start again what a failed disk has stopped."""
        if not self.ledger.broken:
            return 0
        self.ledger.reopen()
        return self.node.handle_actor("restart")

    def _cut_power(self, torn: bool) -> int:
        """The power fails in the middle of the next sync, and soon if nothing is written: this process is killed."""
        self._disk.cut_power(self._faults.rng if torn else None, _die)
        self._loop.call_later(POWER_FAILS_WITHIN_S, self._disk.strike)
        return len(self.node.seats)

    def _disk_full(self, error: OSError | None) -> None:
        log.warning("%s: %s", self.node.name, f"the journal waits: {error}" if error else "the disk has room again")
        self.node.disk_full(error)

    def _disk_failed(self, error: OSError) -> None:
        self.node.ground.count("journal_failed")
        log.error("%s: the journal failed: %s", self.node.name, error)
        self._loop.call_soon(self.node.journal_failed, error)

    # -- what it sees --------------------------------------------------------

    def introduce(self, tap: Tap) -> None:
        """Tell an observer that begins to watch how the actors of this node stand."""
        for seat in self.node.seats.values():
            if seat.life is not None and seat.life.actor.standing:
                tap.note(seat.address, seat.life.actor.standing)


def by_path(beside: Mapping[str, Ask], gateway: Ask) -> Ask:
    """Requests under the paths of ``beside`` go there, all others to the gateway."""
    paths = tuple(beside)

    def ask(asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        if asked.target.startswith(paths):
            return next(beside[path] for path in paths if asked.target.startswith(path))(asked, answer)
        return gateway(asked, answer)

    return ask if paths else gateway


def _sleep(nanoseconds: int) -> None:
    """A slow disk holds up its caller: the loop while syncs are usually quick, a thread from then on."""
    if nanoseconds:
        time.sleep(nanoseconds / 1e9)


def _die() -> None:
    """A machine without power says no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)
