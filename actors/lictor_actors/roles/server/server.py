"""The server: Raft, the store and the reads, wired together. Every line of ``handle`` is one kind of mail."""

from __future__ import annotations

from collections.abc import Iterable

from lictor_actors.kernel.actor import Actor, Poisoned
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Handler, Handlers, Vocabulary
from lictor_actors.raft import Entry, Raft, RaftOptions, Role, Snapshot
from lictor_actors.raft.snapshot import SnapshotDamaged
from lictor_actors.raft.stable import LostBeginning
from lictor_actors.roles.agent.forwarding import waiting_for
from lictor_actors.roles.server.announcements import Announcements
from lictor_actors.roles.server.cluster_status import ClusterStatus
from lictor_actors.roles.server.founding import Founding
from lictor_actors.roles.server.leader.catalog_care import CatalogCare
from lictor_actors.roles.server.leader.handover import Handover
from lictor_actors.roles.server.leader.raft_membership import RaftMembership
from lictor_actors.roles.server.leader.reconcile import serf_health
from lictor_actors.roles.server.leader.session_timers import SessionTimers
from lictor_actors.roles.server.leader.tombstone_timer import TombstoneTimer
from lictor_actors.roles.server.pictures import Snapshots
from lictor_actors.roles.server.proposals import Proposals
from lictor_actors.roles.server.raft_snapshots import ServerSnapshots
from lictor_actors.roles.server.read_modes import ReadModes
from lictor_actors.roles.server.reads import Reads
from lictor_actors.store.admission import not_rendered, refuse_command
from lictor_actors.store.entries import EntryReader
from lictor_actors.store.errors import UnknownCommand
from lictor_actors.store.store import Store
from lictor_messages import members as m
from lictor_messages import raft as r
from lictor_messages.answers import Command, Query, Written
from lictor_messages.autopilot import (
    AutopilotDue,
    AwaitRemoval,
    GetAutopilotHealth,
    PrepareToLeave,
    RemovePeer,
    TransferLateDue,
    TransferLeadership,
)
from lictor_messages.base import Message
from lictor_messages.envelope import at, node_of, role_of
from lictor_messages.host import DiskFreed, DiskFull, Durable, Recovered, Undeliverable
from lictor_messages.kv import ReapDue
from lictor_messages.refusals import Refused
from lictor_messages.server import (
    ApplyDue,
    AskBlank,
    Blankness,
    BlockedDue,
    Found,
    FoundingDue,
    ProposeDue,
    ReconcileDue,
    ServerOptions,
    SnapshotSliceDue,
)
from lictor_messages.sessions import SessionsDue
from lictor_messages.slices import LargeIdleDue, SliceDue
from lictor_messages.snapshots import RestoreStaged, SnapshotIdleDue
from lictor_messages.status import GetRaftConfiguration

APPLY_MOST = 256
"""Entries applied in one turn, about ten milliseconds. After a restart there are many times as many, and who applied
them all at once would hear and say nothing for longer than an election takes."""
REFETCHED = "as a new server this one fetches everything from the others"


class Server(Actor):
    """One voter of the cluster. Any server answers; writes and default reads go through the leader."""

    hears = (
        Vocabulary()
        .on(Query, Command, by=By.NODES)
        .asked_by("agent", "server", "gateway")
        .on(r.AppendEntries, r.AppendAnswer, r.RequestVote, r.Vote, r.TimeoutNow, by=By.PEERS)
        .on(r.InstallSnapshot, r.SnapshotAnswer, AskBlank, Found, by=By.PEERS)
        .on(r.ElectionDue, r.HeartbeatDue, BlockedDue, ProposeDue, ApplyDue, SnapshotSliceDue, SnapshotIdleDue)
        .on(FoundingDue, AutopilotDue, ReconcileDue, SessionsDue, ReapDue, TransferLateDue, SliceDue, LargeIdleDue)
        .on(m.MemberJoined, m.MemberUpdated, m.MemberFailed, m.MemberLeft, m.MemberReaped, m.Members, m.UserEvent)
        .on(Blankness, PrepareToLeave, AwaitRemoval, Undeliverable, Refused)
        .on(Recovered, Durable, DiskFull, DiskFreed)
    )
    journalled = True
    synced = True
    shows = ("leader", "passing_nodes")

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self.raft = Raft(options.node, raft_options(options))
        self.store = Store()
        self.store.sessions.ttl_min_ns = options.session_ttl_min_ns
        self.applied = 0
        self._reads = Reads(self.store, options)
        self._status = ClusterStatus(options, self.raft)
        self._raft_snapshots = ServerSnapshots(self.raft)
        self._entries = EntryReader(self.store.applies)
        self.raft.fault, self.raft.believes = self._entries.fault, self._raft_snapshots.fault
        self._founding = Founding(options, self.raft)
        self._membership = RaftMembership(options, self.raft)
        self._handover = Handover(options, self.raft)
        self._announcements = Announcements(options.prober)
        self._snapshots = Snapshots()
        self._sessions = SessionTimers()
        self._tombstones = TombstoneTimer()
        self.proposals = Proposals(self.raft)
        self._care = CatalogCare(options, self.store, self.proposals.propose_own)
        self._modes = ReadModes(self.raft, self.store, self._reads, self._sessions, self._snapshots)
        self._was_leader = False
        self._applying = False
        """True while ApplyDue is on its way, because more is committed than one turn applies."""
        self._awake = False
        self.budgets_spent = 0
        """Writes that were dropped because they had waited for too long before they came to be proposed."""
        self._full = ""
        """What the disk said when it had no room, "" while it has."""
        self._handlers = Handlers(self.hears, self._table())

    # -- what the host and the judges may see ---------------------------------

    @property
    def leader(self) -> str:
        """The leader's node, "" if none is known."""
        return self.raft.leader

    @property
    def passing_nodes(self) -> int:
        """Nodes of the catalog whose serfHealth is passing and that gossip knows: not those of an earlier life only."""
        known = {member.name for member in self._care.members.values()}
        return sum(check.status == "passing" and check.node in known for check in serf_health(self.store.catalog))

    @property
    def standing(self) -> str:
        """That it leads, and since which term."""
        return f"raft: leads term {self.raft.term}" if self.raft.leader == self._options.node else ""

    def check(self) -> None:
        """Raft's invariants and the store's."""
        self.raft.check()
        self.store.check()

    # -- mail -----------------------------------------------------------------

    def start(self, turn: Turn) -> None:
        """The journal comes first; gossip is asked who is there."""
        turn.ask(self._options.prober, m.ListMembers())

    def handle(self, message: Message, turn: Turn) -> None:
        """What is done about each kind is in the table; then the server settles what follows from it."""
        self._handlers[type(message)](message, turn)
        if self._awake:
            self._settle(turn)

    def _table(self) -> dict[type[Message], Handler]:
        """The table of contents."""
        return {
            Query: self._query,
            Command: self._command,
            r.AppendEntries: self._step,
            r.AppendAnswer: self._step,
            r.RequestVote: self._step,
            r.Vote: self._step,
            r.TimeoutNow: self._step,
            Durable: lambda durable, turn: self.raft.durable(durable.upto, turn),
            r.ElectionDue: self.raft.due,
            r.HeartbeatDue: self.raft.due,
            BlockedDue: lambda _, turn: self._reads.due(turn),
            ProposeDue: lambda _, turn: self.proposals.due(turn),
            Recovered: self._recover,
            r.InstallSnapshot: self._snapshot_step,
            r.SnapshotAnswer: self._snapshot_step,
            AskBlank: self._asked_if_blank,
            Blankness: self._founding.answered,
            Found: self._founding.ordered,
            FoundingDue: lambda _, turn: self._founding.due(self._care.members, turn),
            AutopilotDue: lambda _, turn: self._membership.due(turn),
            PrepareToLeave: self._handover.leave,
            AwaitRemoval: self._handover.await_removal,
            TransferLateDue: self._handover.late,
            DiskFull: self._disk_is_full,
            DiskFreed: self._disk_has_room,
            ApplyDue: self._apply_due,
            SnapshotSliceDue: lambda _, turn: self._raft_snapshots.due(turn),
            m.MemberJoined: self._member_changed,
            m.MemberUpdated: self._member_changed,
            m.MemberFailed: self._member_changed,
            m.MemberLeft: self._member_changed,
            m.MemberReaped: self._member_changed,
            m.Members: self._members_listed,
            m.UserEvent: lambda _, __: None,
            ReconcileDue: lambda _, turn: self._care.compare_all(self.raft.role is Role.LEADER, turn),
            SessionsDue: lambda _, turn: self.proposals.propose_own(self._sessions.due(self.store, turn), turn),
            ReapDue: lambda _, turn: self.proposals.propose_own(self._tombstones.due(self.store, turn), turn),
            SnapshotIdleDue: lambda _, turn: self._snapshots.due(turn),
            SliceDue: lambda _, turn: self._reads.large.due(turn),
            LargeIdleDue: lambda _, turn: self._reads.large.idle_due(turn),
            Undeliverable: self._not_forwarded,
            Refused: lambda refused, turn: turn.note(f"refused: {refused.code} {refused.words}"),
        }

    def _snapshot_step(self, message: r.RaftMessage, turn: Turn) -> None:
        self._step(message, turn)
        self._raft_snapshots.read_incoming()

    def _step(self, message: r.RaftMessage, turn: Turn) -> None:
        if self._awake and turn.envelope is not None:
            self.raft.step(node_of(turn.envelope.source), message, turn)

    def _recover(self, message: Recovered, turn: Turn) -> None:
        try:
            for record in message.records:
                self.raft.recover(record)
            if message.done:
                self.raft.start(turn)
        except (LostBeginning, SnapshotDamaged) as lost:
            turn.stop(f"the journal cannot be believed: {lost}. Use `lictor operator set-aside`: {REFETCHED}")
            return
        if message.done:
            self._awake = True
            self._founding.consider(self._care.members, turn)

    # -- after every turn -----------------------------------------------------

    def _settle(self, turn: Turn) -> None:
        restored = self.raft.take_restored()
        if restored is not None:
            self._take_over(restored, turn)
        if self._was_leader or not turn.wrote:
            self._apply_committed(turn)
        if not self.raft.behind:
            self._modes.confirmed(turn)
        if self._announcements.waiting and self.raft.leader:
            self._announcements.started(turn)
        self._handover.look(turn)
        leading = self.raft.role is Role.LEADER
        if leading != self._was_leader:
            self._was_leader = leading
            self._took_lead(turn) if leading else self._lost_lead(turn)
        if leading and self._membership.wanted:
            leaving = self._handover.leaving
            self._membership.change_if_wanted(self._care.members, self.store.autopilot.row, leaving, turn)
        if leading:
            self._care.go_on(self.applied, turn)

    def _apply_committed(self, turn: Turn) -> None:
        """On a follower not in a turn that writes: the leader waits for what the disk takes, and nobody for this."""
        if self._applying:
            return  # the rest comes with ApplyDue: other messages wait for one slice, and not for one each
        committed = self.raft.take_committed(APPLY_MOST)
        if committed:
            self._apply(committed, turn)
        self._applying = self.raft.behind
        if self._applying:
            turn.set_timer("server.apply", 0, ApplyDue())
        elif committed:
            self._raft_snapshots.begin_if_due(self.store, turn)

    def _apply_due(self, _: ApplyDue, __: Turn) -> None:
        self._applying = False  # the turn goes on with it when it settles

    def _take_over(self, snapshot: Snapshot, turn: Turn) -> None:
        """The state after entry ``snapshot.index``, all at once: at start, or because a leader sent it."""
        self.store.become(self._raft_snapshots.restore(snapshot))
        self.applied = snapshot.index
        self.proposals.time.applied(self.store.dedup.last, turn.now)
        self._sessions.applied(self.store, turn)
        self._reads.wake(turn)

    def _apply(self, entries: Iterable[Entry], turn: Turn) -> None:
        for entry in entries:
            if entry.type == "command":
                self._apply_one(entry, turn)
            elif entry.type == "configuration":
                self._configuration_committed(entry, turn)
            self.applied = entry.index
        self._sessions.applied(self.store, turn)
        self._reads.wake(turn)

    def _apply_one(self, entry: Entry, turn: Turn) -> None:
        try:
            stamp, asker, request, command = self._entries.read(entry.data)
            outcome = self.store.apply_once(entry.index, stamp, asker, request, command)
        except UnknownCommand as unknown:
            why = f"entry {entry.index} holds {unknown.kind}, which this version does not know: upgrade it"
            raise Poisoned(f"entry {entry.index}", unknown, why) from unknown
        except Exception as error:
            raise Poisoned(f"entry {entry.index}", error) from error
        self.proposals.time.applied(stamp, turn.now)
        if isinstance(command, RestoreStaged):
            self._restored(outcome, turn)
        if not self.proposals.committed(entry.index, entry.term, outcome, turn):
            self._own_write_done(asker, command, outcome, turn)

    def _configuration_committed(self, entry: Entry, turn: Turn) -> None:
        self._membership.wanted = True
        self.proposals.committed(entry.index, entry.term, Written(index=entry.index), turn)

    def _restored(self, outcome: Message, turn: Turn) -> None:
        if isinstance(outcome, Refused):
            return
        turn.note(f"the store was replaced by a snapshot, now at {self.store.applied}")
        if self.raft.role is Role.LEADER:
            self._care.compare_all(True, turn)

    def _own_write_done(self, asker: str, command: Command, outcome: Message, turn: Turn) -> None:
        if asker == turn.me and isinstance(outcome, Refused):
            turn.note(f"the catalog refused {command.kind}: {outcome.words}")

    def _took_lead(self, turn: Turn) -> None:
        turn.note(f"leads term {self.raft.term}")
        self._announcements.leads(turn)
        self._sessions.lead(self.store, turn)
        self._tombstones.lead(turn)
        self._membership.lead(turn)
        self._care.lead(turn)

    def _lost_lead(self, turn: Turn) -> None:
        turn.note(f"leads no more, term {self.raft.term}")
        self._care.resign(turn)
        self._sessions.resign(turn)
        self._tombstones.resign(turn)
        self._membership.resign(turn)
        self._handover.done(turn)
        self.proposals.leadership_lost(turn)
        self._modes.refuse_all(Refused(code="NotLeader", leader=self.raft.leader), turn)

    # -- writes ---------------------------------------------------------------

    def _command(self, command: Command, turn: Turn) -> None:
        if turn.budget_spent:
            # Now it has certainly not happened; proposed, it would happen after its asker was told that it may have.
            self.budgets_spent += 1
            turn.reply(Refused(code="BudgetSpent"), early=True)
        elif self._full and self.raft.leader in ("", self._options.node):
            turn.reply(self._no_room(), early=True)
        elif self.raft.role is not Role.LEADER:
            self._to_leader(turn)
        elif self._handover.leaving:
            turn.reply(Refused(code="Stopping"))
        elif isinstance(command, RemovePeer | TransferLeadership):
            self._operate(command, turn)
        elif len(self.proposals) >= self._options.open_writes_max:
            turn.reply(Refused(code="Overloaded"))
        elif (refused := refuse_command(self.store, command)) is not None:
            turn.reply(refused)
        else:
            self.proposals.add(command, turn.ticket(), turn)

    def _no_room(self) -> Refused:
        """Passing if there is somebody else who may soon lead."""
        alone = self.raft.configuration == (self._options.node,)
        return Refused(code="JournalFailed" if alone else "NoLeader", text=f"no space left on device: {self._full}")

    def _disk_is_full(self, full: DiskFull, turn: Turn) -> None:
        """What rests on the disk waits. A leader that cannot write lets somebody lead who can."""
        self._full = full.why
        turn.note(f"the disk is full: {full.why}")
        self.raft.resign("its disk is full", turn)
        self.raft.disk_full = True

    def _disk_has_room(self, _: DiskFreed, __: Turn) -> None:
        self._full = ""
        self.raft.disk_full = False

    def _operate(self, command: RemovePeer | TransferLeadership, turn: Turn) -> None:
        """What an operator asks of the leader, and no log holds."""
        if isinstance(command, TransferLeadership):
            self._handover.transfer(command, self._care.members, turn)
            return
        index = self._membership.remove(command, self._care.members, turn)
        if isinstance(index, Refused):
            turn.reply(index)
        else:
            self.proposals.wait(index, turn.ticket())

    def _to_leader(self, turn: Turn) -> None:
        """Early: neither a request that is passed on nor its refusal rests on what this server still writes."""
        leader, envelope = self.raft.leader, turn.envelope
        if not leader or leader == self._options.node:
            turn.reply(Refused(code="NoLeader"), early=True)
        elif envelope is not None and role_of(envelope.source) == "server":
            turn.reply(Refused(code="NotLeader", leader=leader), early=True)
        else:
            turn.forward(at("server", leader), early=True)

    def _not_forwarded(self, notice: Undeliverable, turn: Turn) -> None:
        if notice.waiter:
            turn.answer(waiting_for(notice, turn), Refused(code="Undeliverable", text=notice.down))
        else:
            turn.note(f"{notice.about} did not reach {notice.target}: {notice.reason}")

    # -- reads ----------------------------------------------------------------

    def _query(self, query: Query, turn: Turn) -> None:
        self._apply_committed(turn)  # also what was put off: who was in touch with the leader knows what it said
        if query.dc and query.dc != self._options.dc:
            turn.reply(Refused(code="NoPathToDatacenter"))
        elif self._status.answers(query):
            self._status.reply(query, self._care.members, self.applied, turn)
        elif isinstance(query, GetAutopilotHealth | GetRaftConfiguration):
            self._leaders_view(query, turn)
        elif not self._modes.ask(query, self.applied, turn):
            self._to_leader(turn)

    def _leaders_view(self, query: Query, turn: Turn) -> None:
        """What only a leader knows of the servers."""
        if self.raft.role is not Role.LEADER:
            self._to_leader(turn)
        elif query.rendered:
            turn.reply(not_rendered(query), early=True)
        elif isinstance(query, GetAutopilotHealth):
            # Early: what the leader thinks of the others rests on no write.
            wanted, index = self.store.autopilot.row, max(self.applied, 1)
            health = self._membership.health(self._care.members, wanted, index, turn)
            turn.reply(health, early=True)

    # -- members --------------------------------------------------------------

    def _members_listed(self, listed: m.Members, turn: Turn) -> None:
        self._care.listed(listed)
        self._servers_changed(turn)

    def _member_changed(self, event: m.MemberEvent, turn: Turn) -> None:
        self._care.changed(event)
        if event.member.is_server and event.member.dc == self._options.dc:
            self._servers_changed(turn)

    def _servers_changed(self, turn: Turn) -> None:
        self._membership.wanted = True
        if self._awake:
            self._founding.consider(self._care.members, turn)

    def _asked_if_blank(self, asked: AskBlank, turn: Turn) -> None:
        if self._awake:  # before the journal is read nobody knows
            self._founding.asked(asked, turn)


def raft_options(options: ServerOptions) -> RaftOptions:
    """What the server's options say about its Raft."""
    return RaftOptions(
        multiplier=options.raft_multiplier,
        snapshot_threshold=options.snapshot_threshold,
        trailing_logs=options.trailing_logs,
    )
