"""Answers without the rows that their asker may not see."""

from __future__ import annotations

from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.store import Store
from lictor_messages.answers import Answer, Query
from lictor_messages.base import Message


def hidden(store: Store, query: Query, answer: Answer, sight: Sight) -> tuple[Answer, Answer]:
    """What this asker may see of the answer, and all that it was chosen from."""
    hide = FAMILIES.hides.get(type(answer))
    if hide is None:
        return answer, answer
    read = FAMILIES.reads[type(query)]
    whole = store.evaluate(read.in_full(query)) if read.in_full is not None else answer
    return hide(query, whole, sight), whole


def outcome_for(sight: Sight | None, outcome: Message) -> Message:
    """What the asker of a write may see of its outcome: a transaction reads, too. None: all."""
    hide = FAMILIES.hides.get(type(outcome)) if sight is not None else None
    return outcome if hide is None or sight is None else hide(None, outcome, sight)


def rows_of(answer: Answer) -> int:
    """How many rows there are."""
    return sum(len(value) for value in answer.__dict__.values() if isinstance(value, tuple))
