"""Your own actors of Ray find and call each other through Lictor, and notice in its catalog when a Ray node dies.

    python examples/ray/greeters.py

Four Ray nodes run on this machine, with Lictor on them. On each live two greeters: actors of Ray that know no other.
They register with the nearest agent of Lictor, find the others there, and call them. Then one Ray node is killed.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable

import ray
from ray.cluster_utils import Cluster as Raylets
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import lictor.ray

RAY_NODES, GREETERS_EACH, AGENTS = 4, 2, 8
SERVICE, NAMESPACE = "greeter", "greeters"
WITHIN_S = float(os.environ.get("GREETERS_WITHIN_S", "30"))
"""How long to wait for what is to come true."""


@ray.remote(num_cpus=0)
class Greeter:
    """One of many; it is told its own name, and finds the rest."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: dict[str, str] = {}
        """The greeters that Lictor calls healthy, and under which name Ray has them."""

    async def begin(self) -> None:
        """Register, then keep an eye on the others."""
        self._client = lictor.connect(lictor.ray.nearest())
        await self._client.agent.register_service(SERVICE, id=self._name, meta={"actor": self._name})
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        async for instances in self._client.watch(self._client.health.service, SERVICE, passing=True):
            self._known = {one.service.id: one.service.meta["actor"] for one in instances}

    async def knows(self) -> set[str]:
        """All greeters that it has found, itself among them."""
        return set(self._known)

    async def hello(self, guest: str) -> str:
        """How it answers another greeter."""
        return f"{guest}, {self._name} greets you"

    async def call_others(self) -> list[str]:
        """Say hello to each that it has found, and return their answers."""
        others = [ray.get_actor(actor, NAMESPACE) for name, actor in self._known.items() if name != self._name]
        return list(await asyncio.gather(*(other.hello.remote(self._name) for other in others)))


Greeters = dict[str, "ray.actor.ActorHandle"]


def main() -> None:
    raylets, ray_nodes = start_ray()
    try:
        with lictor.Cluster.ray(raylets.address, servers=3, agents=AGENTS):
            meet_and_part(raylets, ray_nodes)
    finally:
        ray.shutdown()
        raylets.shutdown()


def start_ray() -> tuple[Raylets, list]:
    """A head, and the nodes that carry Lictor and the greeters, each with an address of its own."""
    raylets = Raylets()
    raylets.add_node(num_cpus=0, include_dashboard=False, node_ip_address="127.0.0.1")
    nodes = [raylets.add_node(num_cpus=1, node_ip_address=f"127.0.0.{number + 2}") for number in range(RAY_NODES)]
    ray.init(raylets.address, namespace=NAMESPACE, log_to_driver=False, _node_ip_address="127.0.0.1")
    return raylets, nodes


def meet_and_part(raylets: Raylets, ray_nodes: list) -> None:
    """What this example shows."""
    print(f"{RAY_NODES} Ray nodes; 3 servers and {AGENTS} agents of Lictor run on them", flush=True)
    homes = {node.node_id: bring_to_life(node.node_id, number) for number, node in enumerate(ray_nodes)}
    everyone: Greeters = {name: greeter for greeters in homes.values() for name, greeter in greeters.items()}
    took = until_they_know(everyone, everyone)
    print(f"{len(everyone)} greeters registered; each has found the others after {took:.1f} s", flush=True)
    print(f"each called the others: {calls(everyone)} greetings", flush=True)

    victim = ray_nodes[-1]
    dead = homes[victim.node_id]
    print(f"the Ray node {victim.node_ip_address} is killed, and with it {' and '.join(dead)}", flush=True)
    raylets.remove_node(victim, allow_graceful=False)
    rest = {name: greeter for name, greeter in everyone.items() if name not in dead}
    took = until_they_know(rest, rest)
    print(f"the other {len(rest)} have seen in the catalog that they are gone after {took:.1f} s", flush=True)
    print(f"each called the others: {calls(rest)} greetings", flush=True)


def bring_to_life(ray_node: str, number: int) -> Greeters:
    """The greeters of this Ray node, registered."""
    here = NodeAffinitySchedulingStrategy(ray_node, soft=False)
    names = [f"greeter-{number * GREETERS_EACH + each + 1}" for each in range(GREETERS_EACH)]
    greeters = {name: Greeter.options(name=name, scheduling_strategy=here).remote(name) for name in names}
    ray.get([greeter.begin.remote() for greeter in greeters.values()])
    return greeters


def until_they_know(greeters: Greeters, those: Iterable[str]) -> float:
    """Wait until each has found those and no others; returns the seconds that it took."""
    began, wanted = time.monotonic(), set(those)
    while True:
        known = ray.get([greeter.knows.remote() for greeter in greeters.values()])
        if all(found == wanted for found in known):
            return time.monotonic() - began
        if time.monotonic() - began > WITHIN_S:
            raise SystemExit(f"after {WITHIN_S:g} s they know {known} and not {wanted}")
        time.sleep(0.05)


def calls(greeters: Greeters) -> int:
    """Let each call all that it has found; returns how many greetings came back."""
    heard = ray.get([greeter.call_others.remote() for greeter in greeters.values()])
    for name, greetings in zip(greeters, heard, strict=True):
        expected = {f"{name}, {other} greets you" for other in greeters if other != name}
        if set(greetings) != expected:
            raise SystemExit(f"{name} heard {greetings} and not {expected}")
    return sum(map(len, heard))


if __name__ == "__main__":
    main()
