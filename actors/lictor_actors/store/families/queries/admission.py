"""What never enters the log as a prepared query."""

from __future__ import annotations

from lictor_actors.store.families.queries.table import NAME_MOST, NAME_TOO_LONG, PreparedTable
from lictor_actors.store.families.queries.templates import places
from lictor_messages.queries import CreatePreparedQuery, UpdatePreparedQuery
from lictor_messages.refusals import Refused

PLACES_MOST = 128
"""Place-holders in a prepared query: each may be replaced by a whole name."""


def refuse_query(_: PreparedTable, command: CreatePreparedQuery | UpdatePreparedQuery) -> Refused | None:
    """A name that is too long, or so many place-holders that the query could grow without bounds."""
    if len(command.query.name) > NAME_MOST:
        return Refused(code="Invalid", text=f"Invalid prepared query: {NAME_TOO_LONG}")
    used = places(command.query.service)
    if used > PLACES_MOST:
        text = f"Invalid prepared query: {used} variables are used, {PLACES_MOST} at most can be"
        return Refused(code="Invalid", text=text)
    return None
