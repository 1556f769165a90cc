"""Tokens of the primary datacenter on a server of another one that does not replicate them: the primary is asked.

Its word is believed for ``acl.token_ttl``; while it is not reached ``acl.down_policy`` says what holds. Policies and
roles are replicated in any case, so that what a token may do is always what they are here and now.
"""

from __future__ import annotations

from collections.abc import Iterable

from lictor_actors.kernel.turn import Turn
from lictor_actors.requests.beliefs import DENIED, AskedAbout, Beliefs
from lictor_actors.store.acl.sight import Sight, Sights
from lictor_messages.acl import AclToken, AclTokens, GetOwnAclToken, Grants
from lictor_messages.agent_acl import DownPolicy
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.server import RemoteTokensDue, ServerOptions

ASKED_ANEW = Refused(code="NotReady", text="the primary datacenter is asked about a token")


class RemoteTokens:
    """Idle in the primary datacenter, and where its tokens are replicated. To its beliefs it is the ``Witnesses``."""

    def __init__(self, options: ServerOptions, own: Sights) -> None:
        self.on = options.replicates_acls and not options.acl_replicates_tokens
        self._options = options
        self._own = own
        self._open = Sights(default_allows=True)
        self._beliefs: Beliefs[AclToken | Sight] = Beliefs(self, options.acl_token_ttl_ns, options.acl_down_policy)

    def waits(self, turn: Turn) -> bool:
        """True if the request in hand is held until its token is known; what is known for long is renewed."""
        envelope = turn.envelope
        if not self.on or envelope is None or not envelope.request:
            return False
        if self._beliefs.of(envelope.token, turn) is None:
            self._beliefs.hold(envelope, envelope.token, turn)
            return True
        self._beliefs.renew(envelope.token, turn)
        return False

    def bearer(self, secret: str) -> AclToken | Sight | Refused:
        """The token with this secret, or what holds without the primary's word."""
        return self._beliefs.last(secret) or ASKED_ANEW

    def learn(self, secret: str, turn: Turn) -> None:
        """One that no request shows, such as a prepared query's own."""
        if self._beliefs.of(secret, turn) is None:
            self._beliefs.learn(secret, turn)

    def renew(self, secrets: Iterable[str], turn: Turn) -> None:
        """Those of blocked queries, by which nothing is asked for long."""
        for secret in secrets:
            self._beliefs.renew(secret, turn)

    def answered(self, request: str, answer: Message, turn: Turn) -> bool:
        """The primary's word, or that there is none; False if it was not asked for here."""
        ours = self._beliefs.answered(request, answer, turn)
        if ours:
            turn.set_timer("remote-tokens", self._options.acl_token_ttl_ns, RemoteTokensDue())
        return ours

    def changed(self) -> bool:
        """Whether any token became another since this was asked last."""
        changed, self._beliefs.changed = self._beliefs.changed, False
        return changed

    # -- the primary's servers ----------------------------------------------------

    def ask(self, token: str, sure: bool, turn: Turn) -> AskedAbout | None:
        """See ``Witnesses``."""
        router = self._options.router
        query = GetOwnAclToken(dc=self._options.primary_dc, consistency="default" if sure else "stale")
        return AskedAbout(turn.ask(router, query, early=True, token=token), router) if router else None

    def heard(self, answer: Message, token: str) -> AclToken | Refused | None:
        """See ``Witnesses``."""
        if not isinstance(answer, AclTokens) or not answer.tokens:
            return None
        (found,) = answer.tokens
        text = f'Permission denied: This is a local token in datacenter "{self._options.primary_dc}"'
        return Refused(code="PermissionDenied", text=text) if found.local else found

    def failed(self, witness: str) -> None:
        """See ``Witnesses``: the router chooses among servers by itself."""

    def by_default(self, policy: DownPolicy) -> Sight | Refused:
        """See ``Witnesses``. As in Consul the default policy holds where rights might have been extended."""
        if policy == "allow":
            return self._open.of("", Grants())
        return DENIED if policy == "deny" else self._own.of("", Grants())

    def check(self) -> None:
        """See ``Beliefs``."""
        self._beliefs.check()
