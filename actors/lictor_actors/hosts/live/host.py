"""The live host: asyncio, nng, real disks and clocks. Many nodes in one process, one run queue for all of them."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.nng import NngBus
from lictor_actors.bus.stream_inlet import ALL, Admission
from lictor_actors.hosts.doors.opening import Opening, Site
from lictor_actors.hosts.ground import Handle
from lictor_actors.hosts.lanes import Lanes
from lictor_actors.hosts.live.arrivals import Arrivals
from lictor_actors.hosts.live.chance import SystemChance
from lictor_actors.hosts.live.directory import LiveDirectory
from lictor_actors.hosts.live.faults import LiveRules, Tap
from lictor_actors.hosts.live.home_mail import HomeMail
from lictor_actors.hosts.live.keyrings import LiveKeyrings
from lictor_actors.hosts.live.lag import LagWatch
from lictor_actors.hosts.live.ledger import LiveLedger
from lictor_actors.hosts.live.log_lines import TRACE, about, log_of
from lictor_actors.hosts.live.metrics.registries import Registries
from lictor_actors.hosts.live.node import LiveNode
from lictor_actors.hosts.live.run_queue import RunQueue
from lictor_actors.hosts.live.told import Told
from lictor_actors.hosts.node import Birth, Node
from lictor_actors.hosts.spec import SiteSpec
from lictor_actors.kernel.actor import Actor
from lictor_messages.base import Message
from lictor_messages.codec import cluster_id
from lictor_messages.envelope import Envelope, at, node_of, role_of
from lictor_messages.faults import HandleActor, SetRules
from lictor_messages.host import ActorSpec, LoopLagged, PoolLane
from lictor_messages.metrics import ReadMetrics

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.http.door import Ask
    from lictor_actors.hosts.live.jobs import Jobs, Probe

log = log_of("host")


class LiveHost(SystemChance):
    """One process: its nodes, its bus and its run queue. Implements ``Ground``."""

    def __init__(
        self,
        cluster: str,
        *,
        lanes: tuple[str, ...] | None = None,
        ended: Callable[[str, str], None] | None = None,
        stopped: Callable[[str, str], None] | None = None,
        beside: Mapping[str, Ask] | None = None,
        work: Mapping[type[Message], Probe] | None = None,
        admission: Admission = ALL,
        tls: LaneTls | None = None,
    ) -> None:
        """``ended`` and ``stopped`` are told which node or actor is down for good, and why.

        ``beside``: who answers HTTP requests under these paths, instead of the nodes' gateways.
        ``work``: who does jobs that this host does not do itself. ``admission``, ``tls``: see ``NngBus``.
        """
        self.counters: Counter[str] = Counter()
        self._cluster, self._lanes = cluster_id(cluster), lanes
        self._ended, self._beside, self._terms = ended, beside or {}, (admission, tls)
        self._nodes: dict[str, LiveNode] = {}
        self._directory = LiveDirectory()
        self.locate_all = self._directory.learn_all
        self._home = HomeMail()
        self._queue = RunQueue(self.counters)
        self.metrics = Registries(self.counters, self._queue.waiting, lambda: self._bus.traffic.counted)
        self.samples = self.metrics.samples
        self._work: dict[type[Message], Probe] = {ReadMetrics: self.metrics.read, **(work or {})}
        self._keyrings = LiveKeyrings(self._cluster, self._nodes, self._directory, self.count)
        self.change_keyring = self._keyrings.change
        self._arrivals = Arrivals(self.count, lambda: self._faults.tap)
        self.enqueue, self.caught_up = self._queue.put, self._queue.caught_up
        rng = Random(secrets.randbits(64))
        self._faults = LiveRules(rng, self._post, lambda s, call: self._loop.call_later(s, call), self.count)
        self._told = Told(self._faults, stopped)
        self.note, self.actor_stopped = self._told.note, self._told.actor_stopped
        self._boot = secrets.randbits(32)
        clocks, self.hits = self._faults.clocks, self._faults.hits
        self.now, self.wall, self.jump = clocks.now, clocks.wall, clocks.jump

    # -- life of the host ----------------------------------------------------

    async def start(self) -> None:
        """Open the bus; raises OSError if a lane cannot be listened on."""
        from lictor_actors.hosts.live.garbage import GarbageWatch
        from lictor_actors.hosts.live.jobs import Jobs

        self._loop = asyncio.get_running_loop()
        heard = self._arrivals.arrived, self._queue.full, self._returned, self.count
        terms, by_gossip = self._terms, self._directory.roles.by_gossip
        self._bus = NngBus(self._keyrings.frames, self._loop, *heard, *terms, by_gossip)
        self._queue.start(self._loop, self._bus.flush)
        self._jobs: Jobs = Jobs(self._work)
        if self._lanes is not None:
            self._bus.listen(*self._lanes)
        self._lag = LagWatch(self._loop, self._queue.behind_all, self.lagged, self._second)
        self._lag.start()
        self._garbage = GarbageWatch(self._loop)
        self._garbage.start()
        self.metrics.start()

    async def add(self, spec: SiteSpec, tree: Sequence[ActorSpec], birth: Birth, doors: Sequence[Opening] = ()) -> Node:
        """Open a node's journal, lanes and doors, then start the actors of its tree."""
        name = spec.node
        self._keyrings.start(spec)
        node = Node(name, self, birth, tree)
        self.metrics.begin(node)
        running = self._nodes[name] = LiveNode(spec, node, self._loop, self._faults, self._queue.sync_soon)
        self._directory.begin(name, (spec.gossip_url, spec.rest_url))
        self._arrivals.begin(node, spec.pool_urls)
        if spec.listen_urls != self._lanes:
            self._bus.listen(*spec.listen_urls)
        await running.open_doors(doors, Site(node, self._boot, self._cluster, self._faults.asked, self._beside))
        self.note(at("host", name), f"starts as {spec.id}")
        node.start()
        return node

    async def remove(self, name: str, why: str) -> None:
        """End a node of the process's own lanes, close its doors and release its directory; the others go on."""
        running = self._nodes.get(name)
        if running is None:
            return
        running.node.stop(why)
        self._queue.tick()
        self._arrivals.end(running.node, running.spec.gossip_url)
        self._home.end(name)
        self.metrics.end(name)
        del self._nodes[name]
        self._directory.end(name)
        self._queue.forget(running.ledger)
        await running.let_go()

    async def close(self) -> None:
        """Stop the actors, then the doors, the jobs, the bus and the journals; this process may host them again."""
        self._lag.stop()
        self._garbage.stop()
        self.metrics.stop()
        for running in reversed(list(self._nodes.values())):
            running.node.stop("the host is closing")
        self._queue.tick()
        for running in self._nodes.values():
            await running.close_doors()
        await self._jobs.close()
        self._bus.close()
        for running in self._nodes.values():
            await running.close_journal()
        self._queue.clear()

    def listen_again(self) -> None:
        """Make the files of local sockets again that were removed; to be called now and then."""
        self._bus.listen_again()

    # -- what the outside may ask --------------------------------------------

    def readiness(self) -> dict[str, dict[str, dict[str, object]]]:
        """How far each node has come, by what its actors show: node → role → name → value."""
        return {name: running.node.shown() for name, running in self._nodes.items()}

    def counted(self, what: str) -> int:
        """How often the host has counted this; the names of ``Traffic`` are what its nodes have said to nodes."""
        return self._bus.traffic.counted.get(what, self.counters[what])

    def set_rules(self, rules: SetRules) -> int:
        """Put these fault rules in force instead of those before."""
        self._faults.set_rules(rules)
        for name, running in self._nodes.items():
            running.set_disk_rules(self._faults.disks_of(name))
        return len(rules.rules)

    def show(self, tap: Tap | None) -> None:
        """From now on this observer sees every message and every note; None: no observer does."""
        self._faults.show(tap)
        if tap is not None:
            for running in self._nodes.values():
                running.introduce(tap)

    def handle_actor(self, deed: HandleActor) -> int:
        """Pause, resume, crash or restart actors of a node; returns how many it was done to."""
        running = self._nodes.get(deed.node)
        return running.handle_actor(deed) if running is not None else 0

    # -- Ground: timers ---------------------------------------------------------

    def seated(self, role: str, actor: Actor) -> None:
        """See ``Ground``."""
        self._directory.roles.seated(role, actor)

    def later(self, node: str, after: int, call: Callable[[], None]) -> Handle:
        """See ``Ground``."""
        return self._loop.call_later(self._faults.clocks.true_delay(node, after) / 1e9, call)

    # -- Ground: the bus -----------------------------------------------------

    def post(self, envelope: Envelope) -> None:
        """See ``Ground``."""
        path = self._home.paths.get((envelope.source, envelope.target))
        if path is None or self._faults.on:
            self._judge(envelope)
        else:
            path(envelope)

    def _judge(self, envelope: Envelope) -> None:
        (self._faults.post if self._faults.on else self._post)(envelope)

    def _post(self, envelope: Envelope, corrupt: bool = False) -> None:
        home, away = node_of(envelope.source), node_of(envelope.target)
        if away == home:
            running = self._nodes.get(home)
            if running is not None:
                self._home.deliver(running.node, envelope)
                return
        url = away if "://" in away else self._directory.url(home, away, role_of(envelope.target))
        if url:
            self._bus.post(url, envelope)
            if corrupt:
                self._bus.spoil(url)
            self._queue.wake()
        else:
            self._returned(envelope, "unknown_address")

    def _returned(self, envelope: Envelope, reason: str) -> None:
        home = node_of(envelope.source)
        self.count(f"not_sent_{reason.partition(':')[0]}", home)
        log.debug("%s: not sent to %s: %s", home, envelope.target, reason, extra=about(envelope.cause))
        if self._faults.tap is not None:
            self._faults.tap.refused(envelope)
        running = self._nodes.get(home)
        if running is not None:
            running.node.refuse(envelope, reason)

    def locate(self, node: str, other: str, pool: PoolLane, lanes: Lanes | None) -> None:
        """See ``Ground``."""
        for url in self._directory.locate(node, other, pool, lanes):
            self._bus.drop(url)

    def redial(self, node: str, other: str) -> None:
        """See ``Ground``."""
        for url in self._directory.urls(node, other):
            self._bus.redial(url)

    # -- Ground: the rest ----------------------------------------------------

    def run(self, node: str, job: Message, done: Callable[[Message], None]) -> None:
        """See ``Ground``."""
        self._jobs.run(job, done)

    def ledger(self, node: str) -> LiveLedger:
        """See ``Ground``."""
        return self._nodes[node].ledger

    def count(self, what: str, node: str = "") -> None:
        """See ``Ground``."""
        self.counters[what] += 1
        self.metrics.count(what, node)

    def crashed(self, who: str, error: Exception, cause: str = "") -> None:
        """See ``Ground``."""
        self._told.crashed(who, error, cause)
        running = self._nodes.get(node_of(who))
        if running is not None:
            running.actor_crashed(role_of(who))

    def node_ended(self, node: str, why: str) -> None:
        """See ``Ground``."""
        running = self._nodes[node]
        if running.node.failed_because:
            log.error("%s went down: %s", at("host", node), why)
        running.ended(why)
        if self._ended is not None:
            self._ended(node, why)

    def _second(self, lag_s: float) -> None:
        self.metrics.second(lag_s)
        self._faults.trace(log.isEnabledFor(TRACE))

    def lagged(self, lag_s: float) -> None:
        """Mail has waited for so many seconds: the actors that ask for ``LoopLagged`` hear of it."""
        self.count("loop_lagged")
        for name in self._nodes:
            self.tell(name, LoopLagged(lag_ns=int(lag_s * 1e9)))

    def tell(self, name: str, message: Message) -> None:
        """The actors of this node that hear such a message hear it from its host."""
        for seat in self._nodes[name].node.hearing(type(message)):
            seat.deliver(message, None)
