"""Answers as Consul's JSON: their shapes are their families', here they become bytes."""

from __future__ import annotations

from typing import Any

import orjson

from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.family import MISSING
from lictor_messages.answers import Answer, Query


def shape(query: Query, answer: Answer) -> Any:
    """The JSON value of an answer that was found, before it becomes bytes."""
    return FAMILIES.shapes[type(answer)](query, answer)


def render(query: Query, answer: Answer) -> tuple[bytes, bool]:
    """The body of this answer and whether there is one: False is Consul's 404 without a body (a KV miss)."""
    body = FAMILIES.shapes[type(answer)](query, answer)
    return (b"", False) if body is MISSING else (to_json(body), True)


def to_json(value: object) -> bytes:
    """Minified JSON; like Go's encoder it escapes what a browser could take for markup."""
    data = orjson.dumps(value)
    for char, escaped in _MARKUP:
        if char in data:
            data = data.replace(char, escaped)
    return data


_MARKUP = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)
