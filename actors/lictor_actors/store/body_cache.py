"""Bodies rendered once per query, rights and version, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from lictor_actors.store.query_key import QueryKey, question
from lictor_messages.answers import Query, Rendered

Key = tuple[QueryKey, str]
"""A question, and the rights of those who ask it."""
OVERHEAD = 256
"""Bytes counted for each body on top of its own: key, tuple and table slot."""


@dataclass(slots=True)
class Body:
    """An answer's JSON with the index that it reports; ``found`` is False for a KV miss."""

    version: int
    index: int
    body: bytes
    found: bool
    in_part: bool = False
    """Whether there are rows that its asker may not see."""
    said: Rendered | None = None
    """The answer that carried it last: the same object again as long as it says the same."""


class BodyCache:
    """The bodies last used, by query; each is good for one ``Store.version`` of its query."""

    __slots__ = ("_bodies", "_bytes", "_max_bytes", "hits", "misses")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bodies: OrderedDict[Key, Body] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, query: Query, version: int, rights: str = "") -> Body | None:
        """The body for this query at ``Store.version(query)``, or None if it has to be made.

        What one asker was told is told to others of equal ``rights``, and to no others.
        """
        key = (question(query), rights)
        known = self._bodies.get(key)
        if known is None or known.version != version:
            self.misses += 1
            return None
        self._bodies.move_to_end(key)
        self.hits += 1
        return known

    def put(self, query: Query, body: Body, rights: str = "") -> None:
        """Keep a body, in place of an older one; those not used for longest make room."""
        key = (question(query), rights)
        self._drop(key)
        if _size(body) > self._max_bytes:
            return
        self._bodies[key] = body
        self._bytes += _size(body)
        while self._bytes > self._max_bytes:
            _, oldest = self._bodies.popitem(last=False)
            self._bytes -= _size(oldest)

    def clear(self) -> None:
        """Forget everything: the store was replaced."""
        self._bodies.clear()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def _drop(self, key: Key) -> None:
        known = self._bodies.pop(key, None)
        if known is not None:
            self._bytes -= _size(known)


def _size(body: Body) -> int:
    return len(body.body) + OVERHEAD
