"""The leader's care for Raft's configuration: one change at a time, from what gossip, autopilot and peers say.

The first of these that is due:

1. A server that **lost its disk** (or is new) asks to be let in under a new identity: it becomes a non-voter.
2. A server that **left** goes; the leader too, if it is leaving and its successor could not take over.
3. A server that gossip has and the configuration has not is **added** as a non-voter.
4. A non-voter that autopilot finds stable is **promoted**.
5. A server that autopilot finds dead is **removed**.

A voter goes only if the voters that stay and answer are a majority of what is left: the change has to be committed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import ChangeRefused, Configuration, NotLeading, Overloaded, Raft
from lictor_actors.raft.quorum import majority
from lictor_actors.roles.server.leader.autopilot import Autopilot
from lictor_actors.store.store import Store
from lictor_messages.addresses import join_host_port
from lictor_messages.autopilot import AutopilotConfiguration, AutopilotDue, AutopilotHealth, RemovePeer
from lictor_messages.members import Member
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions

LOOK_EVERY_NS = 2_000_000_000
TIMER = "server.autopilot"
REMOVED_NS = 10_000_000_000
"""How long a server that an operator removed stays out although it lives, so that the operator sees it done; Consul's
leader adds it with its next reconciliation, within a minute."""


class ConfigurationCare:
    """Proposes a change when one is due."""

    def __init__(self, options: ServerOptions, raft: Raft, store: Store, members: Mapping[str, Member]) -> None:
        self._options = options
        self._raft = raft
        self._store = store
        self._members = members
        self._autopilot = Autopilot(raft, options.port)
        self.wanted = True
        """True if there may be something to change."""
        self._out_until: dict[str, int] = {}
        """Servers that an operator removed."""

    def begin(self, turn: Turn) -> None:
        """This server leads from now on."""
        self._autopilot.begin(turn)
        turn.set_timer(TIMER, LOOK_EVERY_NS, AutopilotDue())

    def end(self, turn: Turn) -> None:
        """Another server cares."""
        turn.cancel_timer(TIMER)

    def due(self, turn: Turn) -> None:
        """Time to look again."""
        self.wanted = True
        turn.set_timer(TIMER, LOOK_EVERY_NS, AutopilotDue())

    def health(self, index: int, turn: Turn) -> AutopilotHealth:
        """How the servers are now."""
        self._autopilot.look(self._members, self._store.autopilot.row, turn)
        return self._autopilot.health(index)

    @property
    def seen(self) -> AutopilotHealth:
        """How the servers were when they were last looked at."""
        return self._autopilot.health(0)

    def change(self, leaving: bool, turn: Turn) -> None:
        """Propose the first change that is due; the next one is looked for when it is committed.

        ``leaving``: this leader's node is about to leave.
        """
        raft = self._raft
        if not raft.ready or raft.settled_members is None:
            return
        self.wanted, rules = False, self._store.autopilot.row
        self._autopilot.look(self._members, rules, turn)
        change = self._next_change(rules, leaving, turn.now)
        if change is None:
            return
        try:
            raft.reconfigure(change, turn)
        except (NotLeading, ChangeRefused, Overloaded) as refused:
            turn.note(f"raft: the configuration stays as it is: {refused}")

    def remove(self, asked: RemovePeer, turn: Turn) -> int | Refused:
        """An operator wants a server out; returns the index of the change. A server that lives is added again
        a little later."""
        by, sought = ("address", asked.address) if asked.address else ("id", asked.id)
        node = next((n for n in self._raft.members.names if self._is(n, asked)), "")
        if not node:
            return Refused(code="Invalid", text=f'{by} "{sought}" was not found in the Raft configuration')
        try:
            self._raft.reconfigure(self._raft.members.without(node), turn)
        except (NotLeading, ChangeRefused, Overloaded) as refused:
            return Refused(code="Invalid", text=str(refused))
        self._out_until[node] = turn.now + REMOVED_NS
        return self._raft.last_index

    def _is(self, node: str, asked: RemovePeer) -> bool:
        member = self._members.get(node)
        if asked.address:
            port = member.tags.get("port", str(self._options.port)) if member else ""
            return member is not None and asked.address == join_host_port(member.address, port)
        return asked.id in (node, node.rpartition(".")[0], member.tags.get("id") if member else None)

    def _next_change(self, rules: AutopilotConfiguration, leaving: bool, now: int) -> Configuration | None:
        raft, servers = self._raft, self._raft.members
        for change in (
            self._with_newcomer(servers),
            _applied(servers.without, self._raft.me if leaving else ""),
            self._without_left(servers),
            self._with_added(servers, now),
            _applied(servers.promoted, self._autopilot.promotable(rules, now)),
            _applied(servers.without, self._autopilot.removable(rules, now)),
        ):
            if change is not None and self._can_be_committed(change, raft.contacts(now)):
                return change
        return None

    def _without_left(self, servers: Configuration) -> Configuration | None:
        for name in servers.names:
            member = self._members.get(name)
            if member is not None and member.status == "left" and name != self._raft.me:
                return servers.without(name)
        return None

    def _with_newcomer(self, servers: Configuration) -> Configuration | None:
        for name, identity in self._raft.newcomers().items():
            row = servers.row(name)
            if row is not None and row.identity != identity:
                return servers.with_nonvoter(name, identity)
        return None

    def _with_added(self, servers: Configuration, now: int) -> Configuration | None:
        for name, member in self._members.items():
            ours = member.is_server and member.dc == self._options.dc and member.status == "alive"
            if ours and servers.row(name) is None and now >= self._out_until.get(name, 0):
                return servers.with_nonvoter(name)
        return None

    def _can_be_committed(self, change: Configuration, contacts: Mapping[str, int]) -> bool:
        limit = self._raft.options.election_ns
        there = [name for name in change.voters if name == self._raft.me or contacts.get(name, limit) < limit]
        return len(there) >= majority(len(change.voters))


def _applied(step: Callable[[str], Configuration], name: str) -> Configuration | None:
    return step(name) if name else None
