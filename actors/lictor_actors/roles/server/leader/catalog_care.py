"""The leader's care that the catalog says what gossip says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.leader.reconcile import unknown_nodes, wanted
from lictor_actors.store.store import Store
from lictor_messages.answers import Command
from lictor_messages.members import Member
from lictor_messages.server import LateRegistrationDue, ReconcileDue, ServerOptions

TIMER = "reconcile"
LATE_TIMER = "late-registration"
LATE_NS = 2_000_000_000
"""Time for gossip to say that a member is back, whose agent may write to this server before that."""


class CatalogCare:
    """Compares members with the catalog and proposes what the catalog lacks."""

    def __init__(
        self,
        options: ServerOptions,
        store: Store,
        members: Mapping[str, Member],
        propose: Callable[[list[Command], Turn], int],
    ) -> None:
        self._options = options
        self._store = store
        self._members = members
        self._propose = propose
        self.doubtful: dict[str, None] = {}
        """Nodes whose place in the catalog may not be right."""
        self._late: dict[str, None] = {}
        """Nodes that were registered although they have left: their last writes were still on their way."""
        self._writing_upto = 0
        self._comparing_since = 0
        """When all members began to be compared, 0 once what that wrote is applied."""

    def begin(self, turn: Turn) -> None:
        """This server leads from now on: look at every member.

        Nodes that gossip does not know wait for the next comparison: a server that has just started may lead before
        its gossip has found the others, and would take all nodes away, with their sessions and locks.
        """
        turn.set_timer(TIMER, self._options.reconcile_every_ns, ReconcileDue())
        self.doubt(self._members)
        self._comparing_since = turn.now

    def end(self, turn: Turn) -> None:
        """Another server cares."""
        turn.cancel_timer(TIMER)
        turn.cancel_timer(LATE_TIMER)

    def compare_all(self, turn: Turn) -> None:
        """Look at every node, those too that gossip does not know: now and then, and when the store was replaced."""
        self.begin(turn)
        if self._members:
            self._write(unknown_nodes(self._members.values(), self._store.catalog), turn)

    def doubt(self, nodes: Iterable[str]) -> None:
        """What gossip says of these nodes has changed."""
        for node in nodes:
            self.doubtful[node] = None

    def registered(self, name: str, turn: Turn) -> None:
        """A registration of a node was applied, which may have been under way for long."""
        node = f"{name}.{self._options.dc}"
        member = self._members.get(node)
        if member is not None and member.status == "left":
            if not self._late:
                turn.set_timer(LATE_TIMER, LATE_NS, LateRegistrationDue())
            self._late[node] = None

    def look_at_late(self) -> None:
        """Those that are not back by now have left for good."""
        self.doubt(self._late)
        self._late.clear()

    @property
    def busy(self) -> bool:
        """Whether there is something to go on with."""
        return bool(self.doubtful or self._comparing_since)

    def go_on(self, applied: int, turn: Turn) -> None:
        """One pass at a time: the next one looks at the catalog after the writes of the last one are applied."""
        if applied >= self._writing_upto:
            members = [self._members[node] for node in self.doubtful if node in self._members]
            self.doubtful.clear()
            if not self._write(wanted(members, self._store.catalog, self._options.name), turn):
                self.doubt(member.node for member in members)
        if self._comparing_since and not self.doubtful and applied >= self._writing_upto:
            turn.sample("leader.reconcile", (turn.now - self._comparing_since) / 1e6)
            self._comparing_since = 0

    def _write(self, commands: list[Command], turn: Turn) -> bool:
        """False if the log takes nothing now."""
        upto = self._propose(commands, turn) if commands else self._writing_upto
        self._writing_upto = max(self._writing_upto, upto)
        return bool(upto) or not commands
