"""Who may ask what of an agent: the one place where requests on the agent itself meet the rules.

Servers know what a token may do. An agent asks them and believes the answer for a while.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.requests.beliefs import DENIED, SILENT_NS, AskedAbout, Beliefs
from lictor_actors.roles.agent.guards import guards_of
from lictor_actors.roles.agent.local_state import LocalState
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_actors.store.acl.needs import objection
from lictor_actors.store.acl.sight import Sight, Sights
from lictor_actors.store.families.acl.builtin import MANAGEMENT
from lictor_messages.acl import AclResolved, Grants, ResolveAclToken
from lictor_messages.agent import AgentOptions
from lictor_messages.agent_acl import DownPolicy
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.secret import is_same


class AgentAccess:
    """Idle without ACLs. To its beliefs it is the ``Witnesses``: any server, for the newest tokens the leader."""

    def __init__(self, options: AgentOptions, routes: ServerRoutes, local: LocalState) -> None:
        self.on = options.acl
        self._options = options
        self._tokens = routes.tokens
        self._routes = routes
        self._local = local
        self._guards = guards_of(options.name)
        self._names = {"service": self._service, "check": self._checked}
        self._sights = Sights(default_allows=options.acl_default_policy == "allow")
        believed_ns = min(options.acl_token_ttl_ns, options.acl_policy_ttl_ns, options.acl_role_ttl_ns)
        self._beliefs: Beliefs[Sight] = Beliefs(self, believed_ns, options.acl_down_policy)
        """A server's word is of a token, its roles and its policies at once."""

    def admits(self, message: Message, turn: Turn) -> bool:
        """Whether the request in hand may be carried out now; if not, it is refused, or comes again."""
        guard = self._guards.get(type(message))
        if guard is None or turn.envelope is None or not turn.envelope.request:
            return True
        verdict = self._verdict(turn)
        token = self._tokens.of(turn.envelope)
        if verdict is None:
            self._beliefs.hold(turn.envelope, token, turn)
            return False
        self._beliefs.renew(token, turn)
        refused = objection(guard(message), verdict, self._names) if isinstance(verdict, Sight) else verdict
        if refused is not None:
            turn.reply(refused)
        return refused is None

    def sight(self, turn: Turn) -> Sight | None:
        """Whose request it is, of one that was admitted; None without ACLs."""
        verdict = self._verdict(turn) if self.on else None
        return verdict if isinstance(verdict, Sight) else None

    def _verdict(self, turn: Turn) -> Sight | Refused | None:
        """What is known of the token in hand, None if a server is to be asked."""
        token = self._tokens.of(turn.envelope) if turn.envelope is not None else ""
        if token and is_same(token, self._tokens.recovery):
            return self._sights.of("agent-recovery", _recovery(self._options.name))
        return self._beliefs.of(token, turn)

    # -- asking servers ---------------------------------------------------------

    def ask(self, token: str, sure: bool, turn: Turn) -> AskedAbout | None:
        """See ``Witnesses``."""
        server = self._routes.first()
        query = ResolveAclToken(consistency="default" if sure else "stale")
        return AskedAbout(turn.ask(server, query, budget=SILENT_NS, token=token), server) if server else None

    def heard(self, answer: Message, token: str) -> Sight | None:
        """See ``Witnesses``."""
        return self._sights.of(answer.accessor_id, answer.grants, token) if isinstance(answer, AclResolved) else None

    def failed(self, witness: str) -> None:
        """See ``Witnesses``."""
        self._routes.rotate(witness)

    def by_default(self, policy: DownPolicy) -> Sight | Refused:
        """See ``Witnesses``."""
        return self._sights.of("", Grants(rules=(MANAGEMENT.rules,))) if policy == "allow" else DENIED

    def answered(self, request: str, answer: Message, turn: Turn) -> bool:
        """A server's word; False if it was not asked for here."""
        return self._beliefs.answered(request, answer, turn)

    def not_reached(self, request: str, _: str, turn: Turn) -> bool:
        """The server was not there; False if it was not asked by this."""
        return self.answered(request, Refused(code="Undeliverable"), turn)

    # -- names --------------------------------------------------------------------

    def _service(self, given: str) -> str | None:
        service = self._local.services.get(given.partition("/")[2])
        return None if service is None else service.record.service

    def _checked(self, given: str) -> str | None:
        check = self._local.checks.get(given.partition("/")[2])
        return None if check is None else check.record.service_name

    def check(self) -> None:
        """See ``Beliefs``."""
        self._beliefs.check()


def _recovery(node: str) -> Grants:
    return Grants(rules=(f'agent "{node}" {{ policy = "write" }}\nnode_prefix "" {{ policy = "read" }}',))
