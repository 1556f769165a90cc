"""What never enters the log: a command that no server could apply would stop all of them, for good.

Of queries, what no server can answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.store.families.prepared import NAME_MOST, NAME_TOO_LONG
from lictor_actors.store.families.templates import places
from lictor_actors.store.snapshot.archive import STATE_MOST
from lictor_actors.store.store import Store
from lictor_actors.store.txn.transact import too_much
from lictor_messages.answers import Query
from lictor_messages.autopilot import SetAutopilotConfiguration
from lictor_messages.base import Message
from lictor_messages.bounds import UINT64_MAX
from lictor_messages.catalog import Register
from lictor_messages.kv import VALUE_MOST, DeleteKey, PutKey, ReapTombstones
from lictor_messages.queries import CreatePreparedQuery, UpdatePreparedQuery
from lictor_messages.refusals import Refused
from lictor_messages.snapshots import StageRestore
from lictor_messages.txn import KeyOperation, Transact

CHECKS_MOST = 512
"""Checks in one registration: each is put in its place among all that bear on the same service."""
PLACES_MOST = 128
"""Place-holders in a prepared query: each may be replaced by a whole name."""
NO_KEY = "Must provide key"
LEADERS_OWN = (ReapTombstones,)
"""Commands that only a leader gives, to itself."""


def refuse_command(store: Store, command: Message) -> Refused | None:
    """Why this command may not be proposed, None if it may. For what clients send, whatever door they came by."""
    rule = _RULES.get(type(command))
    if rule is not None:
        return rule(store, command)
    if not store.applies(command) or isinstance(command, LEADERS_OWN):
        return Refused(code="UnknownRequest", text=f"no command for the log: {command.kind}")
    return None


def not_rendered(query: Query) -> Refused:
    """For a query that is answered typed only, and asks for JSON."""
    return Refused(code="BadRequest", text=f"{query.kind} is not answered as JSON: ask with rendered=False")


def negative_wait(wait_ns: int) -> Refused:
    """For a query that blocks, for less than no time."""
    return Refused(code="BadRequest", text=f"wait_ns must not be negative ({wait_ns}): 0 stands for five minutes")


def _put(_: Store, command: PutKey) -> Refused | None:
    if not command.key:
        return _invalid(NO_KEY)
    if not 0 <= command.flags <= UINT64_MAX:
        return _bad_flags(command.flags)
    if len(command.value) > VALUE_MOST:
        return _too_large(command.key, len(command.value))
    return None


def _delete(_: Store, command: DeleteKey) -> Refused | None:
    return None if command.key or command.recurse else _invalid(NO_KEY)


def _transact(store: Store, command: Transact) -> Refused | None:
    on_keys = (operation.kv for operation in command.operations if operation.kv is not None)
    bad = next((refused for refused in map(_key_operation, on_keys) if refused is not None), None)
    return bad or too_much(store, command.operations)


def _key_operation(op: KeyOperation) -> Refused | None:
    if not 0 <= op.flags <= UINT64_MAX:
        return _bad_flags(op.flags)
    return _too_large(op.key, len(op.value)) if len(op.value) > VALUE_MOST else None


def _register(_: Store, command: Register) -> Refused | None:
    if len(command.checks) > CHECKS_MOST:
        text = f"a registration carries {CHECKS_MOST} checks at most, not {len(command.checks)}: register more of them"
        return Refused(code="TooLarge", text=f"{text} with further requests")
    return None


def _autopilot(_: Store, command: SetAutopilotConfiguration) -> Refused | None:
    for name, value in command.configuration:
        if type(value) is int and value < 0:
            return _invalid(f"{name} must not be negative, it is {value}")
    return None


def _stage(store: Store, command: StageRestore) -> Refused | None:
    if not command.id:
        return _invalid("id must name the restore: all its parts carry the same")
    if sum(map(len, store.staged.parts)) + len(command.data) > STATE_MOST:
        return Refused(code="TooLarge", text=f"a snapshot that is restored has {STATE_MOST} bytes at most")
    return _invalid(f"part counts from 0, it is {command.part}") if command.part < 0 else None


def _prepared(_: Store, command: CreatePreparedQuery | UpdatePreparedQuery) -> Refused | None:
    if len(command.query.name) > NAME_MOST:
        return _invalid(f"Invalid prepared query: {NAME_TOO_LONG}")
    used = places(command.query.service)
    if used > PLACES_MOST:
        return _invalid(f"Invalid prepared query: {used} variables are used, {PLACES_MOST} at most can be")
    return None


_RULES: dict[type[Message], Callable[[Store, Any], Refused | None]] = {
    PutKey: _put,
    DeleteKey: _delete,
    Transact: _transact,
    Register: _register,
    SetAutopilotConfiguration: _autopilot,
    StageRestore: _stage,
    CreatePreparedQuery: _prepared,
    UpdatePreparedQuery: _prepared,
}
"""Of commands that the store applies; what depends on the state is refused by ``apply``, on every server alike."""


def _invalid(text: str) -> Refused:
    return Refused(code="Invalid", text=text)


def _bad_flags(flags: int) -> Refused:
    return _invalid(f"flags must be an unsigned number of 64 bits, not {flags}")


def _too_large(key: str, size: int) -> Refused:
    return Refused(code="TooLarge", text=f'Value for key "{key}" is too large ({size} > {VALUE_MOST} bytes)')
