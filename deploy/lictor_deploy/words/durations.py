"""Durations as people write them on the command line."""

from __future__ import annotations

from lictor_deploy.words.sentence import Failure
from lictor_messages.durations import duration_ns


def seconds(text: str) -> float:
    """Seconds of a duration such as 1m30s, or of a plain number of them; Failure if it is neither."""
    try:
        return duration_ns(text) / 1e9
    except ValueError as error:
        raise Failure(f"{error}. Write it like 80ms or 1m30s, or as a number of seconds.") from None
