"""The server: Raft, the store and the reads, wired together. Every line of ``_table`` is one kind of mail."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.kernel.actor import Actor, Reading
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Handler, Handlers, Vocabulary
from lictor_actors.raft import LEADER, Raft, RaftOptions
from lictor_actors.raft.snapshot import SnapshotDamaged
from lictor_actors.raft.stable import LostBeginning
from lictor_actors.roles.server.announcements import Announcements
from lictor_actors.roles.server.answers import ANSWERS, take_answer
from lictor_actors.roles.server.applying import Applying
from lictor_actors.roles.server.archives import Archives
from lictor_actors.roles.server.authorize import Authorize
from lictor_actors.roles.server.elsewhere import Elsewhere
from lictor_actors.roles.server.founding import Founding
from lictor_actors.roles.server.lan_members import LanMembers
from lictor_actors.roles.server.leader.leadership import LEADER_JOBS, LEADER_TIMERS, Leadership
from lictor_actors.roles.server.leader.reconcile import serf_health
from lictor_actors.roles.server.leaving import ServerDeparture
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.roles.server.primary import Primary
from lictor_actors.roles.server.queries import Queries
from lictor_actors.roles.server.raft_snapshots import RaftSnapshots
from lictor_actors.roles.server.readings import of_leader, of_raft, of_store
from lictor_actors.roles.server.reads import Reads
from lictor_actors.roles.server.request_limits import RequestLimits
from lictor_actors.roles.server.writes import Writes
from lictor_actors.store.store import Store
from lictor_messages import members as m
from lictor_messages import raft as r
from lictor_messages.answers import Command, Query
from lictor_messages.autopilot import AwaitRemoval, PrepareToLeave
from lictor_messages.base import Message
from lictor_messages.envelope import node_of
from lictor_messages.host import DiskFreed, DiskFull, Durable, Recovered
from lictor_messages.refusals import Refused
from lictor_messages.server import (
    ApplyDue,
    AskBlank,
    Blankness,
    BlockedDue,
    Bootstrap,
    FoundingDue,
    RemoteTokensDue,
    ServerOptions,
    SnapshotSliceDue,
)
from lictor_messages.slices import LargeIdleDue, SliceDue
from lictor_messages.snapshots import SnapshotIdleDue

RAFT = (r.AppendEntries, r.AppendAnswer, r.RequestVote, r.Vote, r.TimeoutNow)
SNAPSHOTS = (r.InstallSnapshot, r.SnapshotAnswer)
MEMBERS = (m.MemberJoined, m.MemberUpdated, m.MemberFailed, m.MemberLeft, m.MemberReaped)
REFETCHED = "as a new server this one fetches everything from the others"


class Server(Actor):
    """One voter of the cluster. Any server answers; writes and default reads go through the leader."""

    hears = (
        Vocabulary()
        .on(Query, Command, by=By.NODES)
        .asked_by("agent", "server", "gateway", "dns", "router")
        .on(*RAFT, *SNAPSHOTS, AskBlank, Bootstrap, by=By.PEERS)
        .on(r.ElectionDue, r.HeartbeatDue, BlockedDue, RemoteTokensDue, ApplyDue, SnapshotSliceDue, SnapshotIdleDue)
        .on(ServerOptions, FoundingDue, SliceDue, LargeIdleDue, *LEADER_TIMERS)
        .on(*MEMBERS, m.Members, m.UserEvent)
        .on(Blankness, PrepareToLeave, AwaitRemoval, *ANSWERS)
        .on(Recovered, Durable, DiskFull, DiskFreed, *LEADER_JOBS)
    )
    journalled = True
    synced = True
    shows = ("leader", "passing_nodes")

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self.raft = Raft(options.node, raft_options(options))
        self.store = Store()
        self.store.sessions.ttl_min_ns = options.session_ttl_min_ns
        self.members = LanMembers()
        self.leading: Leadership | None = None
        """What this server does as leader, None while it does not lead."""
        self._time = LogTime()
        self.acl = Authorize(options, self.store, self._time)
        self.reads = Reads(self.store, options, self.acl)
        self.archives = Archives()
        self._founding = Founding(options, self.raft, self.members)
        self.queries = Queries(
            options, self.raft, self.store, self.members, self.reads, self.archives, self._founding, self.acl
        )
        self._elsewhere = Elsewhere(options)
        self._primary = Primary(options, self.store)
        self.writes = Writes(options, self.raft, self.store, self.acl, self._primary)
        self._raft_snapshots = RaftSnapshots(self.raft)
        self._applying = Applying(self.raft, self.store, self.reads, self._raft_snapshots, self._time)
        self._leaving = ServerDeparture(self.raft)
        self._announcements = Announcements(options.prober)
        self._limits = RequestLimits(options, 0)
        self._awake = False
        """True once the journal is replayed: until then this server promises and says nothing."""
        self._handlers = Handlers(self.hears, self._table())

    # -- what the host and the judges may see ---------------------------------

    @property
    def leader(self) -> str:
        """The leader's node, "" if none is known."""
        return self.raft.leader

    @property
    def applied(self) -> int:
        """Index of the last entry that the store has."""
        return self._applying.applied

    @property
    def passing_nodes(self) -> int:
        """Nodes of the catalog whose serfHealth is passing and that gossip knows: not those of an earlier life only."""
        known = {member.name for member in self.members.values()}
        return sum(check.status == "passing" and check.node in known for check in serf_health(self.store.catalog))

    @property
    def standing(self) -> str:
        """That it leads, and since which term."""
        return f"raft: leads term {self.raft.term}" if self.raft.leader == self._options.node else ""

    def readings(self) -> Iterator[Reading]:
        """See ``Actor``."""
        yield "rpc.query", float(self.queries.asked)
        yield "rpc.request", float(self.queries.asked + self.writes.taken)
        yield "rpc.cross-dc", float(self._elsewhere.crossed)
        yield "rpc.queries_blocking", float(self.reads.blocked)
        yield from of_raft(self.raft, self.applied)
        yield from of_store(self.store, self._options.dc)
        yield from of_leader(self.leading, self.members, self._options.dc)

    def check(self) -> None:
        """Raft's invariants and the store's."""
        self.raft.check()
        self.store.check()
        self.acl.remote.check()

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
            ServerOptions: self._follow,
            **dict.fromkeys(RAFT, self._step),
            **dict.fromkeys(SNAPSHOTS, self._snapshot_step),
            Durable: lambda durable, turn: self.raft.durable(durable.upto, turn),
            r.ElectionDue: self.raft.due,
            r.HeartbeatDue: self.raft.due,
            **dict.fromkeys(LEADER_TIMERS, self._leader_timer),
            **dict.fromkeys(LEADER_JOBS, self._leader_job),
            BlockedDue: lambda _, turn: self.reads.due(turn),
            Recovered: self._recover,
            AskBlank: self._founding.asked,
            Blankness: self._founding.answered,
            Bootstrap: self._founding.ordered,
            FoundingDue: self._founding.due,
            PrepareToLeave: lambda _, turn: self._leaving.prepare(self.leading, turn),
            AwaitRemoval: self._leaving.await_removal,
            DiskFull: self.writes.disk_full,
            DiskFreed: self.writes.disk_freed,
            ApplyDue: lambda _, __: self._applying.next_slice(),
            SnapshotSliceDue: lambda _, turn: self._raft_snapshots.due(turn),
            **dict.fromkeys(MEMBERS, self._member_changed),
            m.Members: self._members_listed,
            m.UserEvent: lambda _, __: None,
            SnapshotIdleDue: lambda _, turn: self.archives.due(turn),
            SliceDue: lambda _, turn: self.reads.large.due(turn),
            LargeIdleDue: lambda _, turn: self.reads.large.idle_due(turn),
            RemoteTokensDue: lambda _, turn: self.acl.remote.renew(self.reads.secrets(), turn),
            **dict.fromkeys(ANSWERS, lambda it, turn: take_answer(it, self.acl, self.reads, self.leading, turn)),
        }

    def _query(self, query: Query, turn: Turn) -> None:
        if self._limited(query, turn) or self._elsewhere.takes(query, turn) or self._primary.answers(query, turn):
            return
        # Also what was put off: a client that was in touch with the leader knows what it said.
        self._applying.take_committed(self.leading, turn)
        self.queries.ask(query, self.applied, self.leading, turn)

    def _command(self, command: Command, turn: Turn) -> None:
        if not (self._limited(command, turn) or self._elsewhere.takes(command, turn)):
            self.writes.take(command, self.leading, self._leaving.leaving, turn)

    def _limited(self, message: Query | Command, turn: Turn) -> bool:
        refused = self._limits.refuses(message, self.leading is not None, turn)
        if refused is not None:
            turn.reply(refused, early=True)
        return refused is not None

    def _follow(self, options: ServerOptions, turn: Turn) -> None:
        self._limits = RequestLimits(options, turn.now)
        self.raft.options = raft_options(options)

    def _leader_timer(self, timer: Message, turn: Turn) -> None:
        if self.leading is not None:
            self.leading.due(timer, turn)

    def _leader_job(self, result: Message, turn: Turn) -> None:
        if self.leading is not None:
            self.leading.job_done(result, turn)

    def _step(self, message: r.RaftMessage, turn: Turn) -> None:
        if self._awake and turn.envelope is not None:
            self.raft.step(node_of(turn.envelope.source), message, turn)

    def _snapshot_step(self, message: r.RaftMessage, turn: Turn) -> None:
        self._step(message, turn)
        self._raft_snapshots.read_incoming(turn.now)

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
            self._founding.begin(turn)

    def _members_listed(self, listed: m.Members, turn: Turn) -> None:
        self.members.listed(listed)
        self._members_changed(list(self.members), True, turn)

    def _member_changed(self, event: m.MemberEvent, turn: Turn) -> None:
        self.members.changed(event)
        if event.member.dc == self._options.dc:
            self._members_changed([event.member.node], event.member.is_server, turn)

    def _members_changed(self, nodes: list[str], servers: bool, turn: Turn) -> None:
        if self.leading is not None:
            self.leading.members_changed(nodes, servers)
        if servers:
            self._founding.consider(turn)

    # -- after every turn -----------------------------------------------------

    def _settle(self, turn: Turn) -> None:
        leading = self.leading
        restored = self.raft.take_restored()
        if restored is not None:
            self._applying.take_over(restored, leading, turn)
        self._applying.take_committed(leading, turn)
        if leading is not None and leading.unconfirmed and not self.raft.behind:
            self.queries.confirmed(leading, turn)
        if self._announcements.waiting and self.raft.leader:
            self._announcements.started(turn)
        self._leaving.look(turn)
        if (self.raft.role is LEADER) != (leading is not None):
            self._take_lead(turn) if leading is None else self._lose_lead(leading, turn)
        if self.leading is not None:
            self.leading.go_on(self.applied, self._leaving.leaving, turn)

    def _take_lead(self, turn: Turn) -> None:
        turn.note(f"leads term {self.raft.term}")
        self._announcements.leads(turn)
        self.leading = Leadership(self._options, self.raft, self.store, self.members, self._time)
        self.leading.begin(turn)

    def _lose_lead(self, leading: Leadership, turn: Turn) -> None:
        self.leading = None
        leading.end(turn)
        self.reads.refuse_all(Refused(code="NotLeader", leader=self.raft.leader), turn)


def raft_options(options: ServerOptions) -> RaftOptions:
    """What the server's options say about its Raft."""
    return RaftOptions(
        multiplier=options.raft_multiplier,
        snapshot_threshold=options.snapshot_threshold,
        trailing_logs=options.trailing_logs,
    )
