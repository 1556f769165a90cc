"""Sessions: a node's claim to be alive, to which locks and prepared queries are tied (Consul's session endpoint)."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message, Record
from lictor_messages.catalog import SERF_HEALTH
from lictor_messages.json_names import Json

SECOND_NS = 1_000_000_000
TTL_MIN_NS = 10 * SECOND_NS
TTL_MAX_NS = 86_400 * SECOND_NS
LOCK_DELAY_NS = 15 * SECOND_NS
LOCK_DELAY_MAX_NS = 60 * SECOND_NS
"""A longer lock-delay is kept as it was given, but counts as this long."""


class SessionRecord(Record):
    """A session. It dies with its node, with any of its checks, when its TTL is not renewed, or when destroyed."""

    id: Annotated[str, Json("ID")]
    """A UUID, chosen by the doorway that creates the session: ``apply`` draws no random numbers."""
    node: Annotated[str, Json("Node")]
    """"" lets the agent that passes the request on fill in its own node."""
    name: Annotated[str, Json("Name", before="Node")] = ""
    lock_delay_ns: Annotated[int, Json("LockDelay", "lock_delay")] = LOCK_DELAY_NS
    """For how long no session may lock a key that this one lost."""
    behavior: Annotated[str, Json("Behavior")] = "release"
    """What becomes of the session's keys: ``release`` or ``delete``."""
    ttl: Annotated[str, Json("TTL")] = ""
    """A Go duration from 10 s to 24 h; "" or zero: the session needs no renewal."""
    node_checks: Annotated[tuple[str, ...], Json("NodeChecks")] = (SERF_HEALTH,)
    service_checks: Annotated[tuple[str, ...], Json("ServiceChecks", "check_ids", empty="null")] = ()
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class CreateSession(Command, kind="sessions.create_session", on=WIRE | STORED):
    """Create a session. Outcome: Written, or Refused Invalid in Consul's words."""

    session: SessionRecord


class DestroySession(Command, kind="sessions.destroy_session", on=WIRE | STORED):
    """End a session; also what the leader proposes when a TTL has run out. Outcome: Written, also if it is unknown."""

    id: Annotated[str, Json("ID")]


class GetSession(Query, kind="sessions.get_session", on=WIRE):
    """/v1/session/info/:id; answered by Sessions (none or one)."""

    id: str


class ListNodeSessions(Query, kind="sessions.list_node_sessions", on=WIRE):
    """/v1/session/node/:node; answered by Sessions."""

    node: str


class ListSessions(Query, kind="sessions.list_sessions", on=WIRE):
    """/v1/session/list; answered by Sessions."""


class RenewSession(Query, kind="sessions.renew_session", on=WIRE):
    """/v1/session/renew/:id: the leader starts the TTL anew. Answered by Sessions, none if it is gone.

    No entry of the log: after a change of leader every TTL starts in full anyway.
    """

    id: str


class Sessions(Answer, kind="sessions.sessions", on=WIRE):
    """Sessions in the order of their ids."""

    sessions: tuple[SessionRecord, ...]


class SessionsDue(Message):
    """The leader's timer: the TTL of some session may have run out."""
