"""The counter over real sockets and a real disk: one process counts, another clicks, and the first is killed between.

    python examples/own_actor/live.py

You see the total that each half of the clicks has reached: the second process goes on where the killed one was.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from counter import Click, Counter, Total

from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.node import Node
from lictor_actors.hosts.spec import SiteSpec
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.host import ActorSpec

HERE, THERE, CLUSTER, CLICKS, TRIES = "n1.dc1", "n2.dc1", "own-actor", 20, 20


Lanes = tuple[str, str]
"""Where a node listens: for gossip, and for the rest."""


def lanes_in(folder: Path, name: str) -> Lanes:
    """Those of a node of this machine."""
    return f"ipc://{folder}/{name}.gossip", f"ipc://{folder}/{name}.rest"


async def start(folder: Path, name: str, tree: list[ActorSpec], lanes: Lanes) -> tuple[LiveHost, Node]:
    """A host with one node, which listens there and keeps its journal in this folder."""
    gossip, rest = lanes
    host = LiveHost(CLUSTER, lanes=lanes)
    await host.start()
    spec = SiteSpec(name=name.partition(".")[0], gossip=gossip, rest=rest, data_dir=str(folder / name))
    return host, await host.add(spec, tree, lambda _: Counter())


async def count(folder: Path) -> None:
    """The process that counts, until it is killed."""
    host, _ = await start(folder, HERE, [ActorSpec(role="counter")], lanes_in(folder, HERE))
    host.locate(HERE, THERE, "gossip", lanes_in(folder, THERE))
    print("counting", flush=True)
    await asyncio.Event().wait()


class Clicker:
    """A door of the other node, with which plain asyncio asks: each click again until it is answered."""

    def __init__(self, host: LiveHost, node: Node) -> None:
        self._host, self._asked = host, 0
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        node.open_door("clicker", self._answered, self._waiting.__contains__)

    async def click(self, number: int) -> int:
        """The total after the click of this number."""
        for _ in range(TRIES):
            answer = await self._ask(Click(by="ann", number=number))
            if isinstance(answer, Total):
                return answer.clicks
            await asyncio.sleep(0.05)
        raise SystemExit(f"click {number} was not answered: {answer!r}")

    async def _ask(self, message: Message) -> Message | None:
        self._asked += 1
        request, me = str(self._asked), f"clicker@{THERE}"
        waiting = self._waiting[request] = asyncio.get_running_loop().create_future()
        self._host.post(Envelope(me, f"counter@{HERE}", message, request=request, reply_to=me))
        try:
            return await asyncio.wait_for(waiting, 1)
        except TimeoutError:
            return None
        finally:
            del self._waiting[request]

    def _answered(self, envelope: Envelope) -> None:
        if envelope.request in self._waiting:
            self._waiting[envelope.request].set_result(envelope.body)


async def spawn(folder: Path) -> Process:
    """A process that counts, once it does."""
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, str(folder), stdout=PIPE)
    assert process.stdout is not None
    if await process.stdout.readline() != b"counting\n":
        raise SystemExit("the counter's process did not start")
    return process


async def main(folder: Path) -> None:
    host, node = await start(folder, THERE, [], lanes_in(folder, THERE))
    host.locate(THERE, HERE, "gossip", lanes_in(folder, HERE))
    clicker, total = Clicker(host, node), 0
    for half in (range(1, CLICKS // 2 + 1), range(CLICKS // 2 + 1, CLICKS + 1)):
        process = await spawn(folder)
        for number in half:
            total = await clicker.click(number)
        print(f"process {process.pid} has counted {total}; now it is killed", flush=True)
        process.kill()
        await process.wait()
    await host.close()
    if total != CLICKS:
        raise SystemExit(f"{CLICKS} clicks were answered, and {total} counted")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(count(Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(main(Path(folder)))
