"""The live host: asyncio, nng, real disks and clocks. Many nodes in one process, one run queue for all of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from lictor_actors.bus.held import Held
from lictor_actors.bus.nng import NngBus
from lictor_actors.bus.rules import PASS, Rules, Verdict
from lictor_actors.hosts.disks import FileDisk
from lictor_actors.hosts.disks_faulty import FaultyDisk, Trouble
from lictor_actors.hosts.ground import Handle
from lictor_actors.hosts.live_http import WebDesk
from lictor_actors.hosts.live_ledger import LiveLedger
from lictor_actors.hosts.node import Birth, Node
from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.spec import NodeSpec
from lictor_actors.hosts.tree import birth, tree
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.base import Message
from lictor_messages.codec import cluster_id
from lictor_messages.envelope import Envelope, at, node_of, role_of
from lictor_messages.faults import DiskRule, HandleActor, SetRules
from lictor_messages.host import ActorSpec, DiskFreed, DiskFull, LoopLagged

if TYPE_CHECKING:
    from lictor_actors.hosts.door import Door
    from lictor_actors.hosts.http import HttpDoor
    from lictor_actors.hosts.jobs import Jobs

log = logging.getLogger("lictor")

TICK_MESSAGES_MAX = 256
TICK_S_MAX = 0.002
LONG_TURN_S = 0.005
LAG_EVERY_S = 1.0
LAG_WORTH_TELLING_S = 0.1

Mail = tuple[Seat, int, Message, Envelope | None]


class Readiness(NamedTuple):
    """What one node sees of the cluster, for whoever waits for it to be whole."""

    alive: int
    members: str
    """Hash of the names of the members alive."""
    leader: str
    """Servers only: the leader's node, "" if none is known."""
    catalog: int
    """Servers only: nodes in the catalog whose serfHealth is passing."""


class _Running:
    """A node and what the host opened for it."""

    def __init__(self, spec: NodeSpec, node: Node, ledger: LiveLedger, trouble: Trouble) -> None:
        self.trouble = trouble
        self.spec = spec
        self.node = node
        self.ledger = ledger
        self.http: HttpDoor | None = None
        self.desk: WebDesk | None = None
        self.door: Door | None = None


class LiveHost:
    """One process: its nodes, its bus and its run queue. Implements ``Ground``."""

    def __init__(
        self,
        cluster: str,
        *,
        lanes: tuple[str, str] | None = None,
        ended: Callable[[str, str], None] | None = None,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._cluster = cluster_id(cluster)
        self._lanes = lanes
        self._ended = ended
        self._nodes: dict[str, _Running] = {}
        self._by_url: dict[str, list[Node]] = {}
        self._directories: dict[str, dict[str, tuple[str, str]]] = {}
        self._paths: dict[tuple[str, str], Callable[[Envelope], None]] = {}
        """(source, target) on one node → who takes the mail there: found once instead of for every message."""
        self._queue: deque[Mail] = deque()
        self._dirty: dict[LiveLedger, None] = {}
        self._ticking = False
        self._rules = Rules()
        self._held: Held[tuple[Envelope, Verdict]] = Held()
        self._faulty = False
        self._disk_rules: tuple[DiskRule, ...] = ()
        self._rng = Random(secrets.randbits(64))
        self._boot = secrets.randbits(32)

    # -- life of the host ----------------------------------------------------

    async def start(self) -> None:
        """Open the bus; raises pynng's error if a lane cannot be listened on."""
        from lictor_actors.hosts.garbage import GarbageWatch
        from lictor_actors.hosts.jobs import Jobs

        self._loop = asyncio.get_running_loop()
        self._bus = NngBus(self._cluster, self._loop, self._arrived, self._returned, self.count)
        self._jobs: Jobs = Jobs()
        if self._lanes is not None:
            self._bus.listen(*self._lanes)
        self._watch_lag()
        self._garbage = GarbageWatch(self._loop)
        self._garbage.start()

    async def add(self, spec: NodeSpec, actors: Sequence[ActorSpec] = (), make: Birth = birth) -> Node:
        """Open a node's journal, listeners and doors, then start its actors (by default those of its spec)."""
        name = spec.node
        if spec.server and spec.data_dir:
            self._start_over(spec)
        trouble = Trouble(self._rng)
        trouble.set_rules(rule for rule in self._disk_rules if rule.node == name)
        plain = FileDisk(Path(spec.data_dir)) if spec.data_dir else MemoryDisk()
        disk = FaultyDisk(plain, trouble, _sleep)
        ledger = LiveLedger(
            disk,
            self._loop,
            self._ledger_dirty,
            lambda error: self._disk_failed(name, error),
            self.count,
            lambda error: self._disk_full(name, error),
        )
        node = Node(name, self, make, actors or tree(spec))
        running = self._nodes[name] = _Running(spec, node, ledger, trouble)
        self._directories[name] = {name: (spec.gossip_url, spec.rest_url)}
        self._by_url.setdefault(spec.gossip_url, []).append(node)
        self._bus.listen(*spec.listen_urls)
        await self._open_doors(running)
        node.start()
        return node

    def _start_over(self, spec: NodeSpec) -> None:
        from lictor_actors.hosts.peers_file import apply_peers_file

        done = apply_peers_file(Path(spec.data_dir), spec.node)
        if done is not None:
            log.warning("%s: peers.json was applied: the servers are now %s", spec.node, ", ".join(done.after.names))

    async def close(self) -> None:
        """Stop the actors, then the doors, the jobs, the bus and the journals."""
        self._lag_timer.cancel()
        self._garbage.stop()
        for running in reversed(list(self._nodes.values())):
            running.node.stop("the host is closing")
        self._tick()
        for running in self._nodes.values():
            if running.http is not None:
                running.http.close()
            if running.door is not None:
                await running.door.close()
        await self._jobs.close()
        self._bus.close()
        for running in self._nodes.values():
            await running.ledger.close()
        self._queue.clear()

    async def _open_doors(self, running: _Running) -> None:
        spec, node = running.spec, running.node
        if spec.http_port >= 0:
            from lictor_actors.hosts.http import HttpDoor

            running.desk = WebDesk(node, self._boot)
            running.http = HttpDoor(running.desk.ask)
            await running.http.listen(spec.client_address, spec.http_port)
        if spec.door_port >= 0:
            from lictor_actors.hosts.door import Door

            url = f"tcp://{spec.client_address}:{spec.door_port}"
            running.door = Door(node.name, url, self._cluster, node.deliver)
            node.doors["door"] = running.door.answered
            running.door.start()

    # -- what the outside may ask --------------------------------------------

    def readiness(self) -> dict[str, Readiness]:
        """What each node sees of the cluster at this moment."""
        return {name: _readiness(running.node) for name, running in self._nodes.items()}

    def set_rules(self, rules: SetRules) -> int:
        """Put these fault rules in force instead of those before."""
        self._rules = Rules(rules.rules, self._rules)
        self._faulty = bool(rules.rules)
        self._held.release(self._rules, self._post_hit)
        self._disk_rules = rules.disks
        for name, running in self._nodes.items():
            running.trouble.set_rules(rule for rule in rules.disks if rule.node == name)
        return len(rules.rules)

    def handle_actor(self, wish: HandleActor) -> int:
        """Pause, resume, crash or restart actors of a node; returns how many it was done to."""
        running = self._nodes.get(wish.node)
        if running is None:
            return 0
        if wish.verb == "mend":
            return self._mend(running)
        return running.node.handle_actor(wish.verb, wish.role)

    def _mend(self, running: _Running) -> int:
        if not running.ledger.broken:
            return 0
        running.ledger.reopen()
        return running.node.handle_actor("restart")

    # -- Ground: clocks, chance, timers --------------------------------------

    def now(self, node: str) -> int:
        """See ``Ground``."""
        return time.monotonic_ns()

    def wall(self, node: str) -> int:
        """See ``Ground``."""
        return time.time_ns()

    def stream(self, node: str, role: str) -> Random:
        """See ``Ground``."""
        return Random(secrets.randbits(64))

    def secret(self, node: str, size: int) -> bytes:
        """See ``Ground``."""
        return secrets.token_bytes(size)

    def buggify(self, node: str) -> None:
        """Nothing rare is made to happen in production."""
        return

    def later(self, node: str, after: int, call: Callable[[], None]) -> Handle:
        """See ``Ground``."""
        return self._loop.call_later(after / 1e9, call)

    # -- Ground: the run queue -----------------------------------------------

    def enqueue(self, seat: Seat, life: int, message: Message, envelope: Envelope | None) -> None:
        """See ``Ground``."""
        self._queue.append((seat, life, message, envelope))
        if not self._ticking:
            self._wake()

    def _wake(self) -> None:
        if not self._ticking:
            self._ticking = True
            self._loop.call_soon(self._tick)

    def _tick(self) -> None:
        queue, clock = self._queue, time.perf_counter
        before = started = clock()
        for _ in range(TICK_MESSAGES_MAX):
            if not queue:
                break
            seat, life, message, envelope = queue.popleft()
            seat.take(life, message, envelope)
            now = clock()
            if now - before > LONG_TURN_S:
                self._long_turn(seat, message, now - before)
            if now - started > TICK_S_MAX:
                break
            before = now
        self._bus.flush()
        if self._dirty:
            self._sync_journals()
        self._ticking = False
        if queue:
            self._wake()

    def _sync_journals(self) -> None:
        dirty, self._dirty = self._dirty, {}
        for ledger in dirty:
            ledger.flush()
        self._bus.flush()

    def _long_turn(self, seat: Seat, message: Message, took: float) -> None:
        self.counters["long_turns"] += 1
        log.debug("long turn: %s %s took %.1f ms", seat.address, message.kind, took * 1e3)

    # -- Ground: the bus -----------------------------------------------------

    def post(self, envelope: Envelope) -> None:
        """See ``Ground``."""
        if self._faulty:
            verdict = self._rules.judge(envelope, self._rng, time.monotonic_ns())
            if verdict is not PASS:
                self._post_faulty(envelope, verdict)
                return
        self._post(envelope)

    def _post_faulty(self, envelope: Envelope, verdict: Verdict) -> None:
        self.counters[_hit_by(verdict)] += 1
        for _ in range(verdict.copies):
            if verdict.held:
                self._held.put(verdict.held, (envelope, verdict))
            else:
                self._post_hit((envelope, verdict))

    def _post_hit(self, hit: tuple[Envelope, Verdict]) -> None:
        envelope, verdict = hit
        if verdict.delay_ns:
            self._loop.call_later(verdict.delay_ns / 1e9, self._post, envelope, verdict.corrupt)
        else:
            self._post(envelope, verdict.corrupt)

    def _post(self, envelope: Envelope, corrupt: bool = False) -> None:
        path = self._paths.get((envelope.source, envelope.target))
        if path is not None:
            path(envelope)
            return
        home, away = node_of(envelope.source), node_of(envelope.target)
        if away == home:
            running = self._nodes.get(home)
            if running is not None:
                self._deliver_home(running.node, envelope)
                return
        url = away if "://" in away else self._url(home, away, role_of(envelope.target))
        if url:
            self._bus.post(url, envelope)
            if corrupt:
                self._bus.spoil(url)
            self._wake()
        else:
            self._returned(envelope, "unknown_address")

    def _deliver_home(self, node: Node, envelope: Envelope) -> None:
        taker = node.taker(role_of(envelope.target))
        if taker is None:
            node.deliver(envelope)
        else:
            self._paths[envelope.source, envelope.target] = taker
            taker(envelope)

    def _url(self, home: str, away: str, role: str) -> str:
        lanes = self._directories.get(home, {}).get(away)
        if lanes is None:
            return ""
        return lanes[0] if role == "prober" else lanes[1]

    def _arrived(self, envelope: Envelope) -> None:
        name = node_of(envelope.target)
        running = self._nodes.get(name)
        if running is not None:
            running.node.deliver(envelope)
            return
        # A join names a place, not a node: anyone there but the asker itself will do.
        home = node_of(envelope.source)
        for node in self._by_url.get(name, ()):
            if node.name != home:
                envelope.target = at(role_of(envelope.target), node.name)
                node.deliver(envelope)
                return
        self._not_hosted(envelope)

    def _not_hosted(self, envelope: Envelope) -> None:
        self.count("arrived_for_nobody")
        for running in self._nodes.values():
            running.node.refuse(envelope, "not_hosted_here")
            return

    def _returned(self, envelope: Envelope, reason: str) -> None:
        self.count(f"not_sent_{reason.partition(':')[0]}")
        running = self._nodes.get(node_of(envelope.source))
        if running is not None:
            running.node.refuse(envelope, reason)

    def locate(self, node: str, other: str, gossip: str, rest: str) -> None:
        """See ``Ground``."""
        directory = self._directories.setdefault(node, {})
        if gossip:
            directory[other] = (gossip, rest)
            return
        gone = directory.pop(other, None)
        for url in gone or ():
            if not any(url in lanes for lanes in self._all_lanes()):
                self._bus.drop(url)

    def _all_lanes(self) -> list[tuple[str, str]]:
        return [lanes for directory in self._directories.values() for lanes in directory.values()]

    def redial(self, node: str, other: str) -> None:
        """See ``Ground``."""
        for url in self._directories.get(node, {}).get(other, ()):
            self._bus.redial(url)

    # -- Ground: the rest ----------------------------------------------------

    def run(self, node: str, job: Message, done: Callable[[Message], None]) -> None:
        """See ``Ground``."""
        self._jobs.run(job, done)

    def ledger(self, node: str) -> LiveLedger:
        """See ``Ground``."""
        return self._nodes[node].ledger

    def _ledger_dirty(self, ledger: LiveLedger) -> None:
        self._dirty[ledger] = None
        self._wake()

    def _disk_full(self, name: str, error: OSError | None) -> None:
        log.warning("%s: %s", name, f"the journal waits: {error}" if error else "the disk has room again")
        seat = self._nodes[name].node.seats.get("server")
        if seat is not None:
            seat.deliver(DiskFull(why=str(error)) if error else DiskFreed(), None)

    def _disk_failed(self, name: str, error: OSError) -> None:
        self.count("journal_failed")
        log.error("%s: the journal failed, the server stops: %s", name, error)
        seat = self._nodes[name].node.seats.get("server")
        if seat is not None:
            self._loop.call_soon(seat.end, f"journal failed: {error}")

    def count(self, what: str) -> None:
        """See ``Ground``."""
        self.counters[what] += 1

    def note(self, who: str, event: str) -> None:
        """See ``Ground``."""
        log.info("%s %s", who, event)

    def crashed(self, who: str, error: Exception) -> None:
        """See ``Ground``."""
        log.error("%s crashed", who, exc_info=error)
        running = self._nodes.get(node_of(who))
        if running is not None and running.desk is not None and role_of(who) == "gateway":
            running.desk.gateway_crashed()

    def node_ended(self, node: str, why: str) -> None:
        """See ``Ground``."""
        if self._ended is not None:
            self._ended(node, why)

    def _watch_lag(self) -> None:
        due = self._loop.time() + LAG_EVERY_S
        self._lag_timer = self._loop.call_at(due, self._measure_lag, due)

    def _measure_lag(self, due: float) -> None:
        lag = self._loop.time() - due
        if lag > LAG_WORTH_TELLING_S:
            self.count("loop_lagged")
            message = LoopLagged(lag_ns=int(lag * 1e9))
            for running in self._nodes.values():
                prober = running.node.seats.get("prober")
                if prober is not None and prober.life is not None:
                    prober.deliver(message, None)
        self._watch_lag()


def _readiness(node: Node) -> Readiness:
    prober, server = node.actor("prober"), node.actor("server")
    return Readiness(
        getattr(prober, "alive_count", 0),
        str(getattr(prober, "members_hash", "")),
        getattr(server, "leader", ""),
        getattr(server, "passing_nodes", 0),
    )


def _sleep(nanoseconds: int) -> None:
    """A slow disk keeps whoever syncs: the loop while syncs are usually quick, a thread from then on."""
    if nanoseconds:
        time.sleep(nanoseconds / 1e9)


def _hit_by(verdict: Verdict) -> str:
    """The name under which a message that a fault touched is counted."""
    if not verdict.copies:
        return "fault_dropped"
    if verdict.held:
        return "fault_held"
    if verdict.corrupt:
        return "fault_corrupted"
    return "fault_delayed" if verdict.delay_ns else "fault_duplicated"
