"""What of Python's heap is alive, by type: how many objects, and how large they are without what they refer to."""

from __future__ import annotations

import gc
import sys
from collections import Counter

OBJECTS_MOST = 1_000_000
"""Looked at, about a second of a thread beside the event loop; the interpreter has no count without a walk."""
TYPES_MOST = 200


def heap() -> str:
    """A line per type, the largest sum of bytes first: ``bytes count module.type``."""
    alive = gc.get_objects()
    looked = min(len(alive), OBJECTS_MOST)
    counts: Counter[type] = Counter()
    sizes: Counter[type] = Counter()
    for at in range(looked):
        kind = type(alive[at])
        counts[kind] += 1
        sizes[kind] += sys.getsizeof(alive[at], 0)
    head = (
        f"# {looked} of {len(alive)} objects that the garbage collector follows (containers, and no texts, bytes or "
        f"numbers), {sizes.total()} bytes of their own\n# bytes count type\n"
    )
    largest = sizes.most_common(TYPES_MOST)
    return head + "".join(f"{size} {counts[kind]} {kind.__module__}.{kind.__qualname__}\n" for kind, size in largest)
