"""What never enters the log as a key or a value."""

from __future__ import annotations

from lictor_actors.store.families.kv.table import KeyTable
from lictor_messages.bounds import UINT64_MAX
from lictor_messages.cut import size
from lictor_messages.kv import KEY_MOST, VALUE_MOST, DeleteKey, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.txn import KeyOperation

NO_KEY = Refused(code="Invalid", text="Must provide key")


def refuse_put(_: KeyTable, command: PutKey) -> Refused | None:
    """A key without a name, flags or a value that are too large."""
    return value_fault(command) if command.key else NO_KEY


def refuse_delete(_: KeyTable, command: DeleteKey) -> Refused | None:
    """A key without a name; only a tree may have none."""
    return None if command.key or command.recurse else NO_KEY


def value_fault(write: PutKey | KeyOperation) -> Refused | None:
    """Why no key can hold this."""
    if not 0 <= write.flags <= UINT64_MAX:
        return Refused(code="Invalid", text=f"flags must be an unsigned number of 64 bits, not {write.flags}")
    if len(write.key) > KEY_MOST // 4 and size(write.key) > KEY_MOST:  # no character takes more than four
        return Refused(code="TooLarge", text=f"Key is too long ({size(write.key)} > {KEY_MOST} bytes)")
    if len(write.value) > VALUE_MOST:
        text = f'Value for key "{write.key}" is too large ({len(write.value)} > {VALUE_MOST} bytes)'
        return Refused(code="TooLarge", text=text)
    return None
