"""Gossip as the server knows it, and the leader's care that the catalog says the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.leader.reconcile import unknown_nodes, wanted
from lictor_actors.store.store import Store
from lictor_messages import members as m
from lictor_messages.answers import Command
from lictor_messages.server import ReconcileDue, ServerOptions

TIMER = "reconcile"


class CatalogCare:
    """Every server follows gossip; ``propose`` writes only where there is a leader."""

    def __init__(self, options: ServerOptions, store: Store, propose: Callable[[list[Command], Turn], int]) -> None:
        self.members: dict[str, m.Member] = {}
        self._options = options
        self._store = store
        self._propose = propose
        self._doubtful: dict[str, None] = {}
        """Nodes whose place in the catalog may not be right."""
        self._writing_upto = 0

    def listed(self, listed: m.Members) -> None:
        """The prober's whole view."""
        self.members = {member.node: member for member in listed.members}
        self._doubt(self.members)

    def changed(self, event: m.MemberEvent) -> None:
        """Somebody came, went or changed; who was reaped has left as far as the catalog is concerned."""
        member = event.member
        reaped = isinstance(event, m.MemberReaped)
        self.members[member.node] = member.model_copy(update={"status": "left"}) if reaped else member
        if member.dc == self._options.dc:
            self._doubt([member.node])

    def lead(self, turn: Turn) -> None:
        """This server leads from now on: look at every member.

        Nodes that gossip does not know wait for the next comparison: a server that has just started may lead before
        its gossip has found anybody, and would take all nodes away, with their sessions and locks.
        """
        turn.set_timer(TIMER, self._options.reconcile_every_ns, ReconcileDue())
        self._doubt(self.members)

    def compare_all(self, leading: bool, turn: Turn) -> None:
        """Look at every node, those too that gossip does not know: now and then, and when the store was replaced."""
        self.lead(turn)
        if self.members and leading:
            self._write(unknown_nodes(self.members.values(), self._store.catalog), turn)

    def resign(self, turn: Turn) -> None:
        """Another server cares."""
        turn.cancel_timer(TIMER)
        self._writing_upto = 0

    def go_on(self, applied: int, turn: Turn) -> None:
        """One pass at a time: the next one looks at the catalog after the writes of the last one are applied."""
        if self._doubtful and applied >= self._writing_upto:
            members = [self.members[node] for node in self._doubtful if node in self.members]
            self._doubtful.clear()
            self._write(wanted(members, self._store.catalog, self._options.name), turn)

    def _write(self, commands: list[Command], turn: Turn) -> None:
        if commands:
            self._writing_upto = max(self._writing_upto, self._propose(commands, turn))

    def _doubt(self, nodes: Iterable[str]) -> None:
        for node in nodes:
            self._doubtful[node] = None
