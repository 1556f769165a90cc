"""Durations as a caller may write them: seconds, a text such as ``"1m30s"``, or a timedelta."""

from __future__ import annotations

from datetime import timedelta

from lictor_actors.client.errors import InvalidArgument
from lictor_messages.durations import parse_go_duration

NS = 1_000_000_000
Duration = float | str | timedelta
"""Seconds as a number, a text with units as Go and Consul write them (``"150ms"``, ``"1m30s"``), or a timedelta."""


def nanoseconds(value: Duration, name: str) -> int:
    """What ``value`` means, at least 0; raises InvalidArgument, which says what ``name`` takes."""
    if isinstance(value, timedelta):
        ns = round(value.total_seconds() * NS)
    elif isinstance(value, str):
        ns = _read(value, name)
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf"):
        ns = round(value * NS)
    else:
        raise InvalidArgument(f"{name} is {value!r}: write seconds, a text such as '10s' or '1m30s', or a timedelta")
    if ns < 0:
        raise InvalidArgument(f"{name} is {value!r}: it cannot be negative")
    return ns


def seconds(value: Duration, name: str) -> float:
    """The same in seconds."""
    return nanoseconds(value, name) / NS


def _read(text: str, name: str) -> int:
    try:
        return parse_go_duration(text)
    except ValueError as error:
        raise InvalidArgument(f"{name} is {text!r}: {error}; write it like '10s' or '1m30s', or as a number") from None
