"""What a seed stands for. Each seed draws another mix: a run with one fault goes deeper than a run with all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal, get_args

from lictor_actors.hosts.world.ledger import DiskSpeed
from lictor_actors.hosts.world.network import Weather
from lictor_actors.hosts.world.streams import stream

MS = 1_000_000

FaultName = Literal[
    "partition",
    "isolate",
    "cut",
    "hold",
    "lose",
    "delay",
    "duplicate",
    "reorder",
    "corrupt",
    "pause",
    "crash_actor",
    "restart_actor",
    "power_cut",
    "kill",
    "slow_disk",
    "clock",
    "flap",
    "set_back",
    "lag",
]
"""``flap``: a server that does not lead is cut off again and again; ``set_back``: cut off, and its clock set back;
``lag``: what the other servers say to one comes late, by up to several election time-outs."""
FAULTS: tuple[FaultName, ...] = get_args(FaultName)
LINKS: tuple[FaultName, ...] = ("cut", "delay", "lose")
"""What strikes between datacenters."""
LATER: tuple[FaultName, ...] = ("lag",)
"""Faults that came after the first draws: they are drawn apart, so that the other seeds stay what they were."""
FIRST: tuple[FaultName, ...] = tuple(name for name in FAULTS if name not in LATER)
ChangeName = Literal["add_server", "leave", "remove_peer", "wipe", "abandon", "transfer"]
"""Servers that come, go and hand over: see ``changes``."""
CHANGES: tuple[ChangeName, ...] = get_args(ChangeName)


@dataclass(frozen=True, slots=True)
class Plan:
    """One seed's draw."""

    seed: int
    servers: int
    agents: int
    clients: int
    keys: int
    think_max_s: float
    """Clients wait up to this long between two requests."""
    faults: tuple[FaultName | ChangeName, ...]
    every_s: float
    """Mean time between two faults."""
    lasts_s: float
    """Mean time until a fault heals."""
    weather: Weather
    disk: DiskSpeed
    buggify: bool
    snapshot_every: int = 0
    """Log entries from one snapshot of a server to the next, with half of them kept; 0: more than a run has."""
    patience_s: float = 3.0
    """How long clients wait for an answer. The impatient see more of what a server says that is cut off."""
    session_ttl_s: float = 10.0
    """Of the keepers' sessions; here servers take any TTL."""
    keepers: int = 0
    """Clients that do nothing but keep a session alive, every other one at the last moment."""
    prefixes: bool = False
    """Clients write and delete under a prefix, and others follow it."""
    dns: bool = False
    """Every node answers DNS, and a program at each asks for a service."""
    reports: bool = False
    """Every node has checks that live by reports."""
    queries: bool = False
    """Nodes ask the whole pool now and then."""
    echoes: bool = False
    """Old leaves are said again, invented ones flood a node, and agents are forced out."""
    sealed: bool = False
    """Gossip is encrypted, and an attacker sends again what was heard."""
    rotates: bool = False
    """Where gossip is encrypted its key is changed, again and again."""
    acl: bool = False
    """Tokens are asked for: readers see what their rules allow, or other datacenters replicate the first one's rows."""
    lost_write: bool = False
    """In the end an agent's write to the catalog is lost, and it has to notice."""
    datacenters: int = 1
    """With two or three there are as many servers and agents in each, and nothing is drawn but faults between them."""
    without: tuple[int, ...] = ()
    """Numbers of strikes that are left out."""

    @property
    def calm(self) -> bool:
        """True if nothing ever comes between a leader and the majority that it leads."""
        w = self.weather
        flaps = self.faults == ("flap",) and not self.without
        return flaps and self.servers >= 3 and not w.loss and w.latency_max_ns <= 30 * MS

    @property
    def changes_servers(self) -> bool:
        """True if servers come and go."""
        return any(name in CHANGES for name in self.faults)

    @property
    def may_rotate(self) -> bool:
        """True if no fault takes away a node with its keys, bends a frame, or keeps one for long."""
        return self.sealed and not self.changes_servers and not {"corrupt", "hold"} & {*self.faults}

    def __str__(self) -> str:
        w, d = self.weather, self.disk
        return (
            f"{f'{self.datacenters} datacenters of ' if self.datacenters > 1 else ''}"
            f"{self.servers} servers, {self.agents} agents, {self.clients} clients on {self.keys} keys, "
            f"patient for {self.patience_s:.1f} s; "
            f"{' '.join(self.faults) or 'no faults'} every {self.every_s:.1f} s for {self.lasts_s:.1f} s"
            f"{self._left_out}; "
            f"latency up to {w.latency_max_ns / MS:.1f} ms, loss {w.loss:.1%}, duplicates {w.duplicate:.1%}, "
            f"reordered {w.reorder:.1%}; sync up to {d.sync_max_ns / MS:.1f} ms"
            f"{f'; a snapshot every {self.snapshot_every} entries' if self.snapshot_every else ''}"
            f"{f'; {self.keepers} sessions with a TTL of {self.session_ttl_s:.1f} s' if self.keepers else ''}"
            f"{'; a prefix is followed' if self.prefixes else ''}"
            f"{'; a service is found by DNS' if self.dns else ''}"
            f"{'; checks live by reports' if self.reports else ''}"
            f"{'; the pool is asked' if self.queries else ''}"
            f"{'; old leaves are said again' if self.echoes else ''}"
            f"{'; gossip is sealed' if self.sealed else ''}"
            f"{'; its key is changed' if self.rotates else ''}"
            f"{'; tokens are asked for' if self.acl else ''}"
            f"{'; a write to the catalog is lost' if self.lost_write else ''}"
        )

    @property
    def _left_out(self) -> str:
        return f" without {' '.join(map(str, self.without))}" if self.without else ""


def draw(seed: int) -> Plan:
    """The plan of a seed."""
    return _with_later_draws(first_draws(seed))


def first_draws(seed: int) -> Plan:
    """The part of it that every seed has always had."""
    rng = stream(seed, "plan")
    # Short faults meet elections half-way, long ones let gossip declare members dead and leaders be replaced.
    every, lasts = ((0.5, 2.0), (0.3, 1.5)) if rng.random() < 0.5 else ((2.0, 6.0), (2.0, 8.0))
    return Plan(
        seed=seed,
        servers=rng.choice((1, 3, 3, 3, 5)),
        agents=rng.randrange(5),
        clients=rng.randint(2, 4),
        keys=rng.randint(1, 3),
        think_max_s=rng.choice((0.1, 0.4)),
        faults=(*sorted(rng.sample(FIRST, rng.randint(1, 5))), *_changes(seed)),
        every_s=rng.uniform(*every),
        lasts_s=rng.uniform(*lasts),
        weather=_weather(rng),
        disk=DiskSpeed(100_000, rng.choice((500_000, 5 * MS, 40 * MS))),
        buggify=rng.random() < 0.5,
        snapshot_every=rng.choice((0, 0, 20, 60)),
        patience_s=rng.choice((0.8, 3.0, 3.0)),
    )


def _with_later_draws(plan: Plan) -> Plan:
    """Each in some of the seeds, from streams of their own; where none is drawn a seed does what it always did."""
    sessions, others = stream(plan.seed, "keepers"), stream(plan.seed, "later")
    if sessions.random() < 1 / 3:
        ttl_s = round(sessions.uniform(0.5, 2.0), 3)
        plan = replace(plan, keepers=sessions.randint(1, 4), session_ttl_s=ttl_s)
    if others.random() < 1 / 3:
        plan = replace(plan, prefixes=True)
    if others.random() < 1 / 4:
        plan = replace(plan, lost_write=True)
    if others.random() < 1 / 4:
        plan = replace(plan, faults=(*plan.faults, *LATER))
    if others.random() < 1 / 4:
        plan = replace(plan, dns=True)
    if others.random() < 1 / 4 and not plan.changes_servers and not {"clock", "set_back", "pause"} & {*plan.faults}:
        plan = replace(plan, reports=True)
    if others.random() < 1 / 4:
        plan = replace(plan, queries=True)
    if others.random() < 1 / 4:
        plan = replace(plan, echoes=True)
    if others.random() < 1 / 4:
        plan = replace(plan, sealed=True)
    if stream(plan.seed, "several").random() < 1 / 8:
        plan = of_datacenters(plan)
    if plan.may_rotate and stream(plan.seed, "rotation").random() < 1 / 2:
        plan = replace(plan, rotates=True)
    return replace(plan, acl=True) if stream(plan.seed, "access control").random() < 1 / 4 else plan


def of_datacenters(plan: Plan) -> Plan:
    """What this seed draws if it is one of several datacenters."""
    rng, first = stream(plan.seed, "datacenters"), first_draws(plan.seed)
    return replace(
        first,
        datacenters=rng.choice((2, 3)),
        servers=rng.choice((1, 3)),
        agents=rng.randint(1, 2),
        faults=LINKS,
        every_s=rng.uniform(0.5, 3.0),
        lasts_s=rng.uniform(0.5, 12.0),
    )


def _changes(seed: int) -> list[ChangeName]:
    """In half of the seeds the cluster's servers change too; drawn apart, so that the others stay what they were."""
    rng = stream(seed, "changes")
    return sorted(rng.sample(CHANGES, rng.randint(1, 4))) if rng.random() < 0.5 else []


def calm_weather() -> Weather:
    """A network that loses nothing and is in no hurry."""
    return Weather(latency_max_ns=5 * MS)


def _weather(rng: Random) -> Weather:
    if rng.random() < 0.5:
        return Weather()
    return Weather(
        latency_max_ns=rng.choice((1 * MS, 10 * MS, 30 * MS)),
        loss=rng.choice((0.0, 0.01, 0.05)),
        duplicate=rng.choice((0.0, 0.02)),
        reorder=rng.choice((0.0, 0.05)),
    )
