"""What never enters the log: a command that no server could apply would stop all of them, for good.

Of queries, what no server can answer. What each family keeps out stands beside it.
"""

from __future__ import annotations

from lictor_actors.store.store import Store
from lictor_messages.answers import Query
from lictor_messages.base import Message
from lictor_messages.refusals import Refused


def refuse_command(store: Store, command: Message) -> Refused | None:
    """Why this command may not be proposed, None if it may. For what clients send, whatever door they came by."""
    try:
        admit = store.admits[type(command)]
    except KeyError:
        return Refused(code="UnknownRequest", text=f"no command for the log: {command.kind}")
    refused: Refused | None = admit(command)
    return refused


def not_rendered(query: Query) -> Refused:
    """For a query that is answered typed only, and asks for JSON."""
    return Refused(code="BadRequest", text=f"{query.kind} is not answered as JSON: ask with rendered=False")


def negative_wait(wait_ns: int) -> Refused:
    """For a query that blocks, for less than no time."""
    return Refused(code="BadRequest", text=f"wait_ns must not be negative ({wait_ns}): 0 stands for five minutes")
