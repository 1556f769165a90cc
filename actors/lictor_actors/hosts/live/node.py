"""One node of a live process, with what the host opened for it: journal, HTTP listener, doorway for clients."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lictor_actors.hosts.disks.faulty import FaultyDisk, Trouble
from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.hosts.disks.losing import LosingDisk
from lictor_actors.hosts.doors.http.desk import WebDesk
from lictor_actors.hosts.live.faults import LiveFaults, Tap
from lictor_actors.hosts.live.ledger import LiveLedger
from lictor_actors.hosts.node import Node
from lictor_actors.hosts.spec import NodeSpec
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_actors.kernel.vocabulary import Vocabulary
from lictor_messages.envelope import Envelope, at
from lictor_messages.faults import DiskRule, HandleActor
from lictor_messages.web import HttpAnswered, HttpAsked

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.clients import Door
    from lictor_actors.hosts.doors.http.door import Ask, HttpDoor

log = logging.getLogger("lictor")
POWER_FAILS_WITHIN_S = 0.25


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

    def __init__(
        self,
        spec: NodeSpec,
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
        self._door: Door | None = None
        self._trouble = Trouble(faults.rng)
        self._disk = LosingDisk(FileDisk(Path(spec.data_dir)) if spec.data_dir else MemoryDisk())
        self.set_disk_rules(faults.disks_of(node.name))
        disk = FaultyDisk(self._disk, self._trouble, _sleep)
        self.ledger = LiveLedger(disk, loop, dirty, self._disk_failed, node.ground.count, self._disk_full)

    async def open_doors(self, boot: int, cluster: bytes, beside: Mapping[str, Ask]) -> None:
        """Listen for HTTP and for clients on the bus, where the spec says so."""
        spec, node = self.spec, self.node
        if spec.http_port >= 0:
            from lictor_actors.hosts.doors.http.door import HttpDoor

            self.desk = WebDesk(node, boot, self._faults.asked)
            self._http = HttpDoor(by_path(beside, self.desk.ask), allowed_hosts=spec.http_allowed_hosts)
            await self._http.listen(spec.client_address, spec.http_port)
        if spec.door_port >= 0:
            from lictor_actors.hosts.doors.clients import Door

            url = f"tcp://{spec.client_address}:{spec.door_port}"
            self._door = Door(node.name, url, cluster, self._from_client, self._agent_hears)
            node.open_door("door", self._door.answered, self._door.waits)
            self._door.start()

    def _agent_hears(self) -> Vocabulary | None:
        desk = self.node.desk("agent")
        return desk.hears if desk is not None else None

    def _from_client(self, envelope: Envelope) -> None:
        self._faults.asked(envelope)
        self.node.deliver(envelope)

    def gateway_is_down(self, why: str) -> None:
        """The node has ended: nothing would ever answer the HTTP requests that are open."""
        if self.desk is not None:
            self.desk.gateway_is_down(why)

    async def close_doors(self) -> None:
        """Nobody comes in any more."""
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
        """The power fails in the middle of the next sync; if nobody writes, soon. This process does not come back."""
        self._disk.cut_power(self._faults.rng if torn else None, _die)
        self._loop.call_later(POWER_FAILS_WITHIN_S, self._disk.strike)
        return len(self.node.seats)

    def _disk_full(self, error: OSError | None) -> None:
        log.warning("%s: %s", self.node.name, f"the journal waits: {error}" if error else "the disk has room again")
        self.node.disk_full(error)

    def _disk_failed(self, error: OSError) -> None:
        self.node.ground.count("journal_failed")
        log.error("%s: the journal failed: %s", self.node.name, error)
        seat = self.node.seats.get("server")
        if seat is not None:
            self._loop.call_soon(seat.stop, f"journal failed: {error}")

    # -- what it sees --------------------------------------------------------

    def introduce(self, tap: Tap) -> None:
        """Say what somebody who only begins to watch cannot know: whether this node leads."""
        raft = getattr(self.node.actor("server"), "raft", None)
        if raft is not None and raft.leader == self.node.name:
            tap.note(at("server", self.node.name), f"raft: leads term {raft.term}")

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


def _sleep(nanoseconds: int) -> None:
    """A slow disk keeps whoever syncs: the loop while syncs are usually quick, a thread from then on."""
    if nanoseconds:
        time.sleep(nanoseconds / 1e9)


def _die() -> None:
    """A machine without power says goodbye to nobody."""
    os.kill(os.getpid(), signal.SIGKILL)


def start_over(spec: NodeSpec) -> None:
    """Servers: apply a ``peers.json`` that an operator has left, before anything is read."""
    from lictor_actors.hosts.peers_file import apply_peers_file

    done = apply_peers_file(Path(spec.data_dir), spec.node)
    if done is not None:
        log.warning("%s: peers.json was applied: the servers are now %s", spec.node, ", ".join(done.after.names))
