"""What must hold between prepared queries, their names and their sessions."""

from __future__ import annotations

from lictor_actors.store.families.catalog.tables import fold
from lictor_actors.store.families.queries.table import QUERIES, PreparedTable
from lictor_actors.store.invariants import check_rows, holds


def check_queries(queries: PreparedTable) -> None:
    """Raises InvariantBroken with the first contradiction found."""
    check_rows(QUERIES, queries, queries.indexes.table(QUERIES))
    names = {fold(query.name): query.id for query in queries if query.name}
    holds(names == queries.by_name, "prepared queries and the index of their names differ")
    for query in queries:
        known = not query.session or not queries.session_fault(query.session)
        holds(known, f"prepared query {query.id} outlived its session {query.session}")
