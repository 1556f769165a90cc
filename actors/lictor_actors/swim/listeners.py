"""The prober tells what it learns to the listeners on its node, and to the host, which keeps the directory."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_messages.envelope import at
from lictor_messages.host import Forgotten, Located, Redial
from lictor_messages.members import MemberEvent, MemberLeft, UserEvent
from lictor_messages.swim import Alive


class Listeners:
    """Nothing that is said here rests on the prober's journal, so everything may leave early."""

    __slots__ = ("_host", "_tell", "servers_changed")

    def __init__(self, node: str, tell: tuple[str, ...]) -> None:
        self._host = at("host", node)
        self._tell = tell
        self.servers_changed = False
        """Something was told of a server since the prober last looked."""

    def tell(self, event: MemberEvent | UserEvent, turn: Turn) -> None:
        """One message for each change; who left also stands on the timeline, and who failed as a suspicion's end."""
        if isinstance(event, MemberLeft):
            turn.note(f"left: {event.member.node}")
        if not isinstance(event, UserEvent) and event.member.is_server:
            self.servers_changed = True
        for address in self._tell:
            turn.send(address, event, early=True)

    def located(self, alive: Alive, turn: Turn) -> None:
        """The directory entry of a member; it must precede all that is sent to that member in this turn."""
        turn.send(self._host, Located(node=alive.node, gossip=alive.gossip, rest=alive.rest), early=True)

    def forgotten(self, node: str, turn: Turn) -> None:
        """The member has no address any more."""
        turn.send(self._host, Forgotten(node=node), early=True)

    def redial(self, node: str, turn: Turn) -> None:
        """A direct probe went unanswered: a pipe that looks open may be dead."""
        turn.send(self._host, Redial(node=node), early=True)
