"""Durations as people write them on the command line."""

from __future__ import annotations

from lictor_deploy.words.sentence import Failure
from lictor_messages.durations import parse_go_duration


def seconds(text: str) -> float:
    """A Go duration in seconds; Failure if it is none."""
    try:
        return parse_go_duration(text) / 1e9
    except ValueError as error:
        raise Failure(f"{error}. Write it like 80ms or 1.5s.") from None
