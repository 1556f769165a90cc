"""Push/pull: two members exchange what they hold, when one joins, now and then, and when their views differ.

A node that joins says all that it knows and is told all. Members that know each other compare what their views sum up
to (see ``marks``), and then exchange what differs: the effect is the same, and at rest a thousand members cost a
kilobyte instead of half a million bytes. A member of an older version, which cannot compare, refuses that as unknown
and is asked for the whole view.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.exchanges import Exchanges
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.lamport import LamportClock
from lictor_actors.swim.marks import pack_marks, unpack_marks
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.own_record import OwnRecord
from lictor_actors.swim.pool_view import PoolView
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.updates import Hearing, Updates
from lictor_messages.bounds import MARKS_MOST
from lictor_messages.swim import CompareViews, PushPull, PushPullAnswer, PushPullDue, ViewsCompared


class Clocks(TypedDict):
    """What comes along with every view."""

    event_ltime: int
    query_ltime: int


View = CompareViews | ViewsCompared | PushPull | PushPullAnswer


class PushPullSync:
    """Anti-entropy between two views."""

    def __init__(
        self,
        profile: Profile,
        members: MemberTable,
        own: OwnRecord,
        gossiper: Gossiper,
        events: UserEvents,
        query_clock: LamportClock,
        updates: Updates,
        exchanges: Exchanges,
    ) -> None:
        self._exchanges = exchanges
        self._profile = profile
        self._members = members
        self._own = own
        self._gossiper = gossiper
        self._events = events
        self._query_clock = query_clock
        self._updates = updates
        self._view = PoolView(members, events)
        self._not_before = 0
        self.exchanged = False
        """A view has been merged in this life: this node and the one that sent it know each other."""

    def ask(self, to: str, turn: Turn, *, join: bool = False) -> str:
        """Send this node's whole view and ask for the other's; returns the id of the request."""
        return self._push(to, self._view.whole(with_events=not join), turn, join=join)

    def exchange(self, to: str, turn: Turn) -> None:
        """Have both learn what the other knows; a node that is alone has nothing to compare."""
        if self._members.alone:
            self.ask(to, turn)
        else:
            compare = CompareViews(updates=self._own_record(), sums=self._view.sums, **self._clocks())
            self._exchanges.begin(turn.ask(to, compare, early=True), turn)

    def tell_differences(self, asked: CompareViews, source: str, turn: Turn) -> None:
        """Say where this node's view is another one, and what is there."""
        self._merge(asked, source, turn)
        buckets = self._view.differing(asked.sums)
        marks = tuple(self._view.within(buckets)) if buckets else ()
        whole = len(marks) > MARKS_MOST
        answer = ViewsCompared(
            updates=self._own_record(),
            buckets=() if whole else buckets,
            marks=b"" if whole else pack_marks(marks),
            whole=whole,
            **self._clocks(),
        )
        turn.reply(answer, early=True)

    def exchange_differences(self, answer: ViewsCompared, source: str, turn: Turn) -> None:
        """Send what the other lacks and ask for what this node lacks, if there is any of that."""
        self._exchanges.end(turn)
        self._merge(answer, source, turn)
        if answer.whole:
            self.ask(source, turn)
        elif answer.buckets:
            mine, theirs = self._view.within(answer.buckets), dict.fromkeys(unpack_marks(answer.marks))
            lacking = [data for mark, said in mine.items() if mark not in theirs for data in said]
            wanted = [mark for mark in theirs if mark not in mine]
            if lacking or wanted:
                self._push(source, lacking, turn, wanted=pack_marks(wanted), buckets=answer.buckets)

    def asked(self, push: PushPull, source: str, turn: Turn) -> None:
        """What another member has arrived: merge it, which also tells the directory where it lives, then answer.

        With the whole view as it was before, or with what is wanted of it and still held after: what this message has
        outdated its sender need not hear.
        """
        view = self._view.whole(with_events=not push.join) if push.last and push.wanted is None else []
        self._merge(push, source, turn)
        if push.last:
            wanted = dict.fromkeys(unpack_marks(push.wanted or b""))
            self._reply(view or self._view.marked(wanted, push.buckets), turn)

    def answered(self, pull: PushPullAnswer, source: str, turn: Turn) -> None:
        """What the other has arrived."""
        if pull.last:
            self._exchanges.end(turn)
        self._merge(pull, source, turn)

    def begin(self, turn: Turn) -> None:
        """Set the first periodic exchange at a random moment of the interval."""
        self._schedule(int(turn.rng.random() * self._every()), turn)

    def tick(self, turn: Turn) -> None:
        """The periodic exchange with a random live member."""
        for peer in self._members.pick(1, lambda peer: peer.state is MemberState.ALIVE, turn.rng):
            self.exchange(peer.address, turn)
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
        self.exchange(peer.address, turn)

    def _merge(self, said: View, source: str, turn: Turn) -> None:
        alone, event_time = self._members.alone, self._events.clock.approach(said.event_ltime, turn)
        if alone:
            self._events.skip_past(event_time)
        self._events.clock.witness(event_time - 1)
        self._query_clock.witness(self._query_clock.approach(said.query_ltime, turn) - 1)
        self._updates.take_in(said.updates, Hearing(source, merging=True, quiet=alone), turn)
        self.exchanged = True
        if alone and not self._members.alone:
            self._own.announce(turn)
            self._settle_in(turn)

    def _settle_in(self, turn: Turn) -> None:
        """A second exchange, a few gossip rounds later and with a random member. In a cluster that starts as a whole
        the one who answered the join knew little more than the joiner; this spares the wait for gossip's stragglers."""
        self._schedule(int((2 + 3 * turn.rng.random()) * self._profile.gossip_interval), turn)

    def _push(
        self,
        to: str,
        said: Iterable[bytes],
        turn: Turn,
        *,
        join: bool = False,
        wanted: bytes | None = None,
        buckets: tuple[int, ...] = (),
    ) -> str:
        """Every part begins with this node's own record: only then can the other answer it."""
        *most, last = self._parts(said, room=len(wanted or b""))
        clocks = self._clocks()
        for part in most:
            turn.send(to, PushPull(updates=part, join=join, last=False, **clocks), early=True)
        ask = PushPull(updates=last, join=join, wanted=wanted, buckets=buckets, **clocks)
        return self._exchanges.begin(turn.ask(to, ask, early=True), turn)

    def _reply(self, said: Iterable[bytes], turn: Turn) -> None:
        parts = self._parts(said)
        for n, part in enumerate(parts, 1):
            answer = PushPullAnswer(updates=part, last=n == len(parts), **self._clocks())
            turn.reply(answer, early=True)

    def _clocks(self) -> Clocks:
        return Clocks(event_ltime=self._events.clock.time, query_ltime=self._query_clock.time)

    def _own_record(self) -> tuple[bytes, ...]:
        return (self._members.me.record,)

    def _parts(self, said: Iterable[bytes], *, room: int = 0) -> list[tuple[bytes, ...]]:
        """``room``: bytes that a message needs beside its updates."""
        me, most = self._members.me.record, self._profile.push_pull_bytes - room
        parts, part, size = [], [me], len(me)
        for data in said:
            if size + len(data) > most:
                parts.append(tuple(part))
                part, size = [me], len(me)
            part.append(data)
            size += len(data)
        parts.append(tuple(part))
        return parts

    def _every(self) -> int:
        return self._profile.push_pull_every(self._members.alive_count)

    def _schedule(self, delay: int, turn: Turn) -> None:
        turn.set_timer("push-pull", delay, PushPullDue())
