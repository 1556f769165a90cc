"""Alias checks: those of this node follow the local state, those of others a blocking query on that node's checks.

other node > ListNodeChecks, blocking > no check of the service? > ListNodeServices > verdict > ask again
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lictor_actors.checks.alias import needs_service, not_found, verdict
from lictor_actors.checks.kind import SECOND, Verdict
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.local_state import LocalCheck, LocalState
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_messages.agent import AliasDue, CheckSpec
from lictor_messages.base import Message
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    CheckStatus,
    ListNodeChecks,
    ListNodeServices,
    NodeServices,
)

Judge = Callable[[str, CheckStatus, str, Turn], None]
WAIT_NS = 60 * SECOND
LATE_NS = 10 * SECOND
"""An answer is late by so much when its server is asked no more."""
AGAIN_NS = 5 * SECOND
"""Pause after a question that has failed."""


@dataclass(slots=True)
class RemoteAlias:
    """An alias of something on another node."""

    spec: CheckSpec
    request: str = ""
    """The question that is open, "" for none."""
    index: int = 0
    records: tuple[CheckRecord, ...] = ()


class Aliases:
    """The alias checks of this agent."""

    def __init__(self, node: str, local: LocalState, routes: ServerRoutes, judge: Judge) -> None:
        self._node = node
        self._local = local
        self._routes = routes
        self._judge = judge
        self._seen = 0
        """Version of the local state that was looked at last."""
        self._watched: dict[str, RemoteAlias] = {}
        self._open: dict[str, str] = {}
        """Request → id of the check."""

    def look(self, turn: Turn) -> None:
        """Something may have changed: an alias of an alias follows as well, and a circle of them comes to an end."""
        if self._seen == self._local.version:
            return
        aliases = [self._local.checks[check_id] for check_id in self._local.aliases]
        self._watch_no_others(aliases, turn)
        for _ in range(len(aliases) + 1):
            self._seen = self._local.version
            for check in aliases:
                self._follow(check, turn)
            if self._seen == self._local.version:
                return
        self._seen = self._local.version

    def _follow(self, check: LocalCheck, turn: Turn) -> None:
        spec = check.spec
        if spec.alias_node in ("", self._node):
            self._say(spec, self._locally(spec), turn)
        elif spec.id not in self._watched or self._watched[spec.id].spec != spec:
            self._drop(spec.id, turn)
            self._watched[spec.id] = RemoteAlias(spec)
            self._ask(self._watched[spec.id], turn)

    def _locally(self, spec: CheckSpec) -> Verdict:
        if spec.alias_service and spec.alias_service not in self._local.services:
            return not_found(spec.model_copy(update={"alias_node": self._node}))
        return verdict(spec, (check.record for check in self._local.checks.values()))

    def _say(self, spec: CheckSpec, said: Verdict, turn: Turn) -> None:
        self._judge(spec.id, *said, turn)

    # -- other nodes -----------------------------------------------------------

    def _watch_no_others(self, aliases: list[LocalCheck], turn: Turn) -> None:
        there = {check.spec.id for check in aliases}
        for check_id in [check_id for check_id in self._watched if check_id not in there]:
            self._drop(check_id, turn)

    def _drop(self, check_id: str, turn: Turn) -> None:
        watched = self._watched.pop(check_id, None)
        if watched is not None:
            self._open.pop(watched.request, None)
            turn.cancel_timer(f"alias:{check_id}")

    def due(self, due: AliasDue, turn: Turn) -> None:
        """Time to ask, for the first time after a failure or because no answer has come."""
        watched = self._watched.get(due.id)
        if watched is not None:
            self._open.pop(watched.request, None)
            self._ask(watched, turn)

    def _ask(self, watched: RemoteAlias, turn: Turn) -> None:
        query = ListNodeChecks(
            node=watched.spec.alias_node, consistency="stale", min_index=watched.index, wait_ns=WAIT_NS
        )
        self._send(watched, query, WAIT_NS + LATE_NS, turn)

    def _send(self, watched: RemoteAlias, query: ListNodeChecks | ListNodeServices, within: int, turn: Turn) -> None:
        server = self._routes.first()
        if server:
            watched.request = turn.ask(server, query, budget=within, token=self._routes.tokens.own)
            self._open[watched.request] = watched.spec.id
        self._later(watched, within if server else AGAIN_NS, turn)

    def _later(self, watched: RemoteAlias, after: int, turn: Turn) -> None:
        turn.set_timer(f"alias:{watched.spec.id}", after, AliasDue(id=watched.spec.id))

    def answered(self, request: str, message: Message, turn: Turn) -> bool:
        """Take the answer to one of our questions; False if it is not ours."""
        watched = self._watched.get(self._open.pop(request, ""))
        if watched is None:
            return False
        match message:
            case Checks():
                self._checks(watched, message, turn)
            case NodeServices():
                self._services(watched, message, turn)
            case _:
                watched.index = 0
                self._later(watched, AGAIN_NS, turn)
        return True

    def not_reached(self, request: str, server: str, turn: Turn) -> bool:
        """A question could not be handed over; False if it is not ours."""
        watched = self._watched.get(self._open.pop(request, ""))
        if watched is None:
            return False
        self._routes.rotate(server)
        self._later(watched, SECOND, turn)
        return True

    def _checks(self, watched: RemoteAlias, answer: Checks, turn: Turn) -> None:
        watched.index = answer.index if answer.index >= watched.index else 0
        watched.records = answer.checks
        if needs_service(watched.spec, answer.checks):
            query = ListNodeServices(node=watched.spec.alias_node, consistency="stale")
            self._send(watched, query, LATE_NS, turn)
            return
        self._say(watched.spec, verdict(watched.spec, answer.checks), turn)
        self._ask(watched, turn)

    def _services(self, watched: RemoteAlias, answer: NodeServices, turn: Turn) -> None:
        there = any(service.id == watched.spec.alias_service for service in answer.services)
        said = verdict(watched.spec, watched.records) if there else not_found(watched.spec)
        self._say(watched.spec, said, turn)
        # A service without checks that comes or goes would not end a blocking question about checks.
        watched.index = 0
        self._later(watched, AGAIN_NS, turn)
