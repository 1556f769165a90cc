"""A scenario in the world: virtual time, one seed, every judge watching."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from lictor_actors.faults.in_force import Playing
from lictor_actors.faults.in_world import WorldFaults, world_faults
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.hosts.world.streams import stream
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.judges.history import ClientOperation
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.scenario.kv import TIMEOUT_S, KvScript
from lictor_actors.scenario.model import Scenario
from lictor_actors.swarm.bench import Bench
from lictor_deploy.scenario.report import ScenarioReport
from lictor_messages.base import Message
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused

SECOND = 1_000_000_000
CHECK_EVERY = 16
"""Turns from one actor's check of itself to the next: a store checks every row. Judges look at every turn."""
LOOK_EVERY_S = 0.25
WHOLE_WITHIN_S = 60.0
LAST_LOOK_S = 5.0


def run_seed(
    scenario: Scenario,
    seed: int,
    trace: Callable[[str], None] | None = None,
    watch: Callable[[World], object] | None = None,
) -> ScenarioReport:
    """Run the scenario with this seed. Never raises what a judge has to say: the report has it.

    ``watch`` is given the world before anything happens.
    """
    started = time.perf_counter()
    run = _Run(scenario, seed, trace)
    if watch is not None:
        watch(run.world)
    try:
        run.play()
    except (AssertionError, JournalCorrupt, RuntimeError) as broken:
        run.report.failures.append(f"{type(broken).__name__}: {broken}")
    return run.closed(time.perf_counter() - started)


class _Run:
    def __init__(self, scenario: Scenario, seed: int, trace: Callable[[str], None] | None) -> None:
        self.report = ScenarioReport(scenario.name, "sim", seed)
        self._scenario = scenario
        self.world = World(seed, check_every=CHECK_EVERY, trace=trace)
        self._bench = Bench(self.world, raft="raft" in scenario.expect.always)
        self._nodes = []
        for spec in cluster_specs(seed, scenario.cluster.servers, scenario.cluster.agents):
            add_node(self.world, spec.having({"prober.profile": scenario.cluster.profile}))
            self._nodes.append(spec.node)
        self._faults: WorldFaults = world_faults(self.world)
        self._clients: _WorldClients | None = None
        self._playing: Playing | None = None

    def play(self) -> None:
        """The cluster comes up whole, the steps strike, everything heals, the expectations are looked at."""
        if not self._until(lambda: not self._wrong("catalog_matches") and not self._wrong("members_agree")):
            self.report.failures.append(f"the cluster was not whole {WHOLE_WITHIN_S:.0f} s after its start")
            return
        if self._scenario.workload.kv is not None:
            script = KvScript(self._scenario.workload.kv, stream(self.report.seed, "scenario", "kv"))
            # A message that comes twice may be refused once and done once: then refusals are not to be believed.
            twice = any(fault.name == "duplicate" for step in self._scenario.step for fault in step.faults)
            self._clients = _WorldClients(self.world, script, self._nodes, believed=not twice)
        self._playing = self._faults.play(self._scenario.step)
        self._run(self._scenario.lasts_s)
        self._playing.heal()
        self._faults.revive()
        self._eventually()
        self._look_back()

    def closed(self, wall_s: float) -> ScenarioReport:
        """The report, with its figures, also of a run that a judge has ended."""
        if self._playing is not None:
            self.report.faults = self._playing.director.struck
        if self._clients is not None:
            self.report.count(self._clients.script.history)
        self.report.ran_s = self.world.time / SECOND
        self.report.wall_s = wall_s
        self.report.digest = self.world.trace.digest
        return self.report

    def _eventually(self) -> None:
        began, open_ = self.world.time, dict(self._scenario.expect.eventually.bounds)
        while open_:
            passed = (self.world.time - began) / SECOND
            for name, within_s in list(open_.items()):
                wrong = self._wrong(name)
                if not wrong:
                    self.report.healed[name] = passed
                elif passed <= within_s:
                    continue
                else:
                    self.report.failures.append(f"{name} not within {within_s:g} s: {'; '.join(wrong[:3])}")
                del open_[name]
            if open_:
                self._run(LOOK_EVERY_S)

    def _look_back(self) -> None:
        if self._clients is None:
            return
        self._clients.stop()
        self._run(TIMEOUT_S)
        self._clients.last_look(self.world.running()[0])
        self._run(LAST_LOOK_S)
        if self._scenario.expect.linearizable:
            self.report.judge(self._clients.script.history)

    def _wrong(self, name: str) -> list[str]:
        if name == "one_leader" or not self._bench.leader():
            return [] if self._bench.leader() else ["no server leads"]
        if name == "catalog_matches":
            return self._bench.catalog_wrong()
        wrong = self._bench.members_wrong()
        return wrong if name == "members_agree" else [text for text in wrong if "does not see" in text]

    def _until(self, true: Callable[[], bool]) -> bool:
        while not true():
            if self.world.time > WHOLE_WITHIN_S * SECOND:
                return False
            self._run(LOOK_EVERY_S)
        return True

    def _run(self, seconds: float) -> None:
        self.world.run(seconds)
        if self.world.crashes:
            who, error = self.world.crashes[0]
            raise RuntimeError(f"{who} raised {error!r}") from error


class _WorldClients:
    """The script's clients, each at a doorway of some node, with one request at a time."""

    def __init__(self, world: World, script: KvScript, nodes: list[str], believed: bool) -> None:
        self.script = script
        self._world = world
        self._believed = believed
        self._going = True
        where = stream(world.seed, "scenario", "clients")
        for client in script.clients:
            door = world.door(where.choice(nodes), client)
            world.at(script.pause_s(), partial(self._ask, client, door))

    def stop(self) -> None:
        """No client asks anything new."""
        self._going = False

    def last_look(self, node: str) -> None:
        """What every key holds when all is over."""
        door = self._world.door(node, "auditor")
        for key in self.script.keys:
            operation, request = self.script.ask("auditor", key, "get", self._world.time)
            door.ask("agent", request, partial(self._told, operation), TIMEOUT_S)

    def _ask(self, client: str, door: Door) -> None:
        if self._going:
            operation, request = self.script.next(client, self._world.time)

            def then(answer: Message) -> None:
                self._told(operation, answer)
                self._world.at(self.script.pause_s(), partial(self._ask, client, door))

            door.ask("agent", request, then, TIMEOUT_S)

    def _told(self, operation: ClientOperation, answer: Message) -> None:
        told = self.script.answered(operation, answer, self._world.time)
        definite = answer.row.definite if isinstance(answer, Refused) else isinstance(answer, Undeliverable)
        if not told and definite and self._believed:
            self.script.refused(operation)
