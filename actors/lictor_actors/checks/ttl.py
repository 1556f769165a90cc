"""TTL: the owner of a check reports. A report holds for its time, restarts of the agent or not."""

from __future__ import annotations

from lictor_messages.agent import TtlState, UpdateCheck
from lictor_messages.catalog import CheckRecord

REMEMBER_EVERY_NS = 1_000_000_000
"""A report that says what the last one said is written this often at most, and ten times within a time to live."""


def report_of(record: CheckRecord, ttl_ns: int, wall: int) -> TtlState:
    """What has just been reported."""
    return TtlState(id=record.check_id, status=record.status, output=record.output, holds_until=wall + ttl_ns)


def is_news(said: TtlState, last: TtlState | None, ttl_ns: int) -> bool:
    """Whether the journal has to be told, which knows ``last``."""
    if last is None or (said.status, said.output) != (last.status, last.output):
        return True
    return not 0 <= said.holds_until - last.holds_until < min(REMEMBER_EVERY_NS, ttl_ns // 10)


def time_left(state: TtlState | UpdateCheck, ttl_ns: int, wall: int) -> int:
    """Nanoseconds for which a report still holds. Older versions wrote UpdateCheck, of an unknown age."""
    return min(ttl_ns, state.holds_until - wall) if isinstance(state, TtlState) else ttl_ns


def expired(last: str) -> str:
    """The output of a check whose last report, with this output, holds no more."""
    return f"TTL expired (last output before timeout follows): {last}" if last else "TTL expired"
