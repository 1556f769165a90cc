"""Prepared queries: a question about a service that is kept in the store under a name (Consul's /v1/query)."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, FrozenMap, ReadOnly, Record
from lictor_messages.catalog import Instance
from lictor_messages.json_names import Json
from lictor_messages.secret import Secret


class FailoverTarget(Record):
    """One place to look."""

    datacenter: Annotated[str, Json("Datacenter", empty="omitted")] = ""
    peer: Annotated[str, Json("Peer", empty="omitted")] = ""
    """A peered cluster: Lictor has none."""


class QueryFailover(Record):
    """Where to look when the own datacenter has nothing: the nearest ones, then these in order; or the targets."""

    nearest_n: Annotated[int, Json("NearestN")] = 0
    datacenters: Annotated[tuple[str, ...], Json("Datacenters", empty="null")] = ()
    targets: Annotated[tuple[FailoverTarget, ...], Json("Targets", empty="omitted")] = ()


class ServiceQuery(Record):
    """Which instances of which service. A tag with ``!`` in front must be absent."""

    service: Annotated[str, Json("Service")]
    failover: Annotated[QueryFailover, Json("Failover")] = QueryFailover()
    only_passing: Annotated[bool, Json("OnlyPassing")] = False
    """Leave out instances with warnings too; critical ones are always left out."""
    ignore_check_ids: Annotated[tuple[str, ...], Json("IgnoreCheckIDs", empty="null")] = ()
    near: Annotated[str, Json("Near")] = ""
    tags: Annotated[tuple[str, ...], Json("Tags", empty="null")] = ()
    node_meta: Annotated[ReadOnly, Json("NodeMeta", empty="null")] = FrozenMap()
    service_meta: Annotated[ReadOnly, Json("ServiceMeta", empty="null")] = FrozenMap()
    connect: Annotated[bool, Json("Connect")] = False


class QueryTemplate(Record):
    """With a type, the query stands for every name that begins with its own; ``regexp`` gives ``${match(N)}``."""

    type: Annotated[str, Json("Type")] = ""
    """``name_prefix_match``, or "" for a plain query."""
    regexp: Annotated[str, Json("Regexp")] = ""
    remove_empty_tags: Annotated[bool, Json("RemoveEmptyTags")] = False


class PreparedQuery(Record):
    """A kept query."""

    id: Annotated[str, Json("ID")]
    """A UUID, chosen by the doorway that creates the query."""
    name: Annotated[str, Json("Name")] = ""
    session: Annotated[str, Json("Session")] = ""
    """The query goes when this session does."""
    token: Annotated[Secret, Json("Token")] = ""
    template: Annotated[QueryTemplate, Json("Template")] = QueryTemplate()
    service: Annotated[ServiceQuery, Json("Service")]
    dns_ttl: Annotated[str, Json("DNS", "dns")] = ""
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class CreatePreparedQuery(Command, kind="queries.create_prepared_query", on=WIRE | STORED):
    """Keep a new query. Outcome: Written, or Refused Invalid in Consul's words."""

    query: PreparedQuery


class UpdatePreparedQuery(Command, kind="queries.update_prepared_query", on=WIRE | STORED):
    """Replace the query of this id. Outcome: Written or Refused Invalid."""

    query: PreparedQuery


class DeletePreparedQuery(Command, kind="queries.delete_prepared_query", on=WIRE | STORED):
    """Forget a query. Outcome: Written, or Refused Invalid if there is none."""

    id: str


class GetPreparedQuery(Query, kind="queries.get_prepared_query", on=WIRE):
    """/v1/query/:id; answered by PreparedQueries (none or one)."""

    id: str


class ListPreparedQueries(Query, kind="queries.list_prepared_queries", on=WIRE):
    """/v1/query; answered by PreparedQueries."""


class ExecutePreparedQuery(Query, kind="queries.execute_prepared_query", on=WIRE):
    """/v1/query/:id-or-name/execute; answered by QueryExecuted. Never blocks; each answer is in an order of its own."""

    name_or_id: str
    limit: int = 0
    """At most so many instances; 0: all."""
    near: str = ""
    """A node's name, ``_agent`` or ``_ip``; "" for what the query itself says."""
    agent: str = ""
    """The node that was asked, which ``_agent`` stands for."""
    source_ip: str = ""
    """Where the question came from: ``_ip`` stands for the node that has this address."""
    connect: bool = False
    """Only instances that take part in the service mesh, also where the query itself does not say so."""


class RunPreparedQuery(Query, kind="queries.run_prepared_query", on=WIRE):
    """From a server of another datacenter, which has nothing: run this query here; answered by QueryExecuted."""

    query: PreparedQuery
    limit: int = 0
    connect: bool = False


class ExplainPreparedQuery(Query, kind="queries.explain_prepared_query", on=WIRE):
    """/v1/query/:id-or-name/explain: the query that execute would run; answered by PreparedQueries."""

    name_or_id: str


class PreparedQueries(Answer, kind="queries.prepared_queries", on=WIRE):
    """Queries in the order of their ids."""

    queries: tuple[PreparedQuery, ...]


class QueryExecuted(Answer, kind="queries.query_executed", on=WIRE):
    """What a query found; ``found`` is False if there is no such query."""

    found: bool = True
    service: str = ""
    instances: tuple[Instance, ...] = ()
    dns_ttl: str = ""
    datacenter: str = ""
    failovers: int = 0
    """Other datacenters that were asked."""
    near: str = ""
    """The node by whose distance the instances are to be sorted, "" for a random order."""
