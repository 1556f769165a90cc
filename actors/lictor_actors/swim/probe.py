"""The failure detector: one round for each probe interval, and the help given to the rounds of others.

A round is one named timer, set at most three times: until the probe time-out, until the end of the round, or, when
the ack is there, straight until the next round (SWIM section 3, Lifeguard section IV).
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.awareness import Awareness
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.membership import Membership
from lictor_actors.swim.profile import Profile
from lictor_messages.coordinates import Coordinate
from lictor_messages.swim import Ack, AckDue, IndirectPing, Nack, NackDue, Ping, ProbeDue


@dataclass(slots=True)
class Round:
    """One member's turn to be probed."""

    node: str
    seq: int
    start: int
    end: int
    acked: bool = False
    helpers: int = 0
    nacks: int = 0
    doubted: bool = False
    """This node stood still meanwhile: an ack may lie unread, so no member is accused."""


@dataclass(frozen=True, slots=True)
class Help:
    """An indirect ping in progress for ``origin``."""

    origin: str
    seq: int
    until: int


class Probing:
    """Pings are one-way sends over pipes that may lose; there is no second way (memberlist's TCP ping) because the
    pipes already run over streams."""

    def __init__(
        self,
        profile: Profile,
        members: MemberTable,
        membership: Membership,
        gossiper: Gossiper,
        listeners: Listeners,
        awareness: Awareness,
    ) -> None:
        self.degraded = 0
        """Rounds without an ack that this node's own slowness explains, in this life."""
        self.asleep = True
        """True while there is no member to probe: no timer runs."""
        self._profile = profile
        self._members = members
        self._membership = membership
        self._gossiper = gossiper
        self._listeners = listeners
        self._awareness = awareness
        self._round: Round | None = None
        self._seq = 0
        self._helping: dict[int, Help] = {}

    def wake(self, turn: Turn) -> None:
        """There is a member to probe: start at a random moment, so that a cluster's rounds are spread out."""
        self.asleep = False
        turn.set_timer("probe", int(turn.rng.random() * self._profile.probe_interval), ProbeDue())

    def stop(self, turn: Turn) -> None:
        """Accuse no member any more: this node leaves."""
        self._round = None
        turn.cancel_timer("probe")

    def next_round(self, turn: Turn) -> None:
        """Judge the round that ends here and begin the next."""
        if self._members.me.leaving:
            return
        if self._round is not None and not self._round.acked:
            self._judge(self._round, turn)
        peer = self._members.next_to_probe(turn.now, self._profile.gossip_to_the_dead, turn.rng)
        if peer is None:
            self._round, self.asleep = None, True
            return
        self._seq += 1
        end = turn.now + self._awareness.scale(self._profile.probe_interval)
        self._round = Round(peer.node, self._seq, turn.now, end)
        self._ping(peer, self._seq, turn)
        turn.set_timer("probe", self._profile.probe_timeout, AckDue(seq=self._seq))

    def ack_due(self, due: AckDue, turn: Turn) -> None:
        """No direct ack in time: ask others to try, and have the pipe dialled afresh."""
        current = self._round
        if current is None or current.seq != due.seq or current.acked:
            return
        if turn.now - current.start - self._profile.probe_timeout > self._profile.lag_tolerance:
            current.doubted = True
        self._listeners.redial(current.node, turn)
        self._ask_helpers(current, turn)
        turn.set_timer("probe", current.end - turn.now, ProbeDue())

    def answer(self, ping: Ping, view: int, lies: Coordinate | None, source: str, turn: Turn) -> None:
        """I am here, this is my view, and there I lie."""
        ack = Ack(seq=ping.seq, view=view, updates=self._gossiper.piggyback(), coordinate=lies)
        turn.send(source, ack, early=True)

    def acked(self, ack: Ack, turn: Turn) -> Round | None:
        """An ack, direct or relayed, for this node's round or for one it helps; a late one is harmless.

        Returns the round if the ack completed it.
        """
        current = self._round
        if current is not None and current.seq == ack.seq:
            if current.acked:
                return None
            current.acked = True
            self._awareness.add(-1)
            turn.set_timer("probe", current.end - turn.now, ProbeDue())
            return current
        help_ = self._helping.pop(ack.seq, None)
        if help_ is not None:
            turn.cancel_timer(f"nack:{ack.seq}")
            turn.send(help_.origin, Ack(seq=help_.seq), early=True)
        return None

    def help(self, ping: IndirectPing, source: str, turn: Turn) -> None:
        """Ping on behalf of another; its suspicion, which came along, rides on this ping too.

        One that this node knows somewhere else is not the one that the other means: an ack of it would keep alive a
        node that is gone, for as long as it has a namesake.
        """
        peer = self._members.others.get(ping.node)
        if peer is not None and ping.gossip and ping.gossip != peer.alive.gossip:
            turn.send(source, Nack(seq=ping.seq), early=True)
            return
        self._forget_old_help(turn.now)
        self._seq += 1
        self._helping[self._seq] = Help(source, ping.seq, turn.now + self._profile.probe_interval)
        if peer is None:
            turn.send(self._members.address(ping.node), Ping(seq=self._seq), early=True)
        else:
            self._ping(peer, self._seq, turn)
        turn.set_timer(f"nack:{self._seq}", self._profile.nack_after, NackDue(seq=self._seq))

    def nack_due(self, due: NackDue, turn: Turn) -> None:
        """The target is silent here too; a late ack is still relayed."""
        help_ = self._helping.get(due.seq)
        if help_ is not None:
            turn.send(help_.origin, Nack(seq=help_.seq), early=True)

    def nacked(self, nack: Nack) -> None:
        """A helper is well and can be heard, so this node is probably well too."""
        if self._round is not None and self._round.seq == nack.seq:
            self._round.nacks += 1

    def doubt(self) -> None:
        """This node stood still: the round that is under way accuses no member."""
        if self._round is not None:
            self._round.doubted = True

    def _judge(self, failed: Round, turn: Turn) -> None:
        late = turn.now - failed.end > self._profile.lag_tolerance
        if failed.doubted or late:
            self.degraded += 1
            self._awareness.add(1)
            return
        self._awareness.add(failed.helpers - failed.nacks if failed.helpers else 1)
        peer = self._members.others.get(failed.node)
        if peer is not None and peer.present:
            self._membership.accuse(peer, turn)

    def _ping(self, peer: Peer, seq: int, turn: Turn) -> None:
        turn.send(peer.address, Ping(seq=seq, updates=self._accusation(peer) + self._gossiper.piggyback()), early=True)

    def _accusation(self, peer: Peer) -> tuple[bytes, ...]:
        """Lifeguard's buddy system: a ping to a suspect tells it that it is suspected, and who the sender is."""
        return (peer.verdict, self._members.me.record) if peer.verdict else ()

    def _ask_helpers(self, current: Round, turn: Turn) -> None:
        def may_help(peer: Peer) -> bool:
            return peer.state is MemberState.ALIVE and peer.node != current.node

        peer = self._members.others.get(current.node)
        accusation = self._accusation(peer) if peer is not None else ()

        helpers = self._members.pick(self._profile.indirect_checks, may_help, turn.rng)
        current.helpers = len(helpers)
        for helper in helpers:
            updates = accusation + self._gossiper.piggyback()
            gossip = peer.alive.gossip if peer is not None else ""
            ask = IndirectPing(seq=current.seq, node=current.node, updates=updates, gossip=gossip)
            turn.send(helper.address, ask, early=True)

    def _forget_old_help(self, now: int) -> None:
        for seq in [seq for seq, help_ in self._helping.items() if help_.until <= now]:
            del self._helping[seq]
