"""The members that a node knows, kept in its journal, so that after a restart it finds them without being told.

It is one cell of the prober's stream, looked at once a minute and written if it would say something else: a member more
or less changes it, the traffic of gossip does not. On a server it is written as soon as there is another server or one
less: one that was killed seconds after the cluster had formed would not find it again, and autopilot removes servers
that stay away. A restart tries at most ``MOST`` addresses. Servers are worth more than others: they stay where they
are, and agents that found each other first would stop looking for them. A failed one stays remembered until it is
forgotten, because what failed comes back; those that left do not.
"""

from __future__ import annotations

from collections.abc import Iterable

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.base import STORED
from lictor_messages.codec import FrameRefused, pack_body, unpack_body
from lictor_messages.journal import Cell, JournalRecord
from lictor_messages.swim import RememberDue, Remembered

CELL = "remembered"
MOST = 8
FIRST_NS = 5_000_000_000
"""A cluster that starts as a whole is whole by then, and has other things to do before."""
EVERY_NS = 60_000_000_000


class Remembering:
    """What an earlier life knew, and what the next one will."""

    def __init__(self, members: MemberTable, rejoin_after_leave: bool, keep_unmet: int) -> None:
        self._members = members
        self._rejoin_after_leave = rejoin_after_leave
        self._keep_unmet = keep_unmet
        self._kept = Remembered()
        """As it stands in the journal."""
        self.earlier: tuple[str, ...] = ()
        """Gossip URLs of an earlier life's members; none after a graceful leave, unless told to rejoin."""
        self.unmet: list[str] = []
        """Those of them that this life has not met yet."""

    def begin(self, turn: Turn) -> None:
        """Look for the first time some five seconds after the start."""
        self._look_after(FIRST_NS, turn)

    def due(self, _: RememberDue, turn: Turn) -> None:
        """Keep what this node knows now; as long as it has met no member, what it knew before."""
        if self._may_keep:
            self._keep(Remembered(addresses=self._known_now()[:MOST]), turn)
        self._look_after(EVERY_NS, turn)

    def servers_changed(self, turn: Turn) -> None:
        """Another server is there, or one is not any more. Servers keep that at once, if it is not kept yet."""
        if not (self._may_keep and self._members.me.is_server):
            return
        # Those of an earlier life that it has yet to meet it keeps too: it may have met the first of them just now.
        addresses = tuple(dict.fromkeys((*self._known_now(), *self.look_for(turn.now))))[:MOST]
        if sorted(addresses) != sorted(self._kept.addresses):
            self._keep(Remembered(addresses=addresses), turn)

    def collect(self, records: Iterable[JournalRecord], turn: Turn) -> None:
        """Take a batch of the journal; the last word stands."""
        for record in records:
            if isinstance(record, Cell) and record.name == CELL:
                self._kept = _read(record.data, turn)
        self.earlier = () if self._kept.left and not self._rejoin_after_leave else self._kept.addresses
        self.unmet = list(self.earlier)

    def look_for(self, now: int) -> list[str]:
        """Who is still to be met, for as long as a failed member would be tried: two halves of a cluster that started
        again while they were cut off from each other have no third that knows of both."""
        if now - self._members.me.since >= self._keep_unmet:
            self.unmet = []
        if self.unmet:
            met = {peer.alive.gossip for peer in self._members.others.values()}
            self.unmet = [url for url in self.unmet if url not in met]
        return self.unmet

    def left(self, turn: Turn) -> None:
        """This node goes on purpose."""
        self._keep(self._kept.model_copy(update={"left": True}), turn)

    @property
    def _may_keep(self) -> bool:
        return bool(self._members.others) and not self._members.me.leaving

    def _known_now(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(peer.alive.gossip for peer in self._worth_keeping()))

    def _worth_keeping(self) -> list[Peer]:
        staying = _staying(self._members.servers()) or _staying(self._members.others.values())
        return sorted(staying, key=lambda peer: not peer.present)

    def _look_after(self, interval: int, turn: Turn) -> None:
        """Jittered: the first record of a journal reserves its file, and the nodes of a process share a disk."""
        turn.set_timer("remember", int(interval * (0.5 + turn.rng.random())), RememberDue())

    def _keep(self, what: Remembered, turn: Turn) -> None:
        if what != self._kept:
            self._kept = what
            turn.persist(Cell(name=CELL, data=pack_body(what)))


def _staying(peers: Iterable[Peer]) -> list[Peer]:
    return [peer for peer in peers if peer.state is not MemberState.LEFT]


def _read(data: bytes, turn: Turn) -> Remembered:
    """What cannot be read is no reason not to start: it only says where to look first."""
    try:
        what = unpack_body(data, STORED)
    except FrameRefused as refused:
        turn.note(f"what the journal remembers of the members cannot be read: {refused}")
        return Remembered()
    return what if isinstance(what, Remembered) else Remembered()
