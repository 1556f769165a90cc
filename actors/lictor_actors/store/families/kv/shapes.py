"""Answers on keys as Consul's JSON."""

from __future__ import annotations

from lictor_actors.consul.json_rows import entry_json
from lictor_actors.store.family import MISSING, Shapes
from lictor_messages.answers import Query
from lictor_messages.kv import Entries, KeyNames, ListKeyNames


def _entries(_: Query, answer: Entries) -> object:
    return [entry_json(entry) for entry in answer.entries] or MISSING


def _key_names(query: Query, answer: KeyNames) -> object:
    """No keys under a prefix is a miss; no keys at all is an empty list."""
    root = isinstance(query, ListKeyNames) and not query.prefix
    return answer.keys if answer.keys or root else MISSING


SHAPES: Shapes = {Entries: _entries, KeyNames: _key_names}
