"""What must hold between sessions, what they stand on, and the keys that they have locked."""

from __future__ import annotations

from lictor_actors.store.families.catalog.tables import fold
from lictor_actors.store.families.sessions.table import SESSIONS, SessionTable
from lictor_actors.store.invariants import check_rows, holds


def check_sessions(sessions: SessionTable) -> None:
    """Raises InvariantBroken with the first contradiction found."""
    check_rows(SESSIONS, sessions, sessions.indexes.table(SESSIONS))
    by_node = sum(map(len, sessions.by_node.values()))
    holds(by_node == len(sessions.rows), "sessions by node and by id differ in number")
    for session in sessions:
        holds(session.id in sessions.by_node[fold(session.node)], f"session {session.id} is not found by its node")
        holds(fold(session.node) in sessions.catalog.nodes, f"session {session.id} is on {session.node}: unknown")
        for check_id in (*session.node_checks, *session.service_checks):
            check = sessions.catalog.check(session.node, check_id)
            alive = check is not None and check.status != "critical"
            holds(alive, f"session {session.id} outlived its check {check_id}")
    for holder in sessions.locks.kv.held:
        holds(holder in sessions.rows, f"keys are locked by {holder}, which is no more")


def check_locks(sessions: SessionTable) -> None:
    """The same of keys, with a look at each."""
    kv = sessions.locks.kv
    held = {(entry.session, entry.key) for entry in kv.entries.values() if entry.session}
    holds(
        held == {(session, key) for session, keys in kv.held.items() for key in keys},
        "locked keys and the index of them differ",
    )
    for session, key in sorted(held):
        holds(session in sessions.rows, f"{key} is locked by {session}, which is no more")
        holds(kv.entries[key].lock_index > 0, f"{key} is locked, but was never acquired")
