"""What a snapshot that a client brings has to be besides whole: a state that this store could have written itself.

It becomes every server's state at once. What a server cannot work with, it cannot work with after its next start
either, and no other server can: a wrong row costs the cluster, so it is refused while nothing has changed.
"""

from __future__ import annotations

from typing import Any

from lictor_actors.store.families.queries.rules import query_fault
from lictor_actors.store.families.sessions.table import session_fault
from lictor_actors.store.snapshot.frames import Header
from lictor_messages.bounds import HIGHEST, UINT64_MAX
from lictor_messages.kv import Entry
from lictor_messages.queries import PreparedQuery
from lictor_messages.sessions import SessionRecord

LEFT_OUT = ("dedup", "staged")
"""Tables of the log that the snapshot goes into: a restore keeps what is in them, and does not read these rows."""
INDEX_MOST = HIGHEST
"""No log gets there. The next writes would bring a higher index beyond what 64 bits hold, on every server alike."""
_KINDS_OF_INDEX = ("table", "service", "extinction", "reaped")


def header_fault(header: Header) -> str:
    """What is wrong with the header, "" if nothing is."""
    index, burned = header.index, header.burned
    if 0 <= index <= INDEX_MOST and 0 <= burned <= INDEX_MOST:
        return ""
    return f"its index is {index} and it has burned {burned}: both lie between 0 and {INDEX_MOST}"


def row_fault(table: str, row: Any, index: int) -> str:
    """What is wrong with one row of a snapshot of this index, "" if nothing is."""
    match table:
        case "kv":
            return _stamps_fault(row, index) or _entry_fault(row)
        case "nodes" | "services" | "checks":
            return _stamps_fault(row, index)
        case "sessions":
            session: SessionRecord = row
            return _stamps_fault(row, index) or session_fault(session)
        case "queries":
            query: PreparedQuery = row
            return _stamps_fault(row, index) or query_fault(query)
        case "autopilot":
            return "" if 0 <= row.create_index <= row.modify_index <= index else "its indexes are impossible"
        case "indexes":
            return "" if row[0] in _KINDS_OF_INDEX and _is(row, str, str, int) and 0 <= row[2] <= index else "no index"
        case "tombstones":
            return "" if _is(row, str, int) and 0 <= row[1] <= index else "no tombstone"
        case "lock-delays":
            return "" if _is(row, str, int, int) else "no lock-delay"
    return ""


def _is(row: Any, *types: type) -> bool:
    """Whether this is a tuple of such fields, and of others perhaps that a later version has added."""
    return isinstance(row, list) and len(row) >= len(types) and all(map(_is_a, row, types))


def _is_a(value: Any, wanted: type) -> bool:
    return type(value) is wanted  # a bool is no number here


def _stamps_fault(row: Any, index: int) -> str:
    if 0 < row.create_index <= row.modify_index <= index:
        return ""
    return f"it was made at {row.create_index} and changed at {row.modify_index}, and the snapshot is of {index}"


def _entry_fault(entry: Entry) -> str:
    if not entry.key:
        return "it has no key"
    if not 0 <= entry.flags <= UINT64_MAX:
        return f"its flags are {entry.flags}"
    return "" if 0 <= entry.lock_index <= INDEX_MOST else f"it was locked {entry.lock_index} times"
