"""The actor contract's stage on the live host: real nng over ipc, a real loop, journals in memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from typing import Any

import pynng

from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.spec import SiteSpec
from lictor_actors.kernel.actor import Actor
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.faults import SetRules
from lictor_messages.host import ActorSpec

Births = Callable[[ActorSpec], Actor]


class LiveStage:
    """Offers the same verbs as the world's stage; ``run`` lets the loop turn for so long."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lanes: tuple[str, str] | None = None) -> None:
        self.loop = loop
        folder = "" if lanes else tempfile.mkdtemp(prefix="lictor-")
        self._lanes = lanes or (f"ipc://{folder}/g", f"ipc://{folder}/r")
        self._host = LiveHost("contract", lanes=self._lanes, ended=self._node_ended, stopped=self._stopped)
        self.stopped: dict[str, str] = {}
        self._ended: set[str] = set()
        self._names: list[str] = []
        self._nodes: dict[str, Any] = {}
        self._answers: dict[str, asyncio.Future[Message]] = {}
        loop.run_until_complete(self._host.start())

    def add(self, name: str, tree: list[ActorSpec], birth: Births) -> None:
        short, _, dc = name.partition(".")
        gossip, rest = self._lanes
        spec = SiteSpec(name=short, dc=dc, gossip=gossip, rest=rest)
        node = self.loop.run_until_complete(self._host.add(spec, tree, birth))
        node.doors["door"] = self._answered
        self._nodes[name] = node
        for other in self._nodes:
            self._host.locate(name, other, "gossip", (gossip, rest))
            self._host.locate(other, name, "gossip", (gossip, rest))

    def run(self, seconds: float = 0.1) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()
        # On a busy machine the time may be over before what was posted had its turns.
        self.loop.run_until_complete(_turns(20))

    def until(self, true: Callable[[], bool]) -> None:
        """Let the loop turn until this holds: what other nodes and threads do takes as long as it takes."""
        self.loop.run_until_complete(asyncio.wait_for(_came_true(true), 30))

    def ask(self, node: str, target: str, message: Message, within_s: float = 30.0) -> Message:
        address = target if "@" in target else at(target, node)
        request, me = f"ask.{len(self._answers)}", at("door", node)
        self._answers[request] = self.loop.create_future()
        self.loop.call_soon(self._host.post, Envelope(me, address, message, request=request, reply_to=me))
        return self.loop.run_until_complete(asyncio.wait_for(self._answers[request], within_s))

    def post(self, envelope: Envelope) -> None:
        self.loop.call_soon(self._host.post, envelope)

    def set_rules(self, rules: SetRules) -> None:
        self._host.set_rules(rules)

    def seat(self, address: str) -> Seat:
        role, _, node = address.partition("@")
        return self._nodes[node].seats[role]

    def forget(self, node: str, other: str) -> None:
        self._host.locate(node, other, "gossip", None)

    def _node_ended(self, node: str, why: str) -> None:
        self._ended.add(node)

    def _stopped(self, who: str, why: str) -> None:
        self.stopped[who] = why

    def is_up(self, node: str) -> bool:
        return node not in self._ended

    def counted(self, what: str) -> int:
        return self._host.counters[what]

    def close(self) -> None:
        self.loop.run_until_complete(self._host.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def _answered(self, envelope: Envelope) -> None:
        waiting = self._answers.get(envelope.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(envelope.body)


def opens_a_socket(_: int) -> bool:
    """In a process of its own: nng aborts if that was forked from one that has sockets."""
    with pynng.Push0():
        return True


async def _came_true(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  (what is waited for has no event)
        await asyncio.sleep(0.001)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
