"""The prober tells what it learns to the listeners on its node, and to the host, which keeps the directory."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.claims import KEPT, claim_of
from lictor_actors.swim.peer import member_of
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.host import AllLocated, Forgotten, Located, NodeStopping, PoolLane, Redial
from lictor_messages.members import Member, MemberEvent, MemberJoined, MemberLeft, Members, UserEvent
from lictor_messages.swim import Alive


class Introduction(NamedTuple):
    """What is said of a member that was met or is back."""

    located: Located
    member: Member


@lru_cache(KEPT)
def introduction(record: bytes, pool: PoolLane) -> Introduction:
    """Of a member's own record. The nodes of a process that meet it all say the same."""
    a = claim_of(record).update
    assert isinstance(a, Alive), "a peer's record is its own word"
    located = Located(node=a.node, gossip=a.gossip, rest=a.rest, pool=pool)
    return Introduction(located, member_of(record, "alive", a.incarnation))


class Listeners:
    """Nothing that is said here rests on the prober's journal, so everything may leave early."""

    __slots__ = ("_host", "_lane", "_tell", "servers_changed", "told")

    def __init__(self, node: str, tell: tuple[str, ...], lane: PoolLane) -> None:
        self._host = at("host", node)
        self._lane: PoolLane = lane
        self._tell = tell
        self.told: Counter[type[Message]] = Counter()
        """How many events of each kind, in this life."""
        self.servers_changed = False
        """Something was told of a server since the prober last looked."""

    def tell(self, event: MemberEvent | UserEvent, turn: Turn) -> None:
        """One message for each change; who left also stands on the timeline, and who failed as a suspicion's end."""
        self.told[type(event)] += 1
        if isinstance(event, MemberLeft):
            turn.note(f"left: {event.member.node}")
        if not isinstance(event, UserEvent) and event.member.is_server:
            self.servers_changed = True
        for address in self._tell:
            turn.send(address, event, early=True)

    def located(self, record: bytes, turn: Turn) -> None:
        """The directory entry of a member; it must precede all that is sent to that member in this turn."""
        turn.send(self._host, introduction(record, self._lane).located, early=True)

    def joined(self, record: bytes, alive: int, turn: Turn) -> None:
        """It is there, for the first time or again; with it so many are alive."""
        self.tell(MemberJoined(member=introduction(record, self._lane).member, alive=alive), turn)

    def met(self, listed: Members, located: AllLocated, turn: Turn) -> None:
        """Many others at once: each listener hears of them as if it had asked for the whole list."""
        self.told[MemberJoined] += listed.alive - 1
        self.servers_changed = True
        for address, said in ((self._host, located), *((address, listed) for address in self._tell)):
            turn.send(address, said, early=True)

    def forgotten(self, node: str, turn: Turn) -> None:
        """The member has no address any more."""
        turn.send(self._host, Forgotten(node=node, pool=self._lane), early=True)

    def stop_node(self, why: str, turn: Turn) -> None:
        """This node must not go on: its process ends with these words."""
        turn.send(self._host, NodeStopping(why=why, failed=True), early=True)

    def redial(self, node: str, turn: Turn) -> None:
        """A direct probe went unanswered: a pipe that looks open may be dead."""
        turn.send(self._host, Redial(node=node), early=True)
