"""The patterns of queries' tag filters, in RE2's syntax, which takes no longer than its text is long."""

from __future__ import annotations

from lictor_actors.store.filter.patterns import BadPattern, compiled, found
from lictor_messages.pool import AskPool
from lictor_messages.refusals import Refused


def matches(pattern: str, text: str) -> bool:
    """Whether it is found there. Raises ValueError for what is no pattern."""
    return found(pattern, text) is not None


def pattern_refused(ask: AskPool) -> Refused | None:
    """What is wrong with a query's filters, None if nothing is."""
    for tag, pattern in ask.tags.items():
        try:
            compiled(pattern)
        except BadPattern as e:
            return Refused(code="BadRequest", text=f"Invalid filter of the tag {tag}: error parsing regexp: {e}")
    return None
