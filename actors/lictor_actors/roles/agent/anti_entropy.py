"""Anti-entropy: the catalog's view of this node is made equal to the agent's (see Consul's page of that name).

The agent's state wins. A *change sync* writes what changed, at once. A *full sync* reads what the catalog has under
this node, marks every difference as changed and lets a change sync write it. There is one round of writes at a time,
so two writes about the same thing never race each other; what changes meanwhile goes into the next round.

    full sync due > ListNodeServices, ListNodeChecks > compare > round
    change        > round: Register / Deregister …  > all answered > next round, or rest, or retry later
"""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.requests.gathering import Gathering
from lictor_actors.roles.agent.acknowledgements import Acknowledgements
from lictor_actors.roles.agent.catalog_differences import differences, same_node, shared
from lictor_actors.roles.agent.deferred_outputs import DeferredOutputs
from lictor_actors.roles.agent.local_state import Key, LocalState
from lictor_actors.roles.agent.own_writes import NODE_KEY, OwnWrites, owners
from lictor_actors.roles.agent.reversals import Reversals
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_messages.agent import AgentOptions, ChangeSyncDue, FullSyncDue, RoundLateDue
from lictor_messages.answers import Command, Written
from lictor_messages.base import Message
from lictor_messages.catalog import Checks, ListNodeChecks, ListNodeServices, NodeServices
from lictor_messages.refusals import Refused

SECOND = 1_000_000_000
FULL_SYNC_NS = 60 * SECOND
RETRY_NS = 15 * SECOND
SOON_NS = 3 * SECOND
FIRST_RETRY_NS = SECOND // 2
ROUND_NS = 3 * SECOND
"""A round that was not answered by then has failed, and those that wait for it are answered."""
ROUND_MOST = 128


def scale(nodes: int) -> int:
    """How much rarer each agent syncs in a cluster of this size, so that servers see a steady load."""
    return 1 if nodes <= 128 else (nodes - 1).bit_length() - 6


class AntiEntropy:
    """What differs, what is being written, and when to look again."""

    def __init__(self, options: AgentOptions, routes: ServerRoutes, acknowledgements: Acknowledgements) -> None:
        self.dirty: dict[Key, None] = {}
        self.local: LocalState
        self._options = options
        self._routes = routes
        self._acknowledgements = acknowledgements
        self.nodes = 1
        """How many are alive: the more, the rarer each writes, so that servers see a steady load."""
        self._open = False
        self._leaving = False
        self._then: list[Callable[[Turn], None]] = []
        """What waits for the round under way, the last one."""
        self._node_known = False
        self._round: dict[str, tuple[Key, ...]] = {}
        self._round_failed = False
        self._asked_server = ""
        self._compare: dict[str, Message | None] = {}
        self._full_at = 0
        self._failures = 0
        self.written = OwnWrites(options)
        self._gathering = Gathering("change-sync", ChangeSyncDue())
        self._waiting: list[tuple[Ticket, int]] = []
        """Who waits for a round to be tried, and for which record of the journal after that."""
        self._waiting_for_round: list[tuple[Ticket, int]] = []
        self._reversals = Reversals()
        self._unsure: tuple[Key, ...] = ()
        """What is compared before it is written: the catalog need not have had it."""
        self._outputs = DeferredOutputs(options.check_update_interval_ns)

    def changed(self, key: Key) -> None:
        """This thing differs, or may differ, from the catalog."""
        self.dirty[key] = None

    # -- when ----------------------------------------------------------------

    def open(self, turn: Turn) -> None:
        """The journal is read: what the agent does not know now is not there. Until then nothing is compared."""
        self._open = not self._leaving
        self._unsure = tuple(shared(self.local))
        for key in self._unsure:
            self.dirty.pop(key, None)
        if self._routes.first():
            self.server_appeared(turn)

    def close(self, then: Callable[[Turn], None], turn: Turn) -> None:
        """This node leaves: what it wrote now would bring it back into the catalog. ``then`` is called once what is
        being written is settled, and that is soon."""
        self._open, self._leaving = False, True
        for timer in ("full-sync", "change-sync"):
            turn.cancel_timer(timer)
        self._full_at = 0
        self._then.append(then)
        self._release(self._waiting, turn)
        if not self._round:
            self._go_on(turn)

    def open_again(self, turn: Turn) -> None:
        """It could not leave, and stays."""
        self._leaving = False
        self.open(turn)

    def _go_on(self, turn: Turn) -> None:
        pending, self._then = self._then, []
        for then in pending:
            then(turn)

    def server_appeared(self, turn: Turn) -> None:
        """A server can be asked: write changes at once, and compare soon, not all agents in the same moment."""
        if not self._open:
            return
        self._full_within(SOON_NS * scale(self.nodes), turn)
        self.sync_changes(turn)

    def wait(self, ticket: Ticket, turn: Turn) -> None:
        """Answer this asker Accepted once the next round has been tried, successful or not, and what was persisted
        so far is on the disk."""
        self._waiting.append((ticket, turn.persisted))
        if not self._round and len(self._waiting) == 1 and self._gathering.goes_at_once(False, turn):
            self.sync_changes(turn)

    def _full_within(self, spread: int, turn: Turn) -> None:
        at = turn.now + turn.rng.randrange(spread)
        if not turn.now < self._full_at <= turn.now + spread:
            self._next_full(at - turn.now, turn)

    def _next_full(self, after: int, turn: Turn) -> None:
        if not self._open:
            return
        self._full_at = turn.now + after
        turn.set_timer("full-sync", after, FullSyncDue())

    def _retry_after(self, turn: Turn) -> int:
        """Soon at first, for an election is over in a second; then every 15 s and a random part of as much again."""
        self._failures += 1
        soon = FIRST_RETRY_NS << min(self._failures - 1, 10)
        late = RETRY_NS + turn.rng.randrange(RETRY_NS * scale(self.nodes))
        return min(soon // 2 + turn.rng.randrange(soon), late)

    def output_changed(self, check_id: str, turn: Turn) -> None:
        """Only the output of a check changed: worth a write now and then, not each time."""
        if not self._outputs.waits(check_id, turn):
            self.changed(("check", check_id))
            self.sync_changes(turn)

    def output_due(self, check_id: str, turn: Turn) -> None:
        """The output has waited long enough."""
        self._outputs.drop(check_id)
        if check_id in self.local.checks:
            self.changed(("check", check_id))
            self.sync_changes(turn)

    # -- change sync ---------------------------------------------------------

    def change_sync_due(self, turn: Turn) -> None:
        """It is time to try again, or those who wait have gathered."""
        if not self._gathering.look_again(len(self._waiting), turn):
            self.sync_changes(turn)

    def sync_changes(self, turn: Turn) -> None:
        """Start a round for what differs, unless one is under way or no server is known."""
        if self._round:
            return
        server = self._routes.first()
        if not (self._open and server and self.dirty):
            self._release(self._waiting, turn)
            return
        self._asked_server, self._round_failed = server, False
        self._reversals.wrote()
        for command, keys in self._commands(turn):
            token = self._routes.tokens.by_which(command, (*keys, *owners(keys, self.local)))
            self._round[turn.ask(server, command, budget=ROUND_NS, token=token)] = keys
        self._gathering.gone(len(self._waiting), False)
        self._waiting_for_round, self._waiting = self._waiting, []
        turn.set_timer("round", ROUND_NS, RoundLateDue())

    def _commands(self, turn: Turn) -> list[tuple[Command, tuple[Key, ...]]]:
        keys = list(self.dirty)[:ROUND_MOST]
        for key in keys:
            del self.dirty[key]
        commands = self.written.commands(keys, self.local, self._node_known, node_apart=self._routes.tokens.on)
        for kind, i in (key for _, taken in commands for key in taken):
            if kind == "check" and i in self.local.checks:
                self._outputs.written(i, turn)
        return commands

    def answered(self, request: str, message: Message, turn: Turn) -> bool:
        """Take the answer to one of our own requests; False if it is not ours."""
        if request in self._compare:
            self._compared(request, message, turn)
        elif request in self._round:
            self._settle(self._round.pop(request), message, turn)
        else:
            return False
        return True

    def not_reached(self, request: str, server: str, turn: Turn) -> bool:
        """One of our requests could not be handed over; False if it is not ours."""
        if request not in self._round and request not in self._compare:
            return False
        self._routes.rotate(server)
        return self.answered(request, Refused(code="Undeliverable"), turn)

    def _settle(self, keys: tuple[Key, ...], message: Message, turn: Turn) -> None:
        if isinstance(message, Written):
            self._node_known = True
            turn.note(f"synced {', '.join(' '.join(key).strip() for key in keys)}")
        elif isinstance(message, Refused) and message.row.definite and not message.row.passing:
            # Asking again would be refused again: the next full sync has another try.
            turn.note(f"the catalog refused {keys[0]}: {message.words}")
        else:
            self._failed(keys)
        if not self._round:
            self._round_over(turn)

    def _failed(self, keys: tuple[Key, ...]) -> None:
        self._round_failed = True
        for key in keys:
            self.dirty[key] = None

    def round_late(self, turn: Turn) -> None:
        """Silence: what was written is not known, so all of it is written again later, by another server."""
        if not self._round:
            return
        self._routes.rotate(self._asked_server)
        for keys in self._round.values():
            self._failed(keys)
        self._round.clear()
        self._round_over(turn)

    def _round_over(self, turn: Turn) -> None:
        turn.cancel_timer("round")
        self._release(self._waiting_for_round, turn)
        if not self._open:
            self._go_on(turn)
            return
        if self._round_failed:
            self._release(self._waiting, turn)
            turn.set_timer("change-sync", self._retry_after(turn), ChangeSyncDue())
            return
        self._failures = 0
        if self._waiting:
            self._gathering.round_over(turn)
        else:
            self.sync_changes(turn)

    def _release(self, waiting: list[tuple[Ticket, int]], turn: Turn) -> None:
        for ticket, upto in waiting:
            self._acknowledgements.give(ticket, upto, turn)
        waiting.clear()

    # -- full sync -----------------------------------------------------------

    def full_sync(self, turn: Turn) -> None:
        """Ask what the catalog has under this node. Unanswered, it is asked again later."""
        server = self._routes.first()
        if not (self._open and server):
            return  # The first server that appears starts it again.
        if self._compare:
            self._routes.rotate(self._asked_server)
        self._asked_server = server = self._routes.first()
        mine, own = self._options.name, self._routes.tokens.own
        services = turn.ask(server, ListNodeServices(node=mine), budget=ROUND_NS, token=own)
        checks = turn.ask(server, ListNodeChecks(node=mine), budget=ROUND_NS, token=own)
        self._compare = {services: None, checks: None}
        self._reversals.comparing(being_written=bool(self._round))
        self._next_full(RETRY_NS + turn.rng.randrange(RETRY_NS * scale(self.nodes)), turn)

    def _compared(self, request: str, message: Message, turn: Turn) -> None:
        if isinstance(message, Refused):
            self._compare = {}
            self._next_full(self._retry_after(turn), turn)
            return
        self._compare[request] = message
        services, checks = self._compare.values()
        if isinstance(services, NodeServices) and isinstance(checks, Checks):
            self._compare = {}
            self._failures = 0
            self._mark_differences(services, checks, turn)
            self._next_full(FULL_SYNC_NS + turn.rng.randrange(FULL_SYNC_NS * scale(self.nodes)), turn)
            self.sync_changes(turn)

    def _mark_differences(self, theirs: NodeServices, checks: Checks, turn: Turn) -> None:
        mine = self.written.node
        self._node_known = same_node(theirs.node, mine)
        # A node that the catalog does not have is left to the leader, which registers every member: after a start
        # that spares a hundred entries of the log. Only the agent knows its meta data.
        if not self._node_known and (theirs.node is not None or mine.meta):
            self.changed(NODE_KEY)
        found = list(differences(self.local, theirs, checks, self._outputs))
        self._reversals.tell(found, {*self.dirty, *self._unsure}, turn)
        self._unsure = ()
        for difference in found:
            self.changed(difference.key)
