"""One node of a live process, with what the host opened for it: journal, HTTP listener, doorway for clients."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lictor_actors.hosts.disks.faulty import FaultyDisk, Trouble
from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.hosts.disks.losing import LosingDisk
from lictor_actors.hosts.doors.opening import OpenDoor, Opening, Site
from lictor_actors.hosts.live.faults import LiveRules, Tap
from lictor_actors.hosts.live.ledger import LiveLedger
from lictor_actors.hosts.node import Node
from lictor_actors.hosts.spec import SiteSpec
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.envelope import at
from lictor_messages.faults import DiskRule, HandleActor

if TYPE_CHECKING:
    pass

log = logging.getLogger("lictor")
POWER_FAILS_WITHIN_S = 0.25


class LiveNode:
    """Carries one node."""

    def __init__(
        self,
        spec: SiteSpec,
        node: Node,
        loop: asyncio.AbstractEventLoop,
        faults: LiveRules,
        dirty: Callable[[LiveLedger], None],
    ) -> None:
        """``dirty`` is told when the journal has something to sync."""
        self.spec = spec
        self.node = node
        self._loop = loop
        self._faults = faults
        self._doors: list[OpenDoor] = []
        self._trouble = Trouble(faults.rng)
        self._files = FileDisk(Path(spec.data_dir)) if spec.data_dir else None
        self._disk = LosingDisk(self._files or MemoryDisk())
        self.set_disk_rules(faults.disks_of(node.name))
        disk = FaultyDisk(self._disk, self._trouble, _sleep)
        samples = node.ground.samples(node.name)
        self.ledger = LiveLedger(disk, loop, dirty, self._disk_failed, self._count, self._disk_full, samples)

    async def open_doors(self, openings: Iterable[Opening], site: Site) -> None:
        """Open them in this order."""
        for opening in openings:
            self._doors.append(await opening(site))

    def actor_crashed(self, role: str) -> None:
        """The doors that lead to this actor hear of it."""
        for door in self._doors:
            if door.role == role:
                door.actor_crashed()

    def ended(self, why: str) -> None:
        """The node's actors do not come back, and its doors hear of it."""
        for door in self._doors:
            door.node_ended(why)

    async def close_doors(self) -> None:
        """Accept no more requests and clients."""
        for door in self._doors:
            await door.close()

    async def let_go(self) -> None:
        """Close the doors and the journal, and release its directory: another process may open it from now on."""
        await self.close_doors()
        await self.close_journal()

    async def close_journal(self) -> None:
        """Close the journal and release its directory."""
        await self.ledger.close()
        if self._files is not None:
            self._files.close()

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
        self._count("journal_failed")
        log.error("%s: the journal failed: %s", self.node.name, error)
        self._loop.call_soon(self.node.journal_failed, error)

    def _count(self, what: str) -> None:
        self.node.ground.count(what, self.node.name)

    # -- what it sees --------------------------------------------------------

    def introduce(self, tap: Tap) -> None:
        """Tell an observer that begins to watch who this node is, and how its actors stand."""
        tap.note(at("host", self.node.name), f"lives as {self.spec.id}")
        for seat in self.node.seats.values():
            if seat.life is not None and seat.life.actor.standing:
                tap.note(seat.address, seat.life.actor.standing)


def _sleep(nanoseconds: int) -> None:
    """A slow disk holds up its caller: the loop while syncs are usually quick, a thread from then on."""
    if nanoseconds:
        time.sleep(nanoseconds / 1e9)


def _die() -> None:
    """A machine without power says no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)
