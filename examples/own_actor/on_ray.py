"""The counter on Ray: an actor of Ray hosts its node, the driver clicks, and the actor's process is killed between.

    python examples/own_actor/on_ray.py

You see the total that each half of the clicks has reached: the second actor of Ray goes on where the killed one was.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from pathlib import Path

import ray
from live import CLICKS, HERE, THERE, Clicker, Lanes, start

from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.node import Node
from lictor_actors.hosts.ray.ports import drawn_ports
from lictor_messages.host import ActorSpec


async def start_at(ip: str, folder: Path, name: str, tree: list[ActorSpec]) -> tuple[LiveHost, Node, Lanes]:
    """A host whose node listens at ports of this address that the system draws; and where that is."""
    with drawn_ports(ip, 2) as (gossip, rest):
        lanes = (f"tcp://{ip}:{gossip}", f"tcp://{ip}:{rest}")
        host, node = await start(folder, name, tree, lanes)
    return host, node, lanes


@ray.remote(num_cpus=0, max_restarts=0)
class Counting:
    """Hosts the counter's node in the loop that Ray runs for it."""

    async def begin(self, folder: Path, clicker: Lanes) -> tuple[int, Lanes]:
        """Take over the folder; returns the process and where it listens."""
        ip = ray.util.get_node_ip_address()
        self._host, _, lanes = await start_at(ip, folder, HERE, [ActorSpec(role="counter")])
        self._host.locate(HERE, THERE, "gossip", clicker)
        return os.getpid(), lanes

    async def wait(self) -> None:
        """Answered never: ends with an error when the process does."""
        await asyncio.Event().wait()


async def main(folder: Path) -> None:
    host, node, here = await start_at(ray.util.get_node_ip_address(), folder, THERE, [])
    clicker, total = Clicker(host, node), 0
    for half in (range(1, CLICKS // 2 + 1), range(CLICKS // 2 + 1, CLICKS + 1)):
        counting = Counting.remote()
        process, there = await counting.begin.remote(folder, here)
        host.locate(THERE, HERE, "gossip", there)
        for number in half:
            total = await clicker.click(number)
        print(f"process {process} of Ray has counted {total}; now it is killed", flush=True)
        await kill(process, counting.wait.remote())
    await host.close()
    if total != CLICKS:
        raise SystemExit(f"{CLICKS} clicks were answered, and {total} counted")


async def kill(process: int, ended: ray.ObjectRef) -> None:
    """Return when Ray has seen its end: before that it may hold the journal's lock."""
    os.kill(process, signal.SIGKILL)
    try:
        await ended
    except ray.exceptions.RayActorError:
        return


if __name__ == "__main__":
    ray.init("local", include_dashboard=False, log_to_driver=False, num_cpus=1, _node_ip_address="127.0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
    ray.shutdown()
