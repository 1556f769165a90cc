"""What a snapshot that a client brings has to be besides whole: a state that this store could have written itself.

It becomes every server's state at once. What a server cannot work with, it cannot work with after its next start
either, and no other server can: a wrong row costs the cluster, so it is refused while nothing has changed. What a row
may be, its table says (``Table.fault``); here is what several need for that.
"""

from __future__ import annotations

from typing import Any

from lictor_actors.store.snapshot.frames import Header
from lictor_messages.bounds import HIGHEST

INDEX_MOST = HIGHEST
"""No log gets there. The next writes would bring a higher index beyond what 64 bits hold, on every server alike."""


def header_fault(header: Header) -> str:
    """What is wrong with the header, "" if nothing is."""
    index, burned = header.index, header.burned
    if 0 <= index <= INDEX_MOST and 0 <= burned <= INDEX_MOST:
        return ""
    return f"its index is {index} and it has burned {burned}: both lie between 0 and {INDEX_MOST}"


def row_is(row: Any, *types: type) -> bool:
    """Whether this is a tuple of such fields, and of others perhaps that a later version has added."""
    return isinstance(row, list) and len(row) >= len(types) and all(map(_is_a, row, types))


def _is_a(value: Any, wanted: type) -> bool:
    return type(value) is wanted  # a bool is no number here


def stamps_fault(row: Any, index: int) -> str:
    """What is wrong with the indexes of a row of a snapshot of this index, "" if nothing is."""
    if 0 < row.create_index <= row.modify_index <= index:
        return ""
    return f"it was made at {row.create_index} and changed at {row.modify_index}, and the snapshot is of {index}"
