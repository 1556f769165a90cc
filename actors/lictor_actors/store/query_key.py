"""What makes two queries the same question: everything but how long to wait and how fresh the answer must be."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from lictor_messages.answers import Query

QueryKey = tuple[type[Query], Any]

WAITING = ("min_index", "wait_ns")
FRESHNESS = ("consistency", "max_stale_ns", "dc", "rendered")

_QUESTIONS: dict[type[Query], Callable[[Query], Any]] = {}


def question(query: Query) -> QueryKey:
    """Equal for queries that one evaluation answers. Found on every read, so the getter is made once per type."""
    kind = type(query)
    getter = _QUESTIONS.get(kind)
    if getter is None:
        getter = _QUESTIONS[kind] = attrgetter(*_fields(kind), "kind")
    return kind, getter(query)


def _fields(kind: type[Query]) -> list[str]:
    return [name for name in kind.model_fields if name not in WAITING + FRESHNESS]
