"""The end of tombstones: they are forgotten through the log, so that every replica forgets the same ones.

Consul lets the index of a list fall when its tombstones go. Here it never does: the index up to which tombstones were
reaped stays behind, as the least that a list of existing keys reports. Nobody is woken for it.
"""

from __future__ import annotations

from lictor_actors.store.families.kv.table import REAPED, KeyTable
from lictor_messages.answers import Written
from lictor_messages.kv import ReapTombstones


def reap(kv: KeyTable, command: ReapTombstones, index: int) -> Written:
    """Forget what was deleted at or before ``upto``."""
    old = [key for key, buried in kv.tombstones.items() if buried <= command.upto]
    if old:
        newest = max(kv.tombstones[key] for key in old)
        kv.indexes.tables[REAPED] = max(newest, kv.indexes.tables.get(REAPED, 0))
        kv.indexes.reaped_at = index
    for key in old:
        del kv.tombstones[key]
    return Written(index=index)
