"""The router: a server's link to the other datacenters.

server > router > server of another datacenter      a Query or Command; the answer comes back the same way
server > router                                     FailOver: a prepared query that found nothing here
prober, prober-wan > router                         members of both pools
"""

from __future__ import annotations

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.kernel.vocabulary import By, Handler, Handlers, Vocabulary
from lictor_actors.roles.wan.crossings import Crossings
from lictor_actors.roles.wan.failover import Failover
from lictor_actors.roles.wan.flooding import Flooding
from lictor_actors.roles.wan.remote_servers import RemoteServers
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.datacenters import FailOver, FloodDue, SilentDue
from lictor_messages.envelope import at
from lictor_messages.host import Undeliverable
from lictor_messages.members import (
    ListMembers,
    MemberEvent,
    MemberFailed,
    MemberJoined,
    MemberLeft,
    MemberReaped,
    Members,
    MemberUpdated,
    UserEvent,
)
from lictor_messages.refusals import Refused
from lictor_messages.server import RouterOptions
from lictor_messages.slices import LargeAnswer, ReadSlice
from lictor_messages.snapshots import ReadSnapshot, SnapshotOpened

MEMBERS = (MemberJoined, MemberUpdated, MemberFailed, MemberLeft, MemberReaped)
KEPT_THERE = "#"
"""Between the address of the server that keeps something for its asker and the id under which it does."""


class DatacenterRouter(Actor):
    """One per server that is in the pool of all datacenters. It remembers nothing that a journal would have to keep."""

    hears = (
        Vocabulary(any_answer=True)
        .on(ReadSlice, ReadSnapshot, by=By.NODES)
        .asked_by("agent", "server", "gateway")
        .on(Query, Command, FailOver, *MEMBERS, Members, UserEvent, Undeliverable, SilentDue, FloodDue)
    )

    def __init__(self, options: RouterOptions) -> None:
        self._options = options
        self.servers = RemoteServers()
        self.crossings = Crossings(self.servers)
        self._failover = Failover(options.dc, options.wan_prober, self.crossings)
        self._flooding = Flooding(options.node, options.wan_prober, self.servers)
        self._handlers = Handlers(self.hears, self._table())

    def start(self, turn: Turn) -> None:
        """Both pools are asked who is there."""
        turn.ask(self._options.prober, ListMembers())
        turn.ask(self._options.wan_prober, ListMembers())
        self._flooding.begin(turn)

    def handle(self, message: Message, turn: Turn) -> None:
        """Answers to what this actor has asked; all else is in the table."""
        envelope = turn.envelope
        if envelope is not None and envelope.request and not envelope.reply_to:
            self._answered(envelope.request, message, turn)
        else:
            self._handlers[type(message)](message, turn)

    def check(self) -> None:
        """See ``Crossings.check``."""
        self.crossings.check()

    def _table(self) -> dict[type[Message], Handler]:
        return {
            Query: self._cross,
            Command: self._cross,
            ReadSlice: self._read_on,
            ReadSnapshot: self._read_on,
            FailOver: self._failover.begin,
            **dict.fromkeys(MEMBERS, self._member_changed),
            Members: self._listed,
            UserEvent: self._ignored,
            Undeliverable: self._ignored,
            SilentDue: self.crossings.silent,
            FloodDue: lambda _, turn: self._flooding.due(turn),
        }

    # -- requests --------------------------------------------------------------

    def _cross(self, message: Query | Command, turn: Turn) -> None:
        ticket = turn.ticket()
        self.crossings.begin(message.dc, message, lambda answer, of, turn: _pass_back(ticket, answer, of, turn), turn)

    def _read_on(self, read: ReadSlice | ReadSnapshot, turn: Turn) -> None:
        """The rest of what one server keeps: only that one can be asked."""
        server, _, kept = read.id.partition(KEPT_THERE)
        if not self.servers.lives(server):
            turn.reply(Refused(code="NotReady"))
            return
        ticket, there = turn.ticket(), read.model_copy(update={"id": kept, "dc": ""})
        self.crossings.begin("", there, lambda answer, _, turn: turn.answer(ticket, answer), turn, only=server)

    def _answered(self, request: str, message: Message, turn: Turn) -> None:
        if isinstance(message, Members):
            self._listed(message, turn)
        elif self._failover.ordered(request, message, turn):
            return
        elif isinstance(message, Undeliverable):
            self.crossings.not_reached(message, turn)
        else:
            self.crossings.answered(request, message, turn)

    # -- members ---------------------------------------------------------------

    def _listed(self, listed: Members, turn: Turn) -> None:
        if self._is_of_all(turn):
            self.servers.listed(listed.members, turn.rng)
        else:
            self._flooding.listed(listed.members, turn)

    def _member_changed(self, event: MemberEvent, turn: Turn) -> None:
        member = event.member
        if not self._is_of_all(turn):
            self._flooding.changed(member, turn)
        elif isinstance(event, MemberReaped):
            self.servers.forgotten(member, turn.rng)
        else:
            self.servers.changed(member, turn.rng)
            if isinstance(event, MemberFailed | MemberLeft):
                self.crossings.server_gone(at("server", member.node), turn)

    def _is_of_all(self, turn: Turn) -> bool:
        return turn.envelope is not None and turn.envelope.source == self._options.wan_prober

    def _ignored(self, _: Message, __: Turn) -> None:
        """User events are their own pool's."""


def _pass_back(ticket: Ticket, answer: Message, source: str, turn: Turn) -> None:
    """Of what its server keeps the asker, which cannot reach it, reads the rest through this actor."""
    if isinstance(answer, LargeAnswer | SnapshotOpened) and answer.server == source:
        answer = answer.model_copy(update={"server": turn.me, "id": f"{source}{KEPT_THERE}{answer.id}"})
    turn.answer(ticket, answer)
