"""What never enters the log: a command that no server could apply would stop all of them, for good."""

from __future__ import annotations

from lictor_actors.store.store import Store
from lictor_messages.base import Message
from lictor_messages.kv import DeleteKey, PutKey, ReapTombstones
from lictor_messages.refusals import Refused

UNSIGNED_MOST = 2**64 - 1
"""Flags and indexes are unsigned numbers of 64 bits in Consul's API."""
NO_KEY = "Must provide key"
LEADERS_OWN = (ReapTombstones,)
"""Commands that only a leader gives, to itself."""


def refuse_command(store: Store, command: Message) -> Refused | None:
    """Why this command may not be proposed, None if it may. For what clients send, whatever door they came by."""
    if not store.applies(command) or isinstance(command, LEADERS_OWN):
        return Refused(code="UnknownRequest", text=f"no command for the log: {command.kind}")
    why = ""
    if isinstance(command, PutKey):
        why = _put_fault(command)
    elif isinstance(command, DeleteKey) and not command.key and not command.recurse:
        why = NO_KEY
    return Refused(code="Invalid", text=why) if why else None


def _put_fault(command: PutKey) -> str:
    if not command.key:
        return NO_KEY
    if not 0 <= command.flags <= UNSIGNED_MOST:
        return f"flags must be an unsigned number of 64 bits, not {command.flags}"
    return ""
