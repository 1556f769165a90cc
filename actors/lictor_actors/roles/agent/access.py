"""Who may ask what of an agent: the one place where requests on the agent itself meet the rules.

Servers know what a token may do. An agent asks them and believes the answer for a while; what comes with the same token
meanwhile waits. Where no server can be asked, the down policy says what holds.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.guards import guards_of
from lictor_actors.roles.agent.local_state import LocalState
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_actors.store.acl.needs import objection
from lictor_actors.store.acl.sight import Sight, Sights
from lictor_actors.store.families.acl.builtin import MANAGEMENT
from lictor_messages.acl import AclResolved, Grants, ResolveAclToken
from lictor_messages.agent import AgentOptions
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused
from lictor_messages.secret import is_same

KNOWN_MOST = 1024
"""Tokens whose rights are remembered: strangers may show any number of others."""
WAITING_MOST = 1024
"""Requests that wait until a server has said what their token may do."""
SILENT_NS = 2_000_000_000
"""A server that has not answered after this long is not waited for: the next request asks another."""


@dataclass(slots=True)
class _Known:
    verdict: Sight | Refused
    until: int


@dataclass(slots=True)
class _Asked:
    token: str = field(repr=False)
    server: str
    at: int
    held: list[Envelope]
    sure: bool
    """Whether the leader is asked: any server may answer, but one that lags behind does not know new tokens."""


class AgentAccess:
    """Idle without ACLs."""

    def __init__(self, options: AgentOptions, routes: ServerRoutes, local: LocalState) -> None:
        self.on = options.acl
        self._options = options
        self._tokens = routes.tokens
        self._routes = routes
        self._local = local
        self._guards = guards_of(options.name)
        self._names = {"service": self._service, "check": self._checked}
        self._believed = min(options.acl_token_ttl_ns, options.acl_policy_ttl_ns, options.acl_role_ttl_ns)
        """Nanoseconds: a server's word is of the token, its roles and its policies at once."""
        self._sights = Sights(default_allows=options.acl_default_policy == "allow")
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asked: dict[str, _Asked] = {}
        """By the id of the request to a server."""
        self._asking: dict[str, str] = {}
        """Token → id of the request about it."""

    def admits(self, message: Message, turn: Turn) -> bool:
        """Whether the request in hand may be carried out now; if not, it is refused, or comes again."""
        guard = self._guards.get(type(message))
        if guard is None or turn.envelope is None or not turn.envelope.request:
            return True
        verdict = self._verdict(turn)
        token = self._tokens.of(turn.envelope)
        if verdict is None:
            self._hold(turn.envelope, token, turn)
            return False
        self._renew(token, turn)
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
        known = self._known.get(token)
        return known.verdict if known is not None and self._holds(known, turn) else None

    def _holds(self, known: _Known, turn: Turn) -> bool:
        """Whether no server's word is waited for: with ``async-cache`` rights hold until there is another."""
        lasts = self._options.acl_down_policy == "async-cache" and isinstance(known.verdict, Sight)
        return lasts or turn.now < known.until

    def _renew(self, token: str, turn: Turn) -> None:
        """Ask about what holds for longer than it is believed; nothing waits for the answer."""
        known = self._known.get(token)
        if known is not None and turn.now >= known.until:
            self._ask_once(token, [], turn)

    # -- asking servers ---------------------------------------------------------

    def _hold(self, envelope: Envelope, token: str, turn: Turn) -> None:
        envelope.token = token
        if sum(len(each.held) for each in self._asked.values()) >= WAITING_MOST:
            turn.reply(Refused(code="Overloaded"))
        else:
            self._ask_once(token, [envelope], turn)

    def _ask_once(self, token: str, held: list[Envelope], turn: Turn) -> None:
        """Those held wait for the server that was asked already, or for another if that has been silent for long."""
        asked = self._asked.get(self._asking.get(token, ""))
        if asked is not None and turn.now - asked.at < SILENT_NS:
            asked.held += held
            return
        before = self._end(self._asking[token]).held if asked is not None else []
        self._ask(token, [*before, *held], turn)

    def _ask(self, token: str, held: list[Envelope], turn: Turn, *, sure: bool = False) -> None:
        server = self._routes.first()
        asked = _Asked(token, server, turn.now, held, sure)
        if not server:
            self._settle(asked, None, turn)
            return
        query = ResolveAclToken(consistency="default" if sure else "stale")
        request = turn.ask(server, query, budget=SILENT_NS, token=token)
        self._asked[request], self._asking[token] = asked, request

    def answered(self, request: str, answer: Message, turn: Turn) -> bool:
        """A server's word; False if it was not asked for here."""
        if request not in self._asked:
            return False
        asked = self._end(request)
        if isinstance(answer, AclResolved):
            self._settle(asked, self._sights.of(answer.accessor_id, answer.grants, asked.token), turn)
        elif isinstance(answer, Refused) and answer.code == "AclNotFound":
            self._settle(asked, answer, turn) if asked.sure else self._ask(asked.token, asked.held, turn, sure=True)
        else:
            self._routes.rotate(asked.server)
            self._settle(asked, None, turn)
        return True

    def not_reached(self, request: str, _: str, turn: Turn) -> bool:
        """The server was not there; False if it was not asked by this."""
        return self.answered(request, Refused(code="Undeliverable"), turn)

    def _end(self, request: str) -> _Asked:
        asked = self._asked.pop(request)
        self._asking.pop(asked.token, None)
        return asked

    def _settle(self, asked: _Asked, verdict: Sight | Refused | None, turn: Turn) -> None:
        """What holds from now on; None: no server could say it. Those who wait are heard again."""
        turn.sample("acl.ResolveToken", (turn.now - asked.at) / 1e6)
        token = asked.token
        known = self._known.pop(token, None)
        self._known[token] = _Known(verdict or self._without_servers(known), turn.now + self._ttl(verdict))
        while len(self._known) > KNOWN_MOST:
            self._known.popitem(last=False)
        for envelope in asked.held:
            turn.forward(turn.me, envelope)

    def _ttl(self, verdict: object) -> int:
        """At least as long as it takes to hear those who waited for it; a token that there is not may come to be."""
        return max(self._believed if isinstance(verdict, Sight) else 0, SILENT_NS)

    def _without_servers(self, known: _Known | None) -> Sight | Refused:
        policy = self._options.acl_down_policy
        if policy == "allow":
            return self._sights.of("", Grants(rules=(MANAGEMENT.rules,)))
        if policy != "deny" and known is not None:
            return known.verdict
        return Refused(code="PermissionDenied", text="Permission denied: no server can be asked what this token may do")

    # -- names --------------------------------------------------------------------

    def _service(self, given: str) -> str | None:
        service = self._local.services.get(given.partition("/")[2])
        return None if service is None else service.record.service

    def _checked(self, given: str) -> str | None:
        check = self._local.checks.get(given.partition("/")[2])
        return None if check is None else check.record.service_name

    def check(self) -> None:
        """Each token is asked about once at a time."""
        assert all(self._asking.get(asked.token) == request for request, asked in self._asked.items())


def _recovery(node: str) -> Grants:
    return Grants(rules=(f'agent "{node}" {{ policy = "write" }}\nnode_prefix "" {{ policy = "read" }}',))
