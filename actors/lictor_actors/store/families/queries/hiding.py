"""What of prepared queries an asker may not see, and by which names rules know them."""

from __future__ import annotations

from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.families.catalog.hiding import seen_instances
from lictor_actors.store.families.queries.table import PreparedTable
from lictor_messages.answers import Answer, Query
from lictor_messages.queries import ListPreparedQueries, PreparedQueries, PreparedQuery, QueryExecuted

HIDDEN = "<hidden>"


def queries(query: Query, answer: PreparedQueries, sight: Sight) -> Answer:
    """Of a list the queries that may be read; their tokens are for those who may write tokens."""
    rows = answer.queries
    if sight.sees("acl", "write"):
        return answer
    if isinstance(query, ListPreparedQueries):
        rows = tuple(row for row in rows if _has_name(row) and sight.sees("query", "read", row.name))
    hidden = (row.model_copy(update={"token": HIDDEN}) if row.token else row for row in rows)
    return answer.model_copy(update={"queries": tuple(hidden)})


def executed(_: object, answer: QueryExecuted, sight: Sight) -> QueryExecuted:
    """Instances whose service and whose node may be seen."""
    return answer.model_copy(update={"instances": seen_instances(answer.instances, sight)})


def query_name(table: PreparedTable, name_or_id: str) -> str | None:
    """Of the query, or the template, that this id or name finds; None for one without a name: its id is enough."""
    row = table.rows.get(name_or_id)
    if row is None:
        try:
            row = table.resolve(name_or_id)
        except QueryRefused:
            return None
    return row.name if row is not None and _has_name(row) else None


def _has_name(row: PreparedQuery) -> bool:
    return bool(row.name or row.template.type)
