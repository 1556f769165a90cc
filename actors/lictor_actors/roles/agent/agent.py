"""The agent: every node's front desk. It owns the node's services and checks and passes requests to servers.

gateway, door > agent    a Query or Command: forwarded to one server, answered past the agent
agent > catalog          anti-entropy: what this node has (anti_entropy.py)
checker > agent          CheckResult
prober > agent           members and user events
"""

from __future__ import annotations

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Handler, Handlers, Vocabulary
from lictor_actors.roles.agent.access import AgentAccess
from lictor_actors.roles.agent.acknowledgements import Acknowledgements
from lictor_actors.roles.agent.aliases import Aliases
from lictor_actors.roles.agent.anti_entropy import AntiEntropy
from lictor_actors.roles.agent.configured import Configured
from lictor_actors.roles.agent.description import Description
from lictor_actors.roles.agent.doorways import Doorways
from lictor_actors.roles.agent.event_list import EventList, concerns
from lictor_actors.roles.agent.forwarding import Forwarding
from lictor_actors.roles.agent.invariants import check_local
from lictor_actors.roles.agent.joining import ToProber
from lictor_actors.roles.agent.kept_state import KeptState
from lictor_actors.roles.agent.leaving import Leaving
from lictor_actors.roles.agent.lists import Lists
from lictor_actors.roles.agent.local_state import LocalState, checker_of
from lictor_actors.roles.agent.own_coordinate import OwnCoordinateReports
from lictor_actors.roles.agent.registrations import Registrations
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_actors.roles.agent.service_watch import ServiceWatch
from lictor_actors.roles.agent.tokens import AgentTokens
from lictor_messages import members as m
from lictor_messages.agent import (
    Accepted,
    AgentOptions,
    AliasDue,
    ChangeSyncDue,
    DeregisterCheck,
    DeregisterService,
    DescribeAgent,
    EventWaitDue,
    FullSyncDue,
    LeaveCluster,
    ListEvents,
    ListLocalChecks,
    ListLocalServices,
    OutputSyncDue,
    ReapCriticalDue,
    RebalanceDue,
    RegisterCheck,
    RegisterService,
    RoundLateDue,
    ServerSilent,
    ServiceWaitDue,
    SetMaintenance,
    TtlDue,
    UpdateCheck,
    WatchLocalService,
)
from lictor_messages.agent_acl import MayUseAgent, SetAgentToken
from lictor_messages.answers import Answer, Command, Query, Written
from lictor_messages.autopilot import ReadyToLeave, RemovalLateDue, Removed
from lictor_messages.base import Message
from lictor_messages.checker import CheckerStarted, CheckResult
from lictor_messages.coordinates import CoordinateDue, OwnCoordinate
from lictor_messages.envelope import at
from lictor_messages.host import ActorSpec, DiskFreed, DiskFull, Durable, Recovered, Undeliverable
from lictor_messages.jobs import JobFailed
from lictor_messages.pool import AskPool
from lictor_messages.refusals import Refused
from lictor_messages.reload import DefinitionsRead, Reload
from lictor_messages.sessions import CreateSession

ALIVE = ("alive", "leaving")
KEPT = RegisterService | DeregisterService | RegisterCheck | DeregisterCheck | SetMaintenance
"""What the journal remembers: refused while it has no room, or it would be gone with the next start."""


class Agent(Actor):
    """One per node, on servers too."""

    hears = (
        Vocabulary()
        .on(Query, Command, CreateSession, by=By.CLIENTS)
        .on(RegisterService, DeregisterService, RegisterCheck, DeregisterCheck, UpdateCheck, by=By.CLIENTS)
        .on(ListLocalServices, ListLocalChecks, DescribeAgent, LeaveCluster, by=By.CLIENTS)
        .on(m.ListMembers, m.ListSuspicions, m.Join, m.ForceLeave, m.FireEvent, ListEvents, by=By.CLIENTS)
        .on(AskPool, SetMaintenance, SetAgentToken, MayUseAgent, WatchLocalService, ServiceWaitDue, ServerSilent)
        .on(CheckerStarted, CheckResult, TtlDue, ReapCriticalDue, AliasDue)
        .on(m.MemberJoined, m.MemberUpdated, m.MemberFailed, m.MemberLeft, m.MemberReaped, m.Members, m.UserEvent)
        .on(Answer, Written, Refused, Undeliverable, ReadyToLeave, m.Departed, Removed, RemovalLateDue)
        .on(OwnCoordinate, CoordinateDue, Reload, DefinitionsRead, JobFailed)
        .on(FullSyncDue, ChangeSyncDue, RoundLateDue, OutputSyncDue, EventWaitDue, RebalanceDue)
        .on(Recovered, Durable, DiskFull, DiskFreed)
    )
    journalled = True

    def __init__(self, options: AgentOptions) -> None:
        self.options = options
        self._prober = options.prober or at("prober", options.node)
        self._doorways = Doorways(options.doorways)
        self.tokens = AgentTokens(options)
        self.routes = ServerRoutes(options.node if options.server else "", self.tokens)
        self._forwarding = Forwarding(options, self.routes)
        self._acknowledgements = Acknowledgements()
        self.sync = AntiEntropy(options, self.routes, self._acknowledgements)
        self._coordinate = OwnCoordinateReports(options.name, self._prober, self.routes)
        self._leaving = Leaving(options, (options.wan_prober, self._prober), self.sync)
        self.local = LocalState(
            options.name, checker_of(options.node), self.sync.changed, discards_output=options.discard_check_output
        )
        self.sync.local = self.local
        self.own = Registrations(options, self.local, self.sync)
        self._kept = KeptState(self.local, self.own.scripts)
        self._configured = Configured(options, self.own, self.local, self.sync, self._forwarding, self.tokens)
        self._aliases = Aliases(options.name, self.local, self.routes, self.own.judge)
        self._to_prober = ToProber(options, self._prober, self.routes)
        self._access = AgentAccess(options, self.routes, self.local)
        self._lists = Lists(self.local, self._access, self._to_prober)
        self._watch = ServiceWatch(self.local)
        self.events = EventList(options.event_buffer)
        self._description = Description(options, self.local, self.routes, self.sync.written)
        self._handlers = Handlers(self.hears, self._table())

    def start(self, turn: Turn) -> None:
        """Hire the checker, take what the configuration says, ask who is there."""
        turn.spawn(ActorSpec(role="checker"))
        self._configured.start(turn)
        turn.ask(self._prober, m.ListMembers(servers=True))
        turn.set_timer("rebalance", self.routes.rebalance_after(1, turn.rng), RebalanceDue())
        if not self.options.disable_coordinates:
            self._coordinate.begin(turn)

    def handle(self, message: Message, turn: Turn) -> None:
        """What is done about each kind is in the table; what the journal would have to keep waits for room on it."""
        full = self._acknowledgements.full
        if full and isinstance(message, KEPT):
            turn.reply(Refused(code="JournalFailed", text=f"no space left on device: {full}"))
        elif not self._access.on or self._access.admits(message, turn):
            self._handlers[type(message)](message, turn)
            self._aliases.look(turn)
            if self._watch:
                self._watch.look(turn)

    def _table(self) -> dict[type[Message], Handler]:
        """The table of contents: reads and writes go to a server, the rest is the agent's own."""
        return {**self._requests(), **self._events(), **self._timers()}

    def _requests(self) -> dict[type[Message], Handler]:
        """What clients and doorways ask for."""
        return {
            Query: self._forwarding.pass_on,
            Command: self._forwarding.pass_on,
            CreateSession: self._forwarding.create_session,
            RegisterService: self.tokens.remembered(self.own.register_service, self.local),
            DeregisterService: self.own.deregister_service,
            RegisterCheck: self.tokens.remembered(self.own.register_check, self.local),
            DeregisterCheck: self.own.deregister_check,
            UpdateCheck: self.own.update_check,
            SetMaintenance: self.own.set_maintenance,
            ListLocalServices: self._lists.services,
            WatchLocalService: self._watch.asked,
            ListLocalChecks: self._lists.checks,
            DescribeAgent: self._description.asked,
            ListEvents: lambda query, turn: self.events.asked(query, self._access.sight(turn), turn),
            m.FireEvent: self._to_prober.fire,
            m.ListMembers: self._lists.members,
            m.ForceLeave: self._to_prober.of_pool,
            SetAgentToken: self.tokens.asked,
            MayUseAgent: lambda _, turn: turn.reply(Accepted()),
            m.ListSuspicions: self._to_prober.pass_on,
            AskPool: self._to_prober.pass_on,
            m.Join: self._to_prober.join,
            Reload: self._configured.reload,
            LeaveCluster: self._leaving.asked,
        }

    def _events(self) -> dict[type[Message], Handler]:
        """Answers, members, the checker and the host."""
        return {
            Answer: self._answered,
            m.MemberJoined: self._member_alive,
            m.MemberUpdated: self._member_alive,
            m.MemberFailed: self._member_gone,
            m.MemberLeft: self._member_gone,
            m.MemberReaped: self._member_gone,
            m.Members: self._members,
            Written: self._answered,
            Refused: self._answered,
            Undeliverable: self._undeliverable,
            ServerSilent: self._forwarding.silent,
            OwnCoordinate: self._coordinate.found,
            CheckResult: self.own.check_result,
            DefinitionsRead: self._configured.read,
            JobFailed: self._configured.failed,
            m.UserEvent: self._user_event,
            ReadyToLeave: self._leaving.server_ready,
            m.Departed: self._leaving.departed,
            Removed: self._leaving.removed,
            CheckerStarted: lambda _, turn: self.local.run_all(turn),
            Recovered: self._recovered,
            Durable: self._acknowledgements.durable,
            DiskFull: self._acknowledgements.disk_full,
            DiskFreed: self._acknowledgements.disk_freed,
        }

    def _timers(self) -> dict[type[Message], Handler]:
        """The agent's own."""
        return {
            FullSyncDue: lambda _, turn: self.sync.full_sync(turn),
            ChangeSyncDue: lambda _, turn: self.sync.change_sync_due(turn),
            RoundLateDue: lambda _, turn: self.sync.round_late(turn),
            OutputSyncDue: lambda due, turn: self.sync.output_due(due.id, turn),
            EventWaitDue: lambda due, turn: self.events.waited(due.waiter, turn),
            ServiceWaitDue: lambda due, turn: self._watch.waited(due.waiter, turn),
            AliasDue: self._aliases.due,
            TtlDue: self.own.ttl_due,
            ReapCriticalDue: self.own.reap_critical,
            RebalanceDue: self._rebalance,
            CoordinateDue: lambda _, turn: self._coordinate.due(self.sync.nodes, turn),
            RemovalLateDue: self._leaving.late,
        }

    def check(self) -> None:
        """See ``check_local``, ``AgentAccess.check``."""
        check_local(self.local)
        self._access.check()

    # -- answers and silence -------------------------------------------------

    def _undeliverable(self, notice: Undeliverable, turn: Turn) -> None:
        asking = (self.sync, self._aliases, self._access, self._lists)
        ours = any(each.not_reached(notice.request, notice.target, turn) for each in asking)
        if not (ours or self._leaving.not_reached(notice, turn)):
            self._forwarding.not_reached(notice, turn)

    def _rebalance(self, _: RebalanceDue, turn: Turn) -> None:
        self.routes.rebalance(turn.rng)
        turn.ask(self._prober, m.ListMembers(servers=True))
        turn.set_timer("rebalance", self.routes.rebalance_after(self.sync.nodes, turn.rng), RebalanceDue())

    def _answered(self, message: Message, turn: Turn) -> None:
        request = turn.envelope.request if turn.envelope else ""
        if not any(each.answered(request, message, turn) for each in (self.sync, self._aliases, self._access)):
            self._leaving.answered(message, turn)

    # -- members -------------------------------------------------------------

    def _members(self, members: m.Members, turn: Turn) -> None:
        """All servers, and this node: it also corrects what was missed while the prober was down."""
        if turn.envelope is not None and self._lists.answered(turn.envelope.request, members, turn):
            return
        alive = [member for member in members.members if member.status in ALIVE]
        self.sync.nodes = members.alive
        own, servers = self.options.name, [member for member in alive if member.is_server]
        self.routes.keep(member.node for member in servers)
        for member in (*servers, *(member for member in alive if member.name == own)):
            self._alive_now(member, turn)

    def _member_alive(self, event: m.MemberJoined | m.MemberUpdated, turn: Turn) -> None:
        self.sync.nodes = event.alive
        self._alive_now(event.member, turn)

    def _alive_now(self, member: m.Member, turn: Turn) -> None:
        node = member.node
        if node == self.options.node:
            self._description.member = member
        if member.dc != self.options.dc:
            return
        if not member.is_server:
            self.routes.remove(node)
        elif self.routes.add(node, turn.rng):
            self.sync.server_appeared(turn)

    def _member_gone(self, event: m.MemberFailed | m.MemberLeft | m.MemberReaped, turn: Turn) -> None:
        self.sync.nodes = event.alive
        self.routes.remove(event.member.node)
        if event.member.is_server and not isinstance(event, m.MemberReaped):
            self._doorways.server_gone(turn)

    def _user_event(self, event: m.UserEvent, turn: Turn) -> None:
        own = (service.record for service in self.local.services.values())
        if not self._doorways.heard(event, turn) and concerns(event, self.options.name, own):
            self.events.happened(event, turn)

    # -- itself --------------------------------------------------------------

    def _recovered(self, batch: Recovered, turn: Turn) -> None:
        self._kept.collect(batch.records)
        if batch.done:
            self.tokens.recover(self._kept.tokens())
            self._kept.recover(turn)
            self.own.watch_critical(turn)
            self.sync.open(turn)
