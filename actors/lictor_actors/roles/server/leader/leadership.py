"""What a server does because it leads: made when it begins to lead and dropped when it ceases.

Nothing of an earlier leadership lasts: between the two another server has led, and what was true may be so no more.
All timers of the leader's are set and cancelled here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import Raft
from lictor_actors.roles.server.leader.acl_replicas import AclReplicas
from lictor_actors.roles.server.leader.bootstrap_reset import BootstrapReset
from lictor_actors.roles.server.leader.catalog_care import CatalogCare
from lictor_actors.roles.server.leader.configuration_care import ConfigurationCare
from lictor_actors.roles.server.leader.coordinate_batch import CoordinateBatch
from lictor_actors.roles.server.leader.handover import Handover
from lictor_actors.roles.server.leader.log_age import LogAge
from lictor_actors.roles.server.leader.logins import Logins
from lictor_actors.roles.server.leader.proposals import Proposals
from lictor_actors.roles.server.leader.root_authority import ROOT, RootAuthority
from lictor_actors.roles.server.leader.session_timers import SessionTimers
from lictor_actors.roles.server.leader.token_care import TokenCare
from lictor_actors.roles.server.leader.tombstone_timer import TombstoneTimer
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.store.store import Store
from lictor_messages.acl import BootstrapResetTaken, ReapTokensDue
from lictor_messages.acl_replication import ReplicateDue
from lictor_messages.answers import Command, Query, Written
from lictor_messages.auth_methods import JwtVerified, TokenReviewed
from lictor_messages.autopilot import AutopilotConfiguration, AutopilotDue, SetAutopilotConfiguration, TransferLateDue
from lictor_messages.base import Message
from lictor_messages.connect_ca import RootMade
from lictor_messages.coordinates import CoordinateBatchDue
from lictor_messages.jobs import JobFailed
from lictor_messages.kv import ReapDue
from lictor_messages.members import Member
from lictor_messages.refusals import Refused
from lictor_messages.server import LateRegistrationDue, ProposeDue, ReconcileDue, ServerOptions
from lictor_messages.sessions import SessionsDue

LEADER_TIMERS: tuple[type[Message], ...] = (
    ProposeDue,
    ReconcileDue,
    LateRegistrationDue,
    AutopilotDue,
    SessionsDue,
    ReapDue,
    TransferLateDue,
    CoordinateBatchDue,
    ReapTokensDue,
    ReplicateDue,
)
LEADER_JOBS: tuple[type[Message], ...] = (RootMade, BootstrapResetTaken, JwtVerified, TokenReviewed, JobFailed)
"""How the jobs end that a leader gives its host."""


class Unconfirmed(NamedTuple):
    """A query that waits until a majority has confirmed the lead."""

    query: Query
    ticket: Ticket
    token: str
    began: int


class Leadership:
    """One uninterrupted lead of this server."""

    def __init__(
        self, options: ServerOptions, raft: Raft, store: Store, members: Mapping[str, Member], time: LogTime
    ) -> None:
        self._raft = raft
        self._store = store
        self._autopilot = options.autopilot
        self.proposals = Proposals(raft, time)
        self.sessions = SessionTimers(store)
        self.tombstones = TombstoneTimer(store)
        self.configuration = ConfigurationCare(options, raft, store, members)
        self.log_age = LogAge(raft, time)
        self.catalog = CatalogCare(options, store, members, self.proposals.propose_own)
        self.handover = Handover(raft, members)
        self.coordinates = CoordinateBatch()
        self.authority = RootAuthority(options, store)
        self.tokens = TokenCare(options, store, time)
        self.logins = Logins(options, store, self.proposals, time)
        self.replication = AclReplicas(options, store, self.proposals)
        self.reset = BootstrapReset(store, self.proposals)
        self.unconfirmed: dict[int, Unconfirmed] = {}
        """Queries that wait for a round of heartbeats, by the id of their read."""
        self._began = 0
        """When this lead began, 0 once it knows all that was committed before."""
        self._timers: dict[type[Message], Callable[[Turn], None]] = {
            ProposeDue: self.proposals.due,
            ReconcileDue: self.catalog.compare_all,
            LateRegistrationDue: lambda _: self.catalog.look_at_late(),
            AutopilotDue: self._look_at_servers,
            SessionsDue: lambda turn: self._propose(self.sessions.due(turn), turn),
            ReapDue: lambda turn: self._propose(self.tombstones.due(turn), turn),
            TransferLateDue: self.handover.late,
            CoordinateBatchDue: lambda turn: self._propose(self.coordinates.due(), turn),
            ReapTokensDue: lambda turn: self._propose(self.tokens.due(turn), turn),
            ReplicateDue: self.replication.due,
        }

    def begin(self, turn: Turn) -> None:
        """This server leads from now on."""
        self._began = turn.now
        self.sessions.begin(turn)
        self.tombstones.begin(turn)
        self.configuration.begin(turn)
        self.catalog.begin(turn)
        self.tokens.begin(turn)
        self.replication.begin(turn)
        self._set_up_autopilot(turn)
        self.authority.begin(turn)

    def _set_up_autopilot(self, turn: Turn) -> None:
        """The configuration's files say what autopilot does until an operator has said it."""
        if self._autopilot != AutopilotConfiguration() and not list(self._store.autopilot):
            never_set = self._store.autopilot.row.modify_index
            self._propose([SetAutopilotConfiguration(configuration=self._autopilot, cas=never_set)], turn)

    def end(self, turn: Turn) -> None:
        """It leads no more: requests that only a leader can finish are answered, and the timers stop."""
        turn.note(f"leads no more, term {self._raft.term}")
        self.catalog.end(turn)
        self.sessions.end(turn)
        self.tokens.end(turn)
        self.replication.end(turn)
        self.logins.end(turn)
        self.reset.end(turn)
        self.tombstones.end(turn)
        self.configuration.end(turn)
        self.handover.end(turn)
        self.coordinates.end(turn)
        self.proposals.end(turn)
        for read in self.unconfirmed.values():
            turn.answer(read.ticket, Refused(code="NotLeader", leader=self._raft.leader), early=True)  # it was a read

    def due(self, timer: Message, turn: Turn) -> None:
        """One of ``LEADER_TIMERS`` fired."""
        self._timers[type(timer)](turn)

    def job_done(self, result: Message, turn: Turn) -> None:
        """One of ``LEADER_JOBS``: the host has done what was asked of it, or could not."""
        match result:
            case RootMade():
                self._propose(self.authority.made(result), turn)
            case BootstrapResetTaken():
                self.reset.taken(result, turn)
            case JwtVerified() | TokenReviewed():
                self.logins.known(result, turn)
            case JobFailed() if result.ticket == ROOT:
                self.authority.failed(result, turn)
            case JobFailed() if not self.logins.failed(result, turn):
                self.reset.failed(result, turn)

    def configuration_committed(self, index: int, term: int, turn: Turn) -> None:
        """The servers are others now: a further change may be due."""
        self.configuration.wanted = True
        self.proposals.committed(index, term, Written(index=index), turn)

    def members_changed(self, nodes: Iterable[str], servers: bool) -> None:
        """Gossip says something new of these nodes; ``servers``: there may be servers among them."""
        self.catalog.doubt(nodes)
        if servers:
            self.configuration.wanted = True

    def _look_at_servers(self, turn: Turn) -> None:
        self.configuration.due(turn)
        self.log_age.look(turn)

    def go_on(self, applied: int, leaving: bool, turn: Turn) -> None:
        """At the end of each turn: change Raft's configuration and the catalog where that is due."""
        if self.configuration.wanted:
            self.configuration.change(leaving, turn)
        if self.catalog.busy:
            self.catalog.go_on(applied, turn)
        if self._began and self._raft.ready and not self._raft.behind:
            turn.sample("leader.barrier", (turn.now - self._began) / 1e6)
            self._began = 0

    def _propose(self, commands: list[Command], turn: Turn) -> None:
        self.proposals.propose_own(commands, turn)
