"""Keys that an asker may not see."""

from __future__ import annotations

from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.kv.table import cut_at
from lictor_messages.answers import Answer
from lictor_messages.kv import Entries, KeyNames, ListKeyNames


def entries(_: object, answer: Entries, sight: Sight) -> Answer:
    """Those that may be read."""
    seen = tuple(entry for entry in answer.entries if sight.sees("key", "read", entry.key))
    return answer.model_copy(update={"entries": seen})


def names(query: ListKeyNames, answer: KeyNames, sight: Sight) -> Answer:
    """The same of names, cut only then: that there is something below a separator is told by what may be read there."""
    seen = tuple(key for key in answer.keys if sight.sees("key", "read", key))
    return answer.model_copy(update={"keys": cut_at(seen, query) if query.separator else seen})


def every_name(query: ListKeyNames) -> ListKeyNames:
    """The query that tells each of them."""
    return query.model_copy(update={"separator": ""})
