"""Committed entries on their way into the store, and the answers that follow from them.

On a follower they wait while a turn writes: the leader waits for what this server's disk takes, and no asker for the
state of a follower. After a restart there may be very many; a slice a turn then leaves room for heartbeats and votes.
"""

from __future__ import annotations

from lictor_actors.kernel.actor import Poisoned
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Entry, Raft, Snapshot
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.roles.server.raft_snapshots import RaftSnapshots
from lictor_actors.roles.server.reads import Reads
from lictor_actors.roles.server.state_machine_metrics import fsm_metric
from lictor_actors.store.entries import EntryReader
from lictor_actors.store.errors import UnknownCommand
from lictor_actors.store.store import Store
from lictor_messages.answers import Command
from lictor_messages.base import Message
from lictor_messages.catalog import Register
from lictor_messages.refusals import Refused
from lictor_messages.server import ApplyDue
from lictor_messages.snapshots import RestoreStaged

APPLY_MOST = 256
"""Entries applied in one turn, about ten milliseconds."""
TIMER = "server.apply"


class Applying:
    """Takes what Raft has committed, in order, and once."""

    def __init__(self, raft: Raft, store: Store, reads: Reads, snapshots: RaftSnapshots, time: LogTime) -> None:
        self.applied = 0
        """Index of the last entry that the store has."""
        self._raft = raft
        self._store = store
        self._reads = reads
        self._snapshots = snapshots
        self._time = time
        self._entries = EntryReader(store.applies)
        raft.fault, raft.believes = self._entries.fault, snapshots.fault
        self._in_slices = False
        """True while ApplyDue is on its way, because more is committed than one turn applies."""
        self._waiting_since: int | None = None
        """When something was committed that the store has not, None if there is nothing."""

    def next_slice(self) -> None:
        """ApplyDue has come: ``take_committed`` goes on."""
        self._in_slices = False

    def take_over(self, snapshot: Snapshot, leading: Leadership | None, turn: Turn) -> None:
        """The state after a snapshot, all at once: at start, or because a leader sent it."""
        self._store.become(self._snapshots.restore(snapshot, turn))
        self.applied = snapshot.index
        self._time.applied(self._store.dedup.last, turn.now)
        self._after(leading, turn)

    def take_committed(self, leading: Leadership | None, turn: Turn) -> None:
        """Apply what is committed, no more than a slice of it in one turn; a follower where a turn does not write."""
        if not self._raft.behind:
            return
        if self._waiting_since is None:
            self._waiting_since = turn.now
        if self._in_slices or (leading is None and turn.wrote):
            return  # slices go on with ApplyDue: other messages wait for one of them, and not for one each
        turn.sample("raft.fsm.enqueue", (turn.now - self._waiting_since) / 1e6)
        self._apply(self._raft.take_committed(APPLY_MOST), leading, turn)
        self._see_to_the_rest(turn)

    def _see_to_the_rest(self, turn: Turn) -> None:
        self._in_slices = self._raft.behind
        if self._in_slices:
            turn.set_timer(TIMER, 0, ApplyDue())
        else:
            self._waiting_since = None
            self._snapshots.begin_if_due(self._store, turn)

    def _apply(self, entries: list[Entry], leading: Leadership | None, turn: Turn) -> None:
        for entry in entries:
            if entry.type == "command":
                self._apply_one(entry, leading, turn)
            elif entry.type == "configuration" and leading is not None:
                leading.configuration_committed(entry.index, entry.term, turn)
            self.applied = entry.index
        self._after(leading, turn)

    def _after(self, leading: Leadership | None, turn: Turn) -> None:
        opened = self._store.sessions.take_opened()
        if leading is not None:
            leading.sessions.applied(opened, turn)
        self._reads.wake(turn)

    def _apply_one(self, entry: Entry, leading: Leadership | None, turn: Turn) -> None:
        try:
            stamp, asker, request, command = self._entries.read(entry.data)
            outcome = self._store.apply_once(entry.index, stamp, asker, request, command)
        except UnknownCommand as unknown:
            why = f"entry {entry.index} holds {unknown.kind}, which this version does not know: upgrade it"
            raise Poisoned(f"entry {entry.index}", unknown, why) from unknown
        except Exception as error:
            raise Poisoned(f"entry {entry.index}", error) from error
        self._time.applied(stamp, turn.now)
        turn.sample(fsm_metric(command), 0.0)
        turn.sample("raft.fsm.apply", 0.0)
        if isinstance(command, RestoreStaged):
            self._restored(outcome, leading, turn)
        elif isinstance(command, Register) and leading is not None:
            leading.catalog.registered(command.node.node, turn)
        if leading is None or not leading.proposals.committed(entry.index, entry.term, outcome, turn):
            self._note_refused(asker, command, outcome, turn)

    def _restored(self, outcome: Message, leading: Leadership | None, turn: Turn) -> None:
        if isinstance(outcome, Refused):
            return
        turn.note(f"the store was replaced by a snapshot, now at {self._store.applied}")
        if leading is not None:
            leading.catalog.compare_all(turn)

    def _note_refused(self, asker: str, command: Command, outcome: Message, turn: Turn) -> None:
        """A write of the leader's own is answered to no client: its refusal stands on the timeline."""
        if asker == turn.me and isinstance(outcome, Refused):
            turn.note(f"the catalog refused {command.kind}: {outcome.words}")
