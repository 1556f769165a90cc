"""Whose token it is: servers say it, once for all who show it within a few seconds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from lictor_actors.hosts.node import Node
from lictor_actors.store.acl.identities import ANONYMOUS_ACCESSOR
from lictor_messages.acl import AclResolved, ResolveAclToken
from lictor_messages.envelope import Envelope, at

UNKNOWN = "unknown"
"""Whose a token is that no server knows, or that none was reached for."""
KEPT_NS = 5_000_000_000
KEPT_MOST = 1024
"""Strangers may show any number of tokens."""
SILENT_NS = 2_000_000_000
"""So long a server is waited for."""
Told = Callable[[str], None]


class Bearers:
    """Asks by a door of its own, ``audit@node``."""

    def __init__(self, node: Node, boot: int) -> None:
        """``boot``: see ``Site``."""
        self._node = node
        self._me, self._agent = at("audit", node.name), at("agent", node.name)
        self._prefix = f"{boot:x}.a"
        self._count = 0
        self._closed = False
        self._known: OrderedDict[str, tuple[str, int]] = OrderedDict()
        """Token → accessor id, and until when it is believed."""
        self._waiting: dict[str, list[Told]] = {}
        """By token."""
        self._asked: dict[str, str] = {}
        """Request → token."""
        node.open_door("audit", self._answered, self._asked.__contains__)

    def tell(self, token: str, told: Told) -> None:
        """Call ``told``, now or later, with the accessor id: "" of the anonymous token, or UNKNOWN."""
        accessor, until = self._known.get(token, ("", 0))
        if self._closed:
            told(UNKNOWN)
        elif self._node.ground.now(self._node.name) < until:
            told(accessor)
        elif token in self._waiting:
            self._waiting[token].append(told)
        else:
            self._waiting[token] = [told]
            self._ask(token)

    def close(self) -> None:
        """Those that are waited for stay unknown, and those that come now."""
        self._closed = True
        for request in list(self._asked):
            self._settle(request, UNKNOWN)

    def _ask(self, token: str) -> None:
        self._count += 1
        request = f"{self._prefix}{self._count:x}"
        self._asked[request] = token
        query = ResolveAclToken()  # at the leader: others may not know new tokens yet
        self._node.ground.later(self._node.name, SILENT_NS, lambda: self._settle(request, UNKNOWN))
        self._node.deliver(
            Envelope(self._me, self._agent, query, request, self._me, 0, SILENT_NS, request, token=token)
        )

    def _answered(self, envelope: Envelope) -> None:
        body = envelope.body
        accessor = body.accessor_id if isinstance(body, AclResolved) else UNKNOWN
        self._settle(envelope.request, "" if accessor == ANONYMOUS_ACCESSOR else accessor)

    def _settle(self, request: str, accessor: str) -> None:
        token = self._asked.pop(request, None)
        if token is None:
            return  # it was settled without this answer
        self._known.pop(token, None)
        self._known[token] = accessor, self._node.ground.now(self._node.name) + KEPT_NS
        while len(self._known) > KEPT_MOST:
            self._known.popitem(last=False)
        for told in self._waiting.pop(token):
            told(accessor)
