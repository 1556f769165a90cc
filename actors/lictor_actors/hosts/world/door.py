"""A doorway into a node of the world: asks on behalf of a client, and keeps the ticket."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lictor_messages.agent import ServerSilent
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.refusals import Refused

if TYPE_CHECKING:
    from lictor_actors.hosts.world.clock import Timer
    from lictor_actors.hosts.world.world import World

Then = Callable[[Message], None]


class Door:
    """``name@node``: takes the answers to what it asked, each at most once."""

    def __init__(self, world: World, node: str, name: str) -> None:
        self.address = at(name, node)
        self._world = world
        self._machine = world.machines[node]
        self._open: dict[str, tuple[Then, Timer]] = {}
        self._count = 0
        self._machine.open_door(name, self._take, self._open.__contains__)

    @property
    def up(self) -> bool:
        """True while its node runs."""
        return self._machine.running

    def ask(
        self, target: str, message: Message, then: Then, within_s: float = 10.0, request: str = "", token: str = ""
    ) -> str:
        """Post a request; ``then`` gets its answer, or Refused TimedOut. ``target`` may be a role of this node.

        ``request`` names one that was asked before and is over: asking it again is the same write.
        """
        self._count += not request
        request = request or f"{self.address}.{self._count:x}"
        to = target if "@" in target else at(target, self._machine.name)
        timer = self._world.at(within_s, lambda: self._timed_out(request))
        self._open[request] = (then, timer)
        budget = round(within_s * 1e9)
        me = self.address
        e = Envelope(
            me, to, message, request=request, reply_to=me, budget=budget, cause=request, origin="client", token=token
        )
        if self._machine.running:
            self._world.ground.post(e)
        else:
            self._world.soon(lambda: self._close(request, Refused(code="Undeliverable", text="this node is down")))
        return request

    def tell(self, target: str, message: Message) -> None:
        """Post a one-way message."""
        self._world.ground.post(Envelope(self.address, target, message, origin="client"))

    def _timed_out(self, request: str) -> None:
        if self._machine.running:
            for seat in self._machine.node.hearing(ServerSilent):
                self.tell(seat.address, ServerSilent(request=request))
        self._close(request, Refused(code="TimedOut"))

    def _take(self, envelope: Envelope) -> None:
        if envelope.request in self._open:
            self._close(envelope.request, envelope.body)
        else:
            self._world.count("late_answers_at_doors")

    def _close(self, request: str, answer: Message) -> None:
        then, timer = self._open.pop(request, (None, None))
        if then is not None and timer is not None:
            timer.cancel()
            then(answer)
