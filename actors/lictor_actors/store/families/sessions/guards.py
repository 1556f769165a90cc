"""What requests on sessions need: rights on their nodes."""

from __future__ import annotations

from lictor_actors.store.guard import Need
from lictor_messages.sessions import CreateSession, DestroySession, ListNodeSessions, RenewSession
from lictor_messages.txn import SessionOperation

Needs = tuple[Need, ...]
EVERY = Need("session", "read", extent="rows")


def create(command: CreateSession) -> Needs:
    """The node that the session is tied to."""
    return (Need("session", "write", command.session.node),)


def of_stored(message: DestroySession | RenewSession | SessionOperation) -> Needs:
    """The node of the session that is named."""
    return (Need("session", "write", message.id, "stored"),)


def of_node(query: ListNodeSessions) -> Needs:
    """The node."""
    return (Need("session", "read", query.node, "rows"),)
