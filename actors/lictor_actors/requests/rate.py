"""How often something may be done: a bucket of tokens that fills with time."""

from __future__ import annotations

SECOND_NS = 1_000_000_000


class TokenBucket:
    """Full at first. Times in nanoseconds."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: int) -> None:
        """``rate``: tokens that come each second; ``burst``: the most that it holds."""
        self._rate = rate
        self._burst = self._tokens = burst
        self._at = now

    def take(self, now: int) -> bool:
        """Take a token; False if there is none."""
        tokens = min(self._burst, self._tokens + (now - self._at) * self._rate / SECOND_NS)
        taken = tokens >= 1
        self._tokens, self._at = (tokens - 1 if taken else tokens), now
        return taken
