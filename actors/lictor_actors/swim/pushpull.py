"""Push/pull: two members exchange their whole views, when one joins, now and then, and when their views differ.

The view is the updates that this node holds, as bytes: merging what is known already is a look-up for each record.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.own_record import OwnRecord
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.updates import Hearing, Updates
from lictor_messages.swim import PushPull, PushPullAnswer, PushPullDue


class PushPullSync:
    """Anti-entropy between two views."""

    def __init__(
        self,
        profile: Profile,
        members: MemberTable,
        own: OwnRecord,
        gossiper: Gossiper,
        events: UserEvents,
        updates: Updates,
    ) -> None:
        self._profile = profile
        self._members = members
        self._own = own
        self._gossiper = gossiper
        self._events = events
        self._updates = updates
        self._not_before = 0

    def ask(self, to: str, turn: Turn, *, join: bool = False) -> str:
        """Send this node's view and ask for the other's; returns the id of the request.

        Every part begins with this node's own record: only then can the other answer it.
        """
        *most, last = self._parts(with_events=not join)
        for part in most:
            turn.send(to, self._part(part, join=join, last=False), early=True)
        return turn.ask(to, self._part(last, join=join, last=True), early=True)

    def asked(self, push: PushPull, source: str, turn: Turn) -> None:
        """Another member's view arrived: merge it, which also tells the directory where it lives, then answer."""
        parts = self._parts(with_events=not push.join) if push.last else []
        self._merge(push.updates, push.event_ltime, source, turn)
        for n, part in enumerate(parts, 1):
            answer = PushPullAnswer(updates=part, event_ltime=self._events.clock.time, last=n == len(parts))
            turn.reply(answer, early=True)

    def answered(self, pull: PushPullAnswer, source: str, turn: Turn) -> None:
        """The other's view arrived."""
        self._merge(pull.updates, pull.event_ltime, source, turn)

    def begin(self, turn: Turn) -> None:
        """Set the first periodic exchange at a random moment of the interval."""
        self._schedule(int(turn.rng.random() * self._every()), turn)

    def tick(self, turn: Turn) -> None:
        """The periodic exchange with a random live member."""
        for peer in self._members.pick(1, lambda peer: peer.state is MemberState.ALIVE, turn.rng):
            self.ask(peer.address, turn)
        # Jittered around the interval, or those that started together would exchange together for ever.
        self._schedule(int((0.5 + turn.rng.random()) * self._every()), turn)

    @property
    def view(self) -> int:
        """Equal for those who see the same members alive and have heard the latest event."""
        return self._members.fingerprint ^ self._events.clock.time

    def compare(self, peer: Peer, view: int, turn: Turn) -> None:
        """An ack told the acker's view. If it differs while this node has nothing left to spread, gossip has missed
        a member: exchange now rather than wait for the periodic one; at most once in two rounds."""
        if not view or view == self.view or self._gossiper.queue or turn.now < self._not_before:
            return
        self._not_before = turn.now + 2 * self._profile.probe_interval
        self.ask(peer.address, turn)

    def _merge(self, updates: tuple[bytes, ...], event_ltime: int, source: str, turn: Turn) -> None:
        alone, event_time = self._members.alone, self._events.approach(event_ltime, turn)
        if alone:
            self._events.skip_past(event_time)
        self._events.clock.witness(event_time - 1)
        self._updates.take_in(updates, Hearing(source, merging=True, quiet=alone), turn)
        if alone and not self._members.alone:
            self._own.announce(turn)
            self._settle_in(turn)

    def _settle_in(self, turn: Turn) -> None:
        """A second exchange, a few gossip rounds later and with a random member. In a cluster that starts as a whole
        the one who answered the join knew little more than the joiner; this spares the wait for gossip's stragglers."""
        self._schedule(int((2 + 3 * turn.rng.random()) * self._profile.gossip_interval), turn)

    def _part(self, updates: tuple[bytes, ...], *, join: bool, last: bool) -> PushPull:
        return PushPull(updates=updates, event_ltime=self._events.clock.time, join=join, last=last)

    def _parts(self, *, with_events: bool) -> list[tuple[bytes, ...]]:
        me = self._members.me.record
        parts, part, size = [], [me], len(me)
        for data in self._view() + (self._events.recent() if with_events else []):
            if size + len(data) > self._profile.push_pull_bytes:
                parts.append(tuple(part))
                part, size = [me], len(me)
            part.append(data)
            size += len(data)
        parts.append(tuple(part))
        return parts

    def _view(self) -> list[bytes]:
        """Of the dead only the verdict: no node needs to meet them. Of a suspect both, so that it can be met."""
        me = self._members.me
        view = [me.verdict] if me.verdict else []
        for peer in self._members.others.values():
            if peer.present:
                view.append(peer.record)
            if peer.verdict:
                view.append(peer.verdict)
        return view

    def _every(self) -> int:
        return self._profile.push_pull_every(self._members.alive_count)

    def _schedule(self, delay: int, turn: Turn) -> None:
        turn.set_timer("push-pull", delay, PushPullDue())
