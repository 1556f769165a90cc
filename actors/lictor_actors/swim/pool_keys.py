"""The keys of this pool: what the host holds is changed on all members by queries, as Serf does it.

A member that hears such a query has its host do it, which keeps the keys and puts them in force, and answers then. No
key goes into a pool that is not encrypted.
"""

from __future__ import annotations

import base64
from collections import Counter
from functools import partial

from pydantic import ValidationError

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.swim.asking import Asking
from lictor_actors.swim.queries import PoolQueries
from lictor_messages.base import FrozenMap
from lictor_messages.envelope import at, datacenter_of
from lictor_messages.host import PoolLane
from lictor_messages.keyring import ChangeKeyring, KeyringChanged, KeyringReport, KeyringVerb, NodeKeys, RunKeyring
from lictor_messages.pool import ANSWER_MOST, AskPool, PoolAnswer, PoolAnswered, PoolQuery

QUERIES: dict[KeyringVerb, str] = {
    "install": "_serf_install-key",
    "use": "_serf_use-key",
    "remove": "_serf_remove-key",
    "list": "_serf_list-keys",
}
"""Serf's own names."""
NO_BASE64 = "illegal base64 data"
OPEN_MOST = 64
"""Queries that wait for the host, which answers within the tick."""


class PoolKeys:
    """Asks about keys, and answers."""

    def __init__(self, node: str, lane: PoolLane, encrypted: bool, queries: PoolQueries, asking: Asking) -> None:
        self.key_id = ""
        """Of the primary key, in hex; "" while gossip is not encrypted, or the host has not said."""
        self._node = node
        self._lane: PoolLane = lane
        self._encrypted = encrypted
        self._queries = queries
        self._asking = asking
        self._open: dict[str, PoolQuery] = {}
        for verb, name in QUERIES.items():
            queries.on(name, partial(self._asked, verb))

    def begin(self, turn: Turn) -> None:
        """Learn from the host by which key it encrypts."""
        if self._encrypted:
            self._have("list", b"", turn)

    def run(self, asked: RunKeyring, turn: Turn) -> None:
        """Do it on all members; the asker hears KeyringReport."""
        try:
            key = base64.b64decode(asked.key, validate=True) if self._encrypted else b""
        except ValueError:  # of which binascii's error is one
            turn.reply(KeyringReport(dc=datacenter_of(self._node), nodes=0, error=NO_BASE64, wan=asked.wan), early=True)
            return
        ask = AskPool(name=QUERIES[asked.verb], payload=key, relay_factor=asked.relay_factor)
        refused = self._asking.ask(ask, partial(self._report, asked, turn.ticket()), turn)
        if refused is not None:
            turn.reply(refused, early=True)

    def changed(self, changed: KeyringChanged, turn: Turn) -> None:
        """The host has done it, or has not."""
        self.key_id = changed.key_id
        query = self._open.pop(turn.envelope.request, None) if turn.envelope is not None else None
        if query is not None:
            self._queries.answer(query, _payload(changed), turn)

    def _asked(self, verb: KeyringVerb, query: PoolQuery, turn: Turn) -> None:
        if len(self._open) < OPEN_MOST:
            self._open[self._have(verb, query.payload, turn)] = query
        else:
            turn.count("keyring_queries_dropped")

    def _have(self, verb: KeyringVerb, key: bytes, turn: Turn) -> str:
        # Early: the prober's journal says nothing of keys.
        return turn.ask(at("host", self._node), ChangeKeyring(pool=self._lane, verb=verb, key=key), early=True)

    def _report(self, asked: RunKeyring, ticket: Ticket, answered: PoolAnswered, turn: Turn) -> None:
        said = {answer.node: _read(answer) for answer in answered.answers}
        errors = {node: one.error for node, one in said.items() if one.error}
        lists = [one.keys for one in said.values() if one.keys] if asked.verb == "list" else []
        nodes, error = len(answered.asked), ""
        if errors:
            error = f"{len(errors)}/{nodes} nodes reported failure"
        elif len(said) != nodes:
            error = f"{len(said)}/{nodes} nodes reported success"
        report = KeyringReport(
            dc=datacenter_of(self._node),
            nodes=nodes,
            error=error,
            wan=asked.wan,
            messages=FrozenMap(errors),
            keys=FrozenMap(Counter(key for keys in lists for key in keys)),
            primary_keys=FrozenMap(Counter(keys[0] for keys in lists)),
        )
        turn.answer(ticket, report, early=True)


def _payload(changed: KeyringChanged) -> bytes:
    """As many keys as fit into an answer."""
    keys = changed.keys
    while True:
        error = changed.error
        if len(keys) < len(changed.keys):
            error = f"truncated key list response, showing first {len(keys)} of {len(changed.keys)} keys"
        data = NodeKeys(error=error, keys=keys).model_dump_json().encode()
        if len(data) <= ANSWER_MOST or not keys:
            return data[:ANSWER_MOST]
        keys = keys[:-1]


def _read(answer: PoolAnswer) -> NodeKeys:
    try:
        return NodeKeys.model_validate_json(answer.payload)
    except ValidationError:
        return NodeKeys(error="Failed to decode the node's answer")
