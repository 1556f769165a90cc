"""The values of one summary: totals since the start, figures of the last ten seconds.

Values are added as a plain list once a second, so that a value costs its caller one ``append``; what is done to a list
here runs at the speed of C. Of very many values every n-th is kept for the quantiles.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from operator import mul

KEPT_MOST = 2048
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper ends of a histogram's buckets, in seconds: syncs of disks from the fastest to those that stall elections."""


class Interval:
    """Figures of the values of one interval."""

    __slots__ = ("count", "kept", "max", "min", "squares", "step", "sum")

    def __init__(self) -> None:
        self.count = 0
        self.sum = self.squares = 0.0
        self.min, self.max = math.inf, -math.inf
        self.step = 1
        self.kept: list[float] = []
        """Every ``step``-th value."""

    def add(self, values: Sequence[float]) -> None:
        """Some more; there is one at least."""
        self.count += len(values)
        self.sum += sum(values)
        self.squares += sum(map(mul, values, values))
        self.min, self.max = min(self.min, min(values)), max(self.max, max(values))
        self.kept += values[:: self.step]
        while len(self.kept) > KEPT_MOST:
            self.kept, self.step = self.kept[::2], self.step * 2

    @property
    def mean(self) -> float:
        """Of its values; 0 without any."""
        return self.sum / self.count if self.count else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation of a sample, as go-metrics reckons it."""
        if self.count < 2:
            return 0.0
        return math.sqrt(max(0.0, self.squares - self.sum * self.sum / self.count) / (self.count - 1))


class Series:
    """One metric with one set of labels."""

    __slots__ = ("buckets", "count", "current", "last", "sum")

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.current = Interval()
        self.last = Interval()
        """The last whole interval."""
        self.buckets = [0] * (len(BOUNDS) + 1)

    def add(self, values: Sequence[float], *, in_buckets: bool) -> None:
        """What came since the last call."""
        self.current.add(values)
        self.count += len(values)
        self.sum += sum(values)
        if in_buckets:
            for value in values:
                self.buckets[bisect_left(BOUNDS, value)] += 1

    def roll(self) -> None:
        """An interval is over."""
        self.last, self.current = self.current, Interval()

    def cumulative(self) -> list[int]:
        """Values up to each bound, and all of them."""
        return list(accumulate(self.buckets))

    def quantile(self, share: float) -> float:
        """Of the values of the last ten to twenty seconds; NaN if there was none."""
        kept = sorted(self.last.kept + self.current.kept)
        return kept[min(len(kept) - 1, int(share * len(kept)))] if kept else math.nan
