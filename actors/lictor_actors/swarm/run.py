"""One seed from beginning to end: chaos with the judges watching, then healing, then the histories."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lictor_actors.faults import world_faults
from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world.network import Weather
from lictor_actors.hosts.world.streams import stream
from lictor_actors.judges import linearizability
from lictor_actors.judges.lifetimes import LifetimeJudge
from lictor_actors.judges.sessions import SessionJudge
from lictor_actors.judges.watches import WatchJudge
from lictor_actors.node.in_world import add_node
from lictor_actors.roles.server.server import Server
from lictor_actors.swarm.bench import Bench
from lictor_actors.swarm.chaos import Chaos
from lictor_actors.swarm.echoes import Echoes
from lictor_actors.swarm.followers import Followers
from lictor_actors.swarm.heralds import Heralds
from lictor_actors.swarm.judged import Judged
from lictor_actors.swarm.keepers import Keeper
from lictor_actors.swarm.lockers import Locker
from lictor_actors.swarm.lost_write import lose_a_write
from lictor_actors.swarm.nodes import GOSSIP_KEY, specs_of, world_of
from lictor_actors.swarm.owners import Owners
from lictor_actors.swarm.plan import Plan
from lictor_actors.swarm.prefixes import CALL_S, Prefixes
from lictor_actors.swarm.readers import Readers
from lictor_actors.swarm.replayer import replayer
from lictor_actors.swarm.report import Report
from lictor_actors.swarm.reporters import report_on_checks
from lictor_actors.swarm.resolvers import Resolvers
from lictor_actors.swarm.rotators import Rotators
from lictor_actors.swarm.workload import Clients

HEAL_WITHIN_S = 300.0
"""Of those who failed each is tried again once in 30 s on average, by chance: 120 s were too short for one in fifty."""
DEATH_KNOWN_WITHIN_S = 60.0
"""SWIM's bound for nine members: 2n - 1 probe rounds, Lifeguard's longest suspicion, and room for slow probers."""
LOOK_EVERY_S = 0.25
CHAOS_AFTER_S = 2.0
"""By then there is a leader, mostly."""
LOCKERS = 2
LAST_WORDS = 2
"""How often every key is written once all is well: each time all who follow it must hear."""


class Run(Judged):
    """A world with a plan's cluster, clients, faults and judges. Whatever they find is raised as one of ``BROKEN``."""

    def __init__(self, plan: Plan, trace: Callable[[str], None] | None = None) -> None:
        super().__init__(plan, world_of(plan, trace))
        self.chaos: Chaos | None = None
        """None before it begins."""
        self._undecided = self._terms_before_chaos = 0
        self.bench = Bench(self.world)
        self.specs = specs_of(plan)
        self.nodes = [add_node(self.world, spec).name for spec in self.specs]
        self.clients = Clients(
            self.world,
            self.nodes,
            clients=plan.clients,
            keys=plan.keys,
            think_max_s=plan.think_max_s,
            patience_s=plan.patience_s,
            rng=stream(plan.seed, "workload"),
            definite="duplicate" not in plan.faults and not plan.weather.duplicate,
        )
        self.locks = SessionJudge()
        self.lifetimes = LifetimeJudge()
        self.watches = WatchJudge()
        self._people()
        self._first_strike = self.world.at(CHAOS_AFTER_S, self._begin_chaos)

    def _people(self) -> None:
        world, nodes, seed = self.world, self.nodes, self.plan.seed
        self._owners = Owners(world, nodes, stream(seed, "owners"))
        self._heralds = Heralds(world, nodes, stream(seed, "heralds"), ask=self.plan.queries)
        servers, keys = nodes[: self.plan.servers], self.clients.keys
        self._followers = Followers(world, self.watches, nodes, servers, keys, stream(seed, "followers"))
        rng, leave = stream(seed, "lockers"), self.plan.changes_servers
        self._lockers = [
            Locker(world, self.locks, rng.choice(nodes), f"locker{i}", rng, nodes_leave=leave) for i in range(LOCKERS)
        ]
        world.watchers["server"].append(self._saw_server)
        self._keepers = self._hired_keepers(stream(seed, "keepers at work"))
        self._prefixes = Prefixes(world, self.watches, nodes, stream(seed, "prefixes")) if self.plan.prefixes else None
        self._resolvers = Resolvers(world, nodes, stream(seed, "resolvers")) if self.plan.dns else None
        self._echoes = self._hired_echoes(stream(seed, "echoes"))
        self._replayer = replayer(world, self.plan, self.broken)
        self._readers = Readers(world, nodes, stream(seed, "readers"), self.broken) if self.plan.acl else None
        rotates = stream(seed, "rotators")
        self._rotators = Rotators(world, nodes, GOSSIP_KEY, rotates, self.broken) if self.plan.rotates else None
        if self.plan.reports:
            report_on_checks(world, nodes, seed, self.broken)

    def _hired_keepers(self, rng: Random) -> list[Keeper]:
        world, judge, ttl_ns = self.world, self.lifetimes, round(self.plan.session_ttl_s * 1e9)
        return [
            Keeper(world, judge, rng.choice(self.nodes), f"keeper{i}", rng, ttl_ns, late=i % 2 == 1)
            for i in range(self.plan.keepers)
        ]

    def _hired_echoes(self, rng: Random) -> Echoes | None:
        agents = self.nodes[self.plan.servers :]
        wanted = self.plan.echoes and len(self.nodes) > 1
        return Echoes(self.world, self.bench.floods, self.nodes, agents, rng) if wanted else None

    def _saw_server(self, seat: Seat) -> None:
        if seat.life is not None and isinstance(seat.life.actor, Server):
            self.locks.saw(f"{seat.node.name} in its life {seat.life.number:x}", seat.life.actor.store)
            if self.plan.keepers:
                self.lifetimes.saw(seat.life.actor.store, self.world.time)

    def _begin_chaos(self) -> None:
        self._terms_before_chaos = len(self.bench.raft.leaders)
        self.chaos = Chaos(self.world, self.plan, self.bench, self.specs)

    # -- the parts of a run ---------------------------------------------------------

    def advance(self, to_s: float) -> None:
        """Safety: whatever happens up to this time, the judges must have nothing to say."""
        while self.world.time < to_s * 1e9:
            self.world.run(min(1.0, to_s - self.world.time / 1e9))
            self._crashes()

    def heal(self) -> None:
        """Liveness: with nothing in the way the cluster must find itself again within a bounded time."""
        self._first_strike.cancel()
        if self.chaos is not None:
            self.chaos.end()
        self._owners.stop()
        if self._echoes is not None:
            self._echoes.stop()
        self.world.network.weather = Weather()
        self._judge_calm()
        self._healed_after_s = self._settle(HEAL_WITHIN_S, "not healed")

    def _judge_calm(self) -> None:
        changes = len(self.bench.raft.leaders) - max(1, self._terms_before_chaos)
        if self.plan.calm and changes > 0:
            self.broken(f"leadership changed {changes} times, and a majority always heard its leader")

    def _settle(self, within_s: float, complaint: str) -> float:
        """Let time pass until leader, members and catalog say what is; returns how long that took."""
        began = self.world.time
        while wrong := self._wrong():
            if self.world.time - began > within_s * 1e9:
                for text in wrong[:5]:
                    self.broken(f"{complaint} after {within_s:.0f} s: {text}")
                break
            self.world.run(LOOK_EVERY_S)
            self._crashes()
        return (self.world.time - began) / 1e9

    def look_back(self) -> None:
        """The cluster must still be whole, and what the clients saw must be explained by one order."""
        self.clients.stop()
        self._heralds.stop()
        if self._readers is not None:
            self._readers.stop()
        if self._rotators is not None:
            self._rotators.stop()
            self._rotators.look()
        if self._replayer is not None:
            self._replayer.stop()
        for locker in self._lockers:
            locker.stop()
        for keeper in self._keepers:
            keeper.stop()
        self.world.run(4.0)
        self._followers.begin_anew()
        self._last_words(self.world.running()[0])
        if self._prefixes is not None:
            self._last_words_under(self._prefixes, self.world.running()[0])
        self._crashes()
        # A suspicion from before the healing may run out only now; then it must be refuted as well.
        self._settle(HEAL_WITHIN_S, "not healed")
        if self._resolvers is not None and not self.failures:
            self._resolvers.ask_all(self.bench, self.broken)
        self._lose_a_write()
        for text in self.bench.stores_wrong():
            self.broken(text)
        for verdict in linearizability.judge(self.clients.history):
            self._undecided += not verdict.decided
            if not verdict.ok:
                self.broken(f"not linearizable: {verdict}")

    def mourn(self) -> None:
        """One node dies for good: within a bound every other, and the catalog, must know it (SWIM's completeness)."""
        servers, running = self.bench.servers(), self.world.running()
        mortal = running if len(servers) > 2 else [node for node in running if node not in servers]
        if mortal and not self.failures:
            self.world.kill(stream(self.plan.seed, "death").choice(mortal))
            self._settle(DEATH_KNOWN_WITHIN_S, "a death is not known")

    def _lose_a_write(self) -> None:
        if self.plan.lost_write and not self.failures:
            faults = self.chaos.faults if self.chaos is not None else world_faults(self.world)
            for text in lose_a_write(self.world, self.bench, faults, stream(self.plan.seed, "lost write")):
                self.broken(f"a write to the catalog was lost and not repeated: {text}")
            self._crashes()

    def _last_words_under(self, prefixes: Prefixes, node: str) -> None:
        prefixes.stop()
        self.world.run(CALL_S)
        prefixes.begin_anew()
        self.world.run(2.0)
        for wrong in prefixes.last_words(node):
            self.world.run(1.0)
            for text in wrong:
                self.broken(f"a wake-up was lost: {text}")

    def _last_words(self, node: str) -> None:
        audit = self.clients.audit(node, "get")
        self.world.run(2.0)
        for _ in range(LAST_WORDS):
            written = self.clients.audit(node, "put")
            audit += written
            self.world.run(2.0)
            for text in self._followers.behind({operation.key: operation.value for operation in written}):
                self.broken(f"a wake-up was lost: {text}")
        if not all(operation.known for operation in audit):
            self.broken("a healed cluster did not answer every read and write")

    # -- what came of it ------------------------------------------------------------------

    def report(self, wall_s: float) -> Report:
        """What the run showed so far."""
        world, raft, operations = self.world, self.bench.raft, self.clients.history.operations
        return Report(
            seed=self.plan.seed,
            plan=self.plan,
            failures=self.failures,
            broken_at_s=self.broken_at_s,
            struck=self.chaos.struck if self.chaos is not None else (),
            counters=world.counters,
            operations=len(operations),
            unknown=sum(not o.known and o.action != "get" for o in operations),
            undecided=self._undecided,
            leaders=len(raft.leaders),
            committed=raft.committed,
            members_failed=self.bench.swim.failures,
            suspicions=self.bench.suspicions.suspicions,
            events_delivered=self.bench.events.deliveries,
            healed_after_s=self._healed_after_s,
            virtual_s=world.time / 1e9,
            wall_s=wall_s,
            events=world.trace.events,
            digest=world.trace.digest,
        )

    def _wrong(self) -> list[str]:
        for name, why in self.world.ended.items():
            if name not in self.bench.gone:
                return [f"{name} went down by itself: {why}"]
        if not self.bench.leader():
            return ["no server leads"]
        bench = self.bench
        return bench.members_wrong() or bench.catalog_wrong() or bench.services_wrong() or bench.voters_wrong()
