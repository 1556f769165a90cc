"""Sessions as clients see them: Consul's /v1/session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration, nanoseconds
from lictor_actors.client.questions import ask, ok, read
from lictor_actors.client.results import Named, ReadOptions, Rows, query_fields
from lictor_messages.answers import Written
from lictor_messages.catalog import SERF_HEALTH
from lictor_messages.durations import go_duration
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
    SessionRecord,
    Sessions,
)

Behavior = Literal["release", "delete"]


class SessionApi(Api[M]):
    """Sessions: what locks are tied to. They end with their node, with a check, or when nobody renews them."""

    @both
    def create(
        self,
        name: str = "",
        *,
        node: str = "",
        ttl: Duration = 0.0,
        lock_delay: Duration = 15.0,
        behavior: Behavior = "release",
        node_checks: Sequence[str] = (SERF_HEALTH,),
        service_checks: Sequence[str] = (),
        dc: str = "",
        timeout: Duration | None = None,
    ) -> Ask[str]:
        """Begin a session and return its id. No ``ttl``: no renewal needed.

        ``node`` is the agent's own if left out; in another datacenter, ``dc``, it must be named.
        Raises BadRequest for a node or check that is not there or critical.
        """
        session = SessionRecord(
            id=self.new_id(),
            name=name,
            node=node,
            ttl=go_duration(nanoseconds(ttl, "ttl")) if ttl else "",
            lock_delay_ns=nanoseconds(lock_delay, "lock_delay"),
            behavior=behavior,
            node_checks=tuple(node_checks),
            service_checks=tuple(service_checks),
        )
        return ask(
            CreateSession(session=session, dc=dc),
            Written,
            lambda a: a.id if isinstance(a, Named) else session.id,
            timeout,
        )

    @both
    def renew(self, session_id: str, *, dc: str = "", timeout: Duration | None = None) -> Ask[SessionRecord | None]:
        """Start the TTL anew; None if the session is gone."""
        return ask(RenewSession(id=session_id, dc=dc), Sessions, _one, timeout)

    @both
    def destroy(self, session_id: str, *, dc: str = "", timeout: Duration | None = None) -> Ask[bool]:
        """End a session: its keys are released, or deleted, and shunned for its lock-delay."""
        return ask(DestroySession(id=session_id, dc=dc), Written, ok, timeout)

    @both
    def info(self, session_id: str, **options: Unpack[ReadOptions]) -> Ask[SessionRecord | None]:
        """One session, None if it does not exist."""
        return read(GetSession(id=session_id, **query_fields(options)), Sessions, _one, options)

    @both
    def list(self, node: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[SessionRecord]]:
        """All sessions, or those of a node."""
        fields = query_fields(options)
        query = ListNodeSessions(node=node, **fields) if node else ListSessions(**fields)
        return read(query, Sessions, lambda a: Rows.of(a, a.sessions), options)


def _one(answer: Sessions) -> SessionRecord | None:
    return answer.sessions[0] if answer.sessions else None
