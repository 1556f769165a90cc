"""Owners of TTL checks that report by fits and starts, or never, and a judge of what their agents make of it.

A report holds for the time to live and no longer, also over a restart of the agent, and so does the status that a check
was registered with. A service that was registered as critical, and on which no verdict was ever passed, stays.
Time to live is counted on the wall clock over a restart: there are no owners in runs that bend clocks or stop actors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.streams import stream
from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import Accepted, CheckSpec, RegisterService, UpdateCheck
from lictor_messages.base import Message
from lictor_messages.catalog import ServiceRecord
from lictor_messages.envelope import at

SECOND = 1_000_000_000
TTL_NS = 3 * SECOND
LATE_NS = SECOND // 2
"""Longer than an agent that is not paused takes to notice."""
LONG_NS = 3600 * SECOND
AGAIN_S = (0.2, 5.0)
"""From one report to the next: now and then longer than a report holds."""
LOOK_EVERY_S = 0.25
TOLD, HOPED, UNTOLD = "told", "hoped", "untold"
CHECKS = {
    TOLD: CheckSpec(ttl_ns=TTL_NS, status="passing"),
    HOPED: CheckSpec(ttl_ns=TTL_NS, status="passing"),
    UNTOLD: CheckSpec(ttl_ns=LONG_NS, deregister_critical_service_after_ns=1),
}
"""Reported on; registered as passing, and no more is heard of it; critical from the start."""


class Reporter:
    """The owner of one node's services."""

    def __init__(self, world: World, node: str, rng: Random, broken: Callable[[str], None]) -> None:
        self._world = world
        self._node = node
        self._rng = rng
        self._broken = broken
        self._door = world.door(node, "reporter")
        self._said: dict[str, int] = {}
        """Service → when its status was last said."""
        self._kept: set[str] = set()
        """Services that the agent has accepted."""
        for service in CHECKS:
            world.at(rng.uniform(0.0, 3.0), partial(self._register, service))
        self._look_later()

    def _register(self, service: str) -> None:
        self._said[service] = self._world.time
        record = ServiceRecord(node="", id=service, service=service)
        asked = RegisterService(service=record, checks=(CHECKS[service],))
        self._door.ask("agent", asked, partial(self._registered, service), 2.0)

    def _registered(self, service: str, answer: Message) -> None:
        if not isinstance(answer, Accepted):
            self._world.at(self._rng.uniform(*AGAIN_S), partial(self._register, service))
            return
        self._kept.add(service)
        if service == TOLD:
            self._report_later()

    def _report_later(self) -> None:
        self._world.at(self._rng.uniform(*AGAIN_S), self._report)

    def _report(self) -> None:
        self._said[TOLD] = self._world.time
        report = UpdateCheck(id=f"service:{TOLD}", status="passing", output="")
        self._door.ask("agent", report, lambda answer: self._world.count(f"report_{answer.kind}"))
        self._report_later()

    # -- the judge -----------------------------------------------------------------

    def _look_later(self) -> None:
        self._world.at(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        agent = self._world.actor(at("agent", self._node))
        wrong = list(self._wrong(agent)) if isinstance(agent, Agent) and agent.local else []
        for text in wrong:
            self._broken(text)
        if not wrong:
            self._look_later()

    def _wrong(self, agent: Agent) -> Iterator[str]:
        for service in (TOLD, HOPED):
            check = agent.local.checks.get(f"service:{service}")
            age = self._world.time - self._said.get(service, 0)
            if check is not None and check.record.status == "passing" and age > TTL_NS + LATE_NS:
                yield f"the check of {service} on {self._node} passes by a report that is {age / 1e9:.1f} s old"
        if UNTOLD in self._kept and UNTOLD not in agent.local.services:
            yield f"{UNTOLD} on {self._node} was deregistered, and no verdict was passed on it"


def report_on_checks(world: World, nodes: Sequence[str], seed: int, broken: Callable[[str], None]) -> None:
    """An owner on each node; ``broken`` hears what its agent makes of it that it should not."""
    for node in nodes:
        Reporter(world, node, stream(seed, "reporter", node), broken)
