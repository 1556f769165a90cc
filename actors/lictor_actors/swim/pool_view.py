"""A node's view, all that it would tell another: what it holds of members, and the recent user events.

It is the updates that this node holds, as bytes: merging what is known already is a look-up for each record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.marks import EVENTS, differing, mark, pack_marks
from lictor_actors.swim.member_table import MemberTable, Peer
from lictor_messages.swim import VIEW_BUCKETS


class PoolView:
    """Reads the table and the events; what it sums up to is kept by them."""

    def __init__(self, members: MemberTable, events: UserEvents) -> None:
        self._members = members
        self._events = events

    def whole(self, *, with_events: bool) -> list[bytes]:
        """Everything but this node's own record, which begins every message."""
        everyone = (self._members.me, *self._members.others.values())
        view = [data for peer in everyone for data in self._said_of(peer)]
        return view + self._events.recent() if with_events else view

    @property
    def sums(self) -> bytes:
        """Of each bucket, to be compared with another's."""
        return pack_marks((*self._members.sums, self._events.sum))

    def differing(self, sums: bytes) -> tuple[int, ...]:
        """The buckets that another node, whose view sums up to this, has otherwise."""
        return differing((*self._members.sums, self._events.sum), sums)

    def within(self, buckets: Collection[int]) -> dict[int, tuple[bytes, ...]]:
        """What is in these buckets, by its mark."""
        found = {peer.mark: self._said_of(peer) for peer in self._members_in(buckets)}
        return found | (self._marked_events() if EVENTS in buckets else {})

    def marked(self, marks: Collection[int], buckets: Collection[int]) -> list[bytes]:
        """What has these marks, and is in these buckets, if any are named; a mark of which nothing is held any more has
        changed meanwhile, and spreads by itself.
        """
        everywhere = buckets or range(VIEW_BUCKETS)
        view = {peer.mark: self._said_of(peer) for peer in self._members_in(everywhere) if peer.mark in marks}
        if EVENTS in everywhere:
            view |= self._marked_events()
        return [data for wanted in marks for data in view.get(wanted, ())]

    def _marked_events(self) -> dict[int, tuple[bytes, ...]]:
        return {mark(data): (data,) for data in self._events.recent()}

    def _members_in(self, buckets: Collection[int]) -> Iterator[Peer]:
        for number in buckets:
            if number != EVENTS:
                yield from self._members.in_bucket(number)

    def _said_of(self, peer: Peer) -> tuple[bytes, ...]:
        """Of the dead only the verdict: no node needs to meet them. Of a suspect both, so that it can be met."""
        record = (peer.record,) if peer.present and peer is not self._members.me else ()
        return (*record, peer.verdict) if peer.verdict else record
