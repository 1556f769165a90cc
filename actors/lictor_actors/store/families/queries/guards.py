"""What requests on prepared queries need. One without a name and a template needs nothing but its id."""

from __future__ import annotations

from lictor_actors.store.guard import Need
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    UpdatePreparedQuery,
)

Needs = tuple[Need, ...]
ANY_QUERY = Need("query", "read", extent="rows")


def create(command: CreatePreparedQuery) -> Needs:
    """The name, or the prefix for which a template stands."""
    query = command.query
    return (Need("query", "write", query.name),) if query.name or query.template.type else ()


def update(command: UpdatePreparedQuery) -> Needs:
    """The name that the query has, and the one that it gets."""
    return (Need("query", "write", command.query.id, "stored"), *create(CreatePreparedQuery(query=command.query)))


def delete(command: DeletePreparedQuery) -> Needs:
    """The name that the query has."""
    return (Need("query", "write", command.id, "stored"),)


def get(query: GetPreparedQuery) -> Needs:
    """The name that the query has."""
    return (Need("query", "read", query.id, "stored"),)


def explain(query: ExplainPreparedQuery) -> Needs:
    """The name that the query has, which may be a template's."""
    return (Need("query", "read", query.name_or_id, "stored"),)
