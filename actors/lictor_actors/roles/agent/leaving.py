"""Leaving for good: a server first hands over what it leads, then gossip says goodbye, then the node stops.

asker > agent > server: PrepareToLeave > ReadyToLeave > prober-wan, prober: Leave > Departed
    > server: AwaitRemoval > Removed > host: NodeStopping
"""

from __future__ import annotations

from collections.abc import Sequence

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.agent.anti_entropy import AntiEntropy
from lictor_messages.agent import Accepted, AgentOptions, LeaveCluster
from lictor_messages.autopilot import AwaitRemoval, PrepareToLeave, ReadyToLeave, RemovalLateDue, Removed
from lictor_messages.base import Message
from lictor_messages.envelope import at, role_of
from lictor_messages.host import NodeStopping, Undeliverable
from lictor_messages.members import Departed, Leave
from lictor_messages.refusals import Refused

GRACE_NS = 5_000_000_000
"""Consul's raftRemoveGracePeriod: how long a server that has left waits until the others do without it."""


class Leaving:
    """Who asked to leave, by the request that is under way for them."""

    def __init__(self, options: AgentOptions, probers: Sequence[str], sync: AntiEntropy) -> None:
        """``probers``: those of its pools, in the order in which they leave; "" for one that it has not."""
        self._options = options
        self._probers = [prober for prober in probers if prober]
        self._sync = sync
        self._drain_ns = options.leave_drain_ns
        self._leavers: dict[str, Ticket] = {}
        self._going: dict[str, Ticket] = {}
        """Those that wait only until the others do without this node."""

    def asked(self, _: LeaveCluster, turn: Turn) -> None:
        """From now on this node writes nothing into the catalog: the others are about to take it out of there."""
        leaver = turn.ticket()
        self._sync.close(lambda turn: self._begin(leaver, turn), turn)

    def _begin(self, leaver: Ticket, turn: Turn) -> None:
        """A server that leads hands over first, so that no request has to wait for an election time-out."""
        if self._options.server:
            self._leavers[turn.ask(at("server", self._options.node), PrepareToLeave())] = leaver
        else:
            self._say_goodbye(leaver, turn)

    def server_ready(self, _: ReadyToLeave, turn: Turn) -> None:
        """The server leads nothing any more."""
        leaver = self._leaver_of(turn)
        if leaver is not None:
            self._say_goodbye(leaver, turn)

    def departed(self, _: Departed, turn: Turn) -> None:
        """The others know it: the node may stop, a server once the others can do without its vote."""
        leaver = self._leaver_of(turn)
        if leaver is None:
            return
        if turn.envelope is not None and turn.envelope.source != self._probers[-1]:
            self._leavers[turn.ask(self._probers[-1], Leave())] = leaver
        elif self._options.server:
            self._going[turn.ask(at("server", self._options.node), AwaitRemoval())] = leaver
            turn.set_timer("leaving", GRACE_NS, RemovalLateDue())
        else:
            self._going[""] = leaver
            self._go(turn)

    def removed(self, _: Removed, turn: Turn) -> None:
        """The others do without it."""
        self._go(turn)

    def late(self, _: RemovalLateDue, turn: Turn) -> None:
        """Perhaps there are no others."""
        self._go(turn)

    def _go(self, turn: Turn) -> None:
        if self._going and self._drain_ns:
            turn.set_timer("leaving", self._drain_ns, RemovalLateDue())
            self._drain_ns = 0
            return
        going, self._going = self._going, {}
        for leaver in going.values():
            self._stop(leaver, turn)

    def _stop(self, leaver: Ticket, turn: Turn) -> None:
        turn.answer(leaver, Accepted())
        turn.send(at("host", self._options.node), NodeStopping(why="left the cluster"))

    def answered(self, message: Message, turn: Turn) -> None:
        """Anything else that server or prober answer is for the asker."""
        leaver = self._leaver_of(turn)
        if leaver is not None:
            self._stay(leaver, message, turn)

    def not_reached(self, notice: Undeliverable, turn: Turn) -> bool:
        """One of our requests could not be handed over; False if it is not ours."""
        if notice.request in self._going:  # its server is down: it gives no votes any more
            self._go(turn)
            return True
        leaver = self._leavers.pop(notice.request, None)
        if leaver is None:
            return False
        if role_of(notice.target) == "server":
            self._say_goodbye(leaver, turn)  # its server is down: there is nothing to hand over
        else:
            why = notice.down or "the prober could not be reached"
            self._stay(leaver, Refused(code="Undeliverable", text=why), turn)
        return True

    def _stay(self, leaver: Ticket, why: Message, turn: Turn) -> None:
        turn.answer(leaver, why)
        self._sync.open_again(turn)

    def _say_goodbye(self, leaver: Ticket, turn: Turn) -> None:
        self._leavers[turn.ask(self._probers[0], Leave())] = leaver

    def _leaver_of(self, turn: Turn) -> Ticket | None:
        return self._leavers.pop(turn.envelope.request, None) if turn.envelope else None
