"""Times as Go writes and reads them in JSON: RFC 3339, with as many digits of a second as there are."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lictor_messages.bounds import HIGHEST

SECOND_NS = 1_000_000_000
ZERO = "0001-01-01T00:00:00Z"
"""A time that was never set."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def go_time(ns: int) -> str:
    """Nanoseconds since 1970 as RFC 3339 in UTC; 0 is Go's zero time."""
    if not ns:
        return ZERO
    seconds, rest = divmod(ns, SECOND_NS)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    part = f"{rest:09d}".rstrip("0")
    return f"{whole}.{part}Z" if part else f"{whole}Z"


def parse_go_time(text: str) -> int:
    """The reverse; raises ValueError for what is no time, or none that nanoseconds in 64 bits can say."""
    if text == ZERO:
        return 0
    match = _TIME.fullmatch(text)
    fault = ValueError(f'parsing time "{text[:64]}": RFC 3339 is wanted, such as 2026-11-30T12:00:00Z')
    if match is None:
        raise fault
    try:
        whole = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    except ValueError:
        raise fault from None
    ns = int((whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND_NS + int(
        (match[2] or "").ljust(9, "0")
    )
    if not 0 < ns <= HIGHEST:
        raise fault
    return ns
