"""How many queries and commands a server takes a second: Consul's limits.request_limits.

A query that goes on, and what is asked of the servers themselves, is never limited: an operator must get through.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.requests.rate import TokenBucket
from lictor_actors.roles.server.cluster_status import STATUS_QUERIES
from lictor_messages.answers import Command, Query
from lictor_messages.autopilot import GetAutopilotHealth, RemovePeer, TransferLeadership
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions
from lictor_messages.slices import ReadSlice
from lictor_messages.snapshots import ReadSnapshot

BURST = 10
"""A bucket holds as many seconds' worth, as in Consul."""
NOTE_EVERY_NS = 10_000_000_000
EXEMPT = frozenset((*STATUS_QUERIES, GetAutopilotHealth, RemovePeer, TransferLeadership, ReadSlice, ReadSnapshot))


class RequestLimits:
    """Two buckets, one for reads and one for writes, and what is done when one of them is empty."""

    def __init__(self, options: ServerOptions, now: int) -> None:
        self._mode = options.request_limits_mode
        self._reads = _bucket(options.read_rate, now)
        self._writes = _bucket(options.write_rate, now)
        self._noted = now - NOTE_EVERY_NS

    def refuses(self, message: Query | Command, leads: bool, turn: Turn) -> Refused | None:
        """Why this one is not taken, None if it is. ``leads``: no other server could do a write either."""
        if self._mode == "disabled" or type(message) in EXEMPT:
            return None
        writes = isinstance(message, Command)
        bucket = self._writes if writes else self._reads
        if bucket is None or bucket.take(turn.now):
            return None
        self._exceeded("write" if writes else "read", turn)
        if self._mode == "permissive":
            return None
        return Refused(code="LeaderRateExceeded" if writes and leads else "RateExceeded")

    def _exceeded(self, what: str, turn: Turn) -> None:
        turn.count(f"rpc.rate_limit.exceeded;limit_type=global/{what};mode={self._mode}")
        if turn.now - self._noted >= NOTE_EVERY_NS:
            self._noted = turn.now
            turn.note(f"limits.request_limits: more requests to {what} than its rate ({self._mode})")


def _bucket(rate: float, now: int) -> TokenBucket | None:
    return TokenBucket(rate, max(1, int(rate) * BURST), now) if rate >= 0 else None
