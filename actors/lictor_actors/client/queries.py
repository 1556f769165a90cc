"""Prepared queries as clients see them: Consul's /v1/query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import error_of
from lictor_actors.client.questions import ask, nothing, read
from lictor_actors.client.results import Named, ReadOptions, Rows, query_fields
from lictor_messages.answers import Written
from lictor_messages.base import FrozenMap
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    ListPreparedQueries,
    PreparedQueries,
    PreparedQuery,
    QueryExecuted,
    QueryFailover,
    QueryTemplate,
    ServiceQuery,
    UpdatePreparedQuery,
)
from lictor_messages.refusals import Refused


class QueryApi(Api[M]):
    """Questions about a service that are kept under a name: what they find may change without those who ask."""

    @both
    def create(
        self,
        service: str,
        name: str = "",
        *,
        only_passing: bool = False,
        tags: Sequence[str] = (),
        near: str = "",
        node_meta: Mapping[str, str] | None = None,
        service_meta: Mapping[str, str] | None = None,
        failover: QueryFailover | None = None,
        template: QueryTemplate | None = None,
        session: str = "",
        dns_ttl: str = "",
        dc: str = "",
        timeout: Duration | None = None,
    ) -> Ask[str]:
        """Keep a query for a service and return its id; with a ``session`` it goes when that does."""
        wanted = ServiceQuery(
            service=service,
            failover=failover or QueryFailover(),
            only_passing=only_passing,
            near=near,
            tags=tuple(tags),
            node_meta=FrozenMap(node_meta or {}),
            service_meta=FrozenMap(service_meta or {}),
        )
        query = PreparedQuery(
            id=self.new_id(),
            name=name,
            session=session,
            template=template or QueryTemplate(),
            service=wanted,
            dns_ttl=dns_ttl,
        )
        command = CreatePreparedQuery(query=query, dc=dc)
        return ask(command, Written, lambda a: a.id if isinstance(a, Named) else query.id, timeout)

    @both
    def update(self, query: PreparedQuery, *, dc: str = "", timeout: Duration | None = None) -> Ask[None]:
        """Replace the query of this id: ``query.model_copy(update={…})`` of one that was read."""
        return ask(UpdatePreparedQuery(query=query, dc=dc), Written, nothing, timeout)

    @both
    def delete(self, query_id: str, *, dc: str = "", timeout: Duration | None = None) -> Ask[None]:
        """Forget a query."""
        return ask(DeletePreparedQuery(id=query_id, dc=dc), Written, nothing, timeout)

    @both
    def get(self, query_id: str, **options: Unpack[ReadOptions]) -> Ask[PreparedQuery | None]:
        """One query, None if it does not exist."""
        query = GetPreparedQuery(id=query_id, **query_fields(options))
        return read(query, PreparedQueries, lambda a: a.queries[0] if a.queries else None, options)

    @both
    def list(self, **options: Unpack[ReadOptions]) -> Ask[Rows[PreparedQuery]]:
        """All queries."""
        query = ListPreparedQueries(**query_fields(options))
        return read(query, PreparedQueries, lambda a: Rows.of(a, a.queries), options)

    @both
    def execute(
        self, name_or_id: str, *, limit: int = 0, near: str = "", dc: str = "", timeout: Duration | None = None
    ) -> Ask[QueryExecuted]:
        """Run a query: instances in a random order, or those nearest to the node ``near`` first; raises NotFound."""
        query = ExecutePreparedQuery(name_or_id=name_or_id, limit=limit, near=near, dc=dc)
        return ask(query, QueryExecuted, _executed, timeout)

    @both
    def explain(self, name_or_id: str, *, dc: str = "", timeout: Duration | None = None) -> Ask[PreparedQuery]:
        """The query that ``execute`` would run, with what a template fills in. Raises NotFound."""
        return ask(ExplainPreparedQuery(name_or_id=name_or_id, dc=dc), PreparedQueries, _explained, timeout)


def _executed(answer: QueryExecuted) -> QueryExecuted:
    if not answer.found:
        raise error_of(_NONE)
    return answer


def _explained(answer: PreparedQueries) -> PreparedQuery:
    if not answer.queries:
        raise error_of(_NONE)
    return answer.queries[0]


_NONE = Refused(code="NotFound", text="Query not found")
