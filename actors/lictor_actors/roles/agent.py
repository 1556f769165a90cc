"""The agent: every node's front desk. It owns the node's services and checks and passes requests to servers.

gateway, door > agent    a Query or Command: forwarded to one server, answered past the agent
agent > catalog          anti-entropy: what this node has (anti_entropy.py)
checker > agent          CheckResult
prober > agent           members and user events
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.kernel.actor import Actor, UnknownMessage
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.anti_entropy import AntiEntropy
from lictor_actors.roles.check_rules import (
    check_refused,
    complete_check,
    complete_checks,
    complete_service,
    service_refused,
)
from lictor_actors.roles.event_list import EventList, concerns, filter_refused
from lictor_actors.roles.local_state import Change, LocalState, checker_of
from lictor_actors.roles.server_routes import ServerRoutes
from lictor_messages.agent import (
    Accepted,
    AgentDescription,
    AgentOptions,
    ChangeSyncDue,
    CheckerStarted,
    CheckResult,
    DeregisterCheck,
    DeregisterService,
    DescribeAgent,
    EventWaitDue,
    FullSyncDue,
    LeaveCluster,
    ListEvents,
    ListLocalChecks,
    ListLocalServices,
    LocalChecks,
    LocalServices,
    NodeStopping,
    OutputSyncDue,
    ReapCriticalDue,
    RebalanceDue,
    RegisterCheck,
    RegisterService,
    RoundLateDue,
    ServerSilent,
    TtlDue,
    UpdateCheck,
)
from lictor_messages.answers import Answer, Command, Query, Written
from lictor_messages.base import FrozenMap, Message
from lictor_messages.catalog import CheckStatus
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import ActorSpec, Recovered, Undeliverable
from lictor_messages.members import (
    Departed,
    FireEvent,
    ForceLeave,
    Join,
    Leave,
    ListMembers,
    Member,
    MemberFailed,
    MemberJoined,
    MemberLeft,
    MemberReaped,
    Members,
    MemberUpdated,
    UserEvent,
)
from lictor_messages.refusals import Refused

REAP_EVERY_NS = 30_000_000_000


class Agent(Actor):
    """One per node, on servers too."""

    journalled = True

    def __init__(self, options: AgentOptions) -> None:
        self.options = options
        self._prober = options.prober or at("prober", options.node)
        self._alive: dict[str, None] = {}
        self._self = _first_idea_of_self(options)
        self._leaving: dict[str, Ticket] = {}
        self._reaping = False
        self.routes = ServerRoutes(options.node if options.server else "")
        self.sync = AntiEntropy(options, self.routes)
        self.local = LocalState(options.name, checker_of(options.node), self.sync.changed)
        self.sync.local = self.local
        self.events = EventList(options.event_buffer)
        self._table: dict[type[Message], Callable[[Any, Turn], None]] = {
            MemberJoined: self._member_alive,
            MemberUpdated: self._member_alive,
            MemberFailed: self._member_gone,
            MemberLeft: self._member_gone,
            MemberReaped: self._member_gone,
            Members: self._members,
            Written: self._answered,
            Refused: self._answered,
            Undeliverable: self._undeliverable,
            ServerSilent: self._server_silent,
            CheckResult: self._check_result,
            UpdateCheck: self._update_check,
            TtlDue: self._ttl_due,
            RegisterService: self._register_service,
            DeregisterService: self._deregister_service,
            RegisterCheck: self._register_check,
            DeregisterCheck: self._deregister_check,
            ListLocalServices: self._list_services,
            ListLocalChecks: self._list_checks,
            DescribeAgent: self._describe,
            UserEvent: self._user_event,
            ListEvents: self.events.asked,
            FireEvent: self._fire_event,
            ListMembers: self._to_prober,
            Join: self._to_prober,
            ForceLeave: self._to_prober,
            LeaveCluster: self._leave,
            Departed: self._departed,
            CheckerStarted: lambda _, turn: self.local.run_all(turn),
            FullSyncDue: lambda _, turn: self.sync.full_sync(turn),
            ChangeSyncDue: lambda _, turn: self.sync.sync_changes(turn),
            RoundLateDue: lambda _, turn: self.sync.round_late(turn),
            OutputSyncDue: lambda due, turn: self.sync.output_due(due.id, turn),
            EventWaitDue: lambda due, turn: self.events.waited(due.waiter, turn),
            ReapCriticalDue: self._reap_critical,
            RebalanceDue: self._rebalance,
            Recovered: self._recovered,
        }

    def start(self, turn: Turn) -> None:
        """Hire the checker, take what the configuration says, ask who is there."""
        turn.spawn(ActorSpec(role="checker"))
        for register in self.options.services:
            self._take_service(register, turn, keep=False)
        for spec in self.options.checks:
            self._take_check(RegisterCheck(check=spec), turn, keep=False)
        turn.ask(self._prober, ListMembers())
        turn.set_timer("rebalance", self.routes.rebalance_after(1, turn.rng), RebalanceDue())

    def handle(self, message: Message, turn: Turn) -> None:
        """Reads and writes go to a server, everything else is in the table."""
        row = self._table.get(type(message))
        if row is not None:
            row(message, turn)
        elif isinstance(message, Query | Command):
            self._to_server(message, turn)
        elif isinstance(message, Answer):
            self._answered(message, turn)
        else:
            raise UnknownMessage(message)

    def check(self) -> None:
        """Every check of a service has its service; nothing is kept under another id."""
        for check_id, check in self.local.checks.items():
            assert check.record.check_id == check.spec.id == check_id
            assert not check.record.service_id or check.record.service_id in self.local.services
        for service_id, service in self.local.services.items():
            assert service.record.id == service_id

    # -- requests for servers ------------------------------------------------

    def _to_server(self, message: Query | Command, turn: Turn) -> None:
        if message.dc and message.dc != self.options.dc:
            turn.reply(Refused(code="NoPathToDatacenter"))
            return
        server = self.routes.first()
        if not server:
            turn.reply(Refused(code="NoServers"))
            return
        assert turn.envelope is not None
        self.routes.hold(turn.envelope, server)
        turn.forward(server)

    def _undeliverable(self, notice: Undeliverable, turn: Turn) -> None:
        if self.sync.not_reached(notice.request, notice.target, turn):
            return
        if (leaver := self._leaving.pop(notice.request, None)) is not None:
            turn.answer(leaver, Refused(code="Undeliverable", text="the prober could not be reached"))
            return
        held, server = self.routes.not_reached(notice.request, notice.target)
        if held is None:
            return
        self.routes.rotate(notice.target)
        if server:
            # It did not happen, so asking another server is safe.
            turn.forward(server, held)
        else:
            turn.answer(_ticket_of(held), Refused(code="Undeliverable"))

    def _server_silent(self, silent: ServerSilent, _: Turn) -> None:
        self.routes.rotate(silent.server or self.routes.asked_of(silent.request))

    def _rebalance(self, _: RebalanceDue, turn: Turn) -> None:
        self.routes.rebalance(turn.rng)
        turn.ask(self._prober, ListMembers())
        turn.set_timer("rebalance", self.routes.rebalance_after(len(self._alive), turn.rng), RebalanceDue())

    def _answered(self, message: Message, turn: Turn) -> None:
        request = turn.envelope.request if turn.envelope else ""
        if not self.sync.answered(request, message, turn) and request in self._leaving:
            turn.answer(self._leaving.pop(request), message)

    # -- members -------------------------------------------------------------

    def _members(self, members: Members, turn: Turn) -> None:
        """The whole view: it also corrects what was missed while the prober was down."""
        alive = [member for member in members.members if member.status in ("alive", "leaving")]
        self._alive = {}
        self.routes.keep(member.node for member in alive if member.is_server)
        for member in alive:
            self._alive_now(member, turn)

    def _member_alive(self, event: MemberJoined | MemberUpdated, turn: Turn) -> None:
        self._alive_now(event.member, turn)

    def _alive_now(self, member: Member, turn: Turn) -> None:
        node = member.node
        self._alive[node] = None
        self.sync.cluster_size(len(self._alive))
        if node == self.options.node:
            self._self = member
        if member.dc != self.options.dc:
            return
        if not member.is_server:
            self.routes.remove(node)
        elif self.routes.add(node, turn.rng):
            self.sync.server_appeared(turn)

    def _member_gone(self, event: MemberFailed | MemberLeft | MemberReaped, _: Turn) -> None:
        self._alive.pop(event.member.node, None)
        self.sync.cluster_size(len(self._alive))
        self.routes.remove(event.member.node)

    def _to_prober(self, _: Message, turn: Turn) -> None:
        assert turn.envelope is not None
        self.routes.hold(turn.envelope, self._prober)
        turn.forward(self._prober)

    def _leave(self, _: LeaveCluster, turn: Turn) -> None:
        self._leaving[turn.ask(self._prober, Leave())] = turn.ticket()

    def _departed(self, _: Departed, turn: Turn) -> None:
        request = turn.envelope.request if turn.envelope else ""
        ticket = self._leaving.pop(request, None)
        if ticket is not None:
            turn.answer(ticket, Accepted())
            turn.send(at("host", self.options.node), NodeStopping(why="left the cluster"))

    # -- user events ---------------------------------------------------------

    def _fire_event(self, event: FireEvent, turn: Turn) -> None:
        text = filter_refused(event.node_filter, event.service_filter, event.tag_filter)
        if not event.name:
            turn.reply(Refused(code="BadRequest", text="Missing name"))
        elif text:
            turn.reply(Refused(code="Invalid", text=text))
        else:
            self._to_prober(event, turn)

    def _user_event(self, event: UserEvent, turn: Turn) -> None:
        if concerns(event, self.options.name, (s.record for s in self.local.services.values())):
            self.events.happened(event, turn)

    # -- services ------------------------------------------------------------

    def _register_service(self, register: RegisterService, turn: Turn) -> None:
        self._accept(self._take_service(register, turn, keep=True), turn)

    def _take_service(self, register: RegisterService, turn: Turn, *, keep: bool) -> Refused | None:
        refused = service_refused(register)
        if refused is not None:
            return refused
        service = complete_service(register.service, self.options.name)
        specs = complete_checks(service, register.checks)
        if register.replace_existing_checks:
            wanted = [spec.id for spec in specs]
            for check_id in self.local.checks_of(service.id):
                if check_id not in wanted:
                    self.local.remove_check(check_id, turn)
        self.local.put_service(service, turn, keep=keep)
        for spec in specs:
            self.local.put_check(spec, turn, keep=keep)
        self._watch_critical(turn)
        return None

    def _deregister_service(self, request: DeregisterService, turn: Turn) -> None:
        if request.id not in self.local.services:
            text = f'Unknown service ID "{request.id}". Ensure that the service ID is passed, not the service name.'
            turn.reply(Refused(code="NotFound", text=text))
            return
        self.local.remove_service(request.id, turn)
        self._accept(None, turn)

    def _list_services(self, _: ListLocalServices, turn: Turn) -> None:
        turn.reply(LocalServices(services=tuple(s.record for s in self.local.services.values())))

    def _accept(self, refused: Refused | None, turn: Turn) -> None:
        """Refuse, or answer Accepted when the catalog has been told or at least has been tried."""
        if refused is not None:
            turn.reply(refused)
            return
        self.sync.wait(turn.ticket())
        self.sync.sync_changes(turn)

    # -- checks --------------------------------------------------------------

    def _register_check(self, register: RegisterCheck, turn: Turn) -> None:
        self._accept(self._take_check(register, turn, keep=True), turn)

    def _take_check(self, register: RegisterCheck, turn: Turn, *, keep: bool) -> Refused | None:
        refused = check_refused(register.check)
        if refused is not None:
            return refused
        spec = complete_check(register.check)
        if spec.service_id and spec.service_id not in self.local.services:
            return Refused(code="Invalid", text=f'ServiceID "{spec.service_id}" does not exist')
        self.local.put_check(spec, turn, keep=keep)
        self._watch_critical(turn)
        return None

    def _deregister_check(self, request: DeregisterCheck, turn: Turn) -> None:
        if request.id not in self.local.checks:
            text = f'Unknown check ID "{request.id}". Ensure that the check ID is passed, not the check name.'
            turn.reply(Refused(code="NotFound", text=text))
            return
        self.local.remove_check(request.id, turn)
        self._accept(None, turn)

    def _list_checks(self, _: ListLocalChecks, turn: Turn) -> None:
        turn.reply(LocalChecks(checks=tuple(c.record for c in self.local.checks.values())))

    def _update_check(self, update: UpdateCheck, turn: Turn) -> None:
        check = self.local.checks.get(update.id)
        if check is None or check.spec.type != "ttl":
            turn.reply(Refused(code="Invalid", text=f'CheckID "{update.id}" does not have associated TTL'))
            return
        self.local.run_check(check, turn)
        self._judge(update.id, update.status, _cut(update.output, check.spec.output_max_size), turn)
        turn.reply(Accepted())

    def _ttl_due(self, due: TtlDue, turn: Turn) -> None:
        check = self.local.checks.get(due.id)
        if check is None:
            return
        last = check.record.output
        expired = f"TTL expired (last output before timeout follows): {last}" if last else "TTL expired"
        self._judge(due.id, "critical", expired, turn)

    def _check_result(self, result: CheckResult, turn: Turn) -> None:
        if result.id in self.local.checks:  # It may have been removed while it ran.
            self._judge(result.id, result.status, result.output, turn)

    def _judge(self, check_id: str, status: CheckStatus, output: str, turn: Turn) -> None:
        change = self.local.judge(check_id, status, output, turn)
        if change is Change.STATUS:
            self.sync.sync_changes(turn)
        elif change is Change.OUTPUT:
            self.sync.output_changed(check_id, turn)

    def _watch_critical(self, turn: Turn) -> None:
        if not self._reaping and self.local.reaps():
            self._reaping = True
            turn.set_timer("reap", REAP_EVERY_NS, ReapCriticalDue())

    def _reap_critical(self, _: ReapCriticalDue, turn: Turn) -> None:
        for service_id in self.local.critical_too_long(turn.now):
            turn.note(f"deregistered {service_id}: critical for too long")
            self.local.remove_service(service_id, turn)
        self.sync.sync_changes(turn)
        self._reaping = False
        self._watch_critical(turn)

    # -- itself --------------------------------------------------------------

    def _recovered(self, batch: Recovered, turn: Turn) -> None:
        self.local.collect(batch.records)
        if batch.done:
            self.local.recover(turn)
            self._watch_critical(turn)
            self.sync.open(turn)

    def _describe(self, _: DescribeAgent, turn: Turn) -> None:
        o, checks = self.options, self.local.checks
        ttls = sum(check.spec.type == "ttl" for check in checks.values())
        stats = {"check_monitors": str(len(checks) - ttls), "check_ttls": str(ttls)}
        turn.reply(
            AgentDescription(
                node=o.name,
                node_id=o.node_id,
                dc=o.dc,
                server=o.server,
                version=o.version,
                member=self._self,
                known_servers=len(self.routes),
                services=len(self.local.services),
                checks=len(checks),
                stats=FrozenMap(stats),
            )
        )


def _first_idea_of_self(o: AgentOptions) -> Member:
    """Until the prober tells: enough to answer who this is."""
    tags = FrozenMap({"role": "consul" if o.server else "node", "dc": o.dc, "id": o.node_id})
    return Member(name=o.name, dc=o.dc, address=o.address, port=8301, gossip="", rest="", tags=tags)


def _ticket_of(held: Envelope) -> Ticket:
    return Ticket(held.request, held.reply_to, held.source, held.cause or held.request)


def _cut(output: str, most: int) -> str:
    if len(output) <= most:
        return output
    return f"{output[:most]} ... (captured {most} of {len(output)} bytes)"
