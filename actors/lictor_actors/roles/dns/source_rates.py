"""How often each address may ask by UDP: who asks in another's name must not make this node flood that other one.

Beyond its rate an address gets answers without records that say "ask by TCP": they are no longer than the question,
and a real client asks again by a connection, which proves its address.
"""

from __future__ import annotations

from lictor_actors.requests.rate import TokenBucket

RATE = 5_000
"""Answers with records a second."""
BURST = 10_000
SOURCES_MOST = 8_192


class SourceRates:
    """A bucket of tokens for each address that asks from outside this machine."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def admit(self, source: str, now: int) -> bool:
        """Take a token; False if there is none. Loopback cannot be forged from elsewhere."""
        if source.startswith("127.") or source == "::1":
            return True
        bucket = self._buckets.get(source)
        if bucket is None:
            if len(self._buckets) >= SOURCES_MOST:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[source] = TokenBucket(RATE, BURST, now)
        return bucket.take(now)
