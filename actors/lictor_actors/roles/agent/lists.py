"""Lists of what an agent has and knows, for those who may see it."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.agent.access import AgentAccess
from lictor_actors.roles.agent.joining import ToProber
from lictor_actors.roles.agent.local_state import LocalState
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.catalog.hiding import check_is_seen
from lictor_messages.agent import ListLocalChecks, ListLocalServices, LocalChecks, LocalServices
from lictor_messages.base import Message
from lictor_messages.members import ListMembers, Members
from lictor_messages.refusals import Refused


class Lists:
    """Services, checks and members."""

    def __init__(self, local: LocalState, access: AgentAccess, to_prober: ToProber) -> None:
        self._local = local
        self._access = access
        self._to_prober = to_prober
        self._listing: dict[str, tuple[Ticket, Sight]] = {}
        """By the request to a prober: who wants to know of the members that may be seen."""

    def services(self, _: ListLocalServices, turn: Turn) -> None:
        """Answer LocalServices."""
        records, sight = (s.record for s in self._local.services.values()), self._access.sight(turn)
        seen = tuple(one for one in records if sight is None or sight.sees("service", "read", one.service))
        turn.reply(LocalServices(services=seen))

    def checks(self, _: ListLocalChecks, turn: Turn) -> None:
        """Answer LocalChecks."""
        records, sight = (c.record for c in self._local.checks.values()), self._access.sight(turn)
        turn.reply(LocalChecks(checks=tuple(one for one in records if sight is None or check_is_seen(one, sight))))

    def members(self, asked: ListMembers, turn: Turn) -> None:
        """Without ACLs the prober answers past the agent; with them its answer comes here."""
        sight, prober = self._access.sight(turn), self._to_prober.prober_of(asked)
        if sight is None or not prober:
            self._to_prober.of_pool(asked, turn)
        else:
            self._listing[turn.ask(prober, asked)] = turn.ticket(), sight

    def not_reached(self, request: str, _: str, turn: Turn) -> bool:
        """The prober is down; False if it was not asked by this."""
        return self.answered(request, Refused(code="Undeliverable"), turn)

    def answered(self, request: str, answer: Message, turn: Turn) -> bool:
        """A prober's word; False if it was not asked for here."""
        ticket, sight = self._listing.pop(request, (None, None))
        if ticket is None or sight is None:
            return False
        if isinstance(answer, Members):
            seen = tuple(member for member in answer.members if sight.sees("node", "read", member.name))
            answer = answer.model_copy(update={"members": seen})
        turn.answer(ticket, answer)
        return True
