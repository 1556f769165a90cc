"""Prepared queries, as the store holds them."""

from __future__ import annotations

from lictor_actors.store.families.catalog.family import CATALOG
from lictor_actors.store.families.catalog.guards import ANY_NODE, ANY_SERVICE
from lictor_actors.store.families.catalog.weights import instance_weight
from lictor_actors.store.families.queries import guards, hiding
from lictor_actors.store.families.queries.admission import refuse_query
from lictor_actors.store.families.queries.invariants import check_queries
from lictor_actors.store.families.queries.rules import query_fault
from lictor_actors.store.families.queries.shapes import SHAPES
from lictor_actors.store.families.queries.table import QUERIES as TABLE
from lictor_actors.store.families.queries.table import PreparedTable
from lictor_actors.store.families.sessions.family import SESSIONS
from lictor_actors.store.family import ANY_COMMAND, Family, Parts, Read, SliceRule, Write, never_blocks
from lictor_actors.store.guard import constant
from lictor_actors.store.snapshot.foreign import stamps_fault
from lictor_actors.store.snapshot.tables import Table, values
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
    RunPreparedQuery,
    UpdatePreparedQuery,
)


def _make(parts: Parts) -> PreparedTable:
    """A session that ends takes its queries with it."""
    sessions = SESSIONS.of(parts)
    queries = PreparedTable(parts.indexes, CATALOG.of(parts), sessions.fault)
    sessions.on_end.append(queries.session_ended)
    return queries


QUERIES = Family(
    name="queries",
    make=_make,
    writes=(
        Write(CreatePreparedQuery, PreparedTable.create, guards.create, refuse_query),
        Write(UpdatePreparedQuery, PreparedTable.update, guards.update, refuse_query),
        Write(DeletePreparedQuery, PreparedTable.delete, guards.delete),
    ),
    reads=(
        Read(
            GetPreparedQuery,
            PreparedTable.get,
            PreparedTable.version,
            lambda query: (("query", query.id),),
            guards.get,
        ),
        Read(
            ListPreparedQueries,
            PreparedTable.all,
            PreparedTable.list_version,
            lambda _: (("table", TABLE),),
            constant(guards.ANY_QUERY),
        ),
        Read(ExplainPreparedQuery, PreparedTable.explain, PreparedTable.list_version, never_blocks, guards.explain),
        Read(ExecutePreparedQuery, PreparedTable.execute, ANY_COMMAND, never_blocks, constant(ANY_SERVICE, ANY_NODE)),
        Read(RunPreparedQuery, PreparedTable.run, ANY_COMMAND, never_blocks, constant(ANY_SERVICE, ANY_NODE)),
    ),
    tables=(
        Table(
            "queries",
            lambda queries: values(queries.rows),
            PreparedTable.load,
            covers=("rows", "by_name", "templates", "by_session"),
            fault=lambda row, index: stamps_fault(row, index) or query_fault(row),
            record=PreparedQuery,
        ),
    ),
    state=iter,
    check=check_queries,
    shapes=SHAPES,
    hides={PreparedQueries: hiding.queries, QueryExecuted: hiding.executed},
    names={"query": hiding.query_name},
    cuts=(SliceRule(QueryExecuted, "instances", instance_weight, brackets=False),),
)
