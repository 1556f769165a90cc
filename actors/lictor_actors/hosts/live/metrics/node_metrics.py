"""What is counted and sampled of one node, or of the process that its nodes share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from lictor_actors.consul.metrics import METRICS, named
from lictor_actors.hosts.live.metrics.series import Series
from lictor_actors.kernel.actor import Reading

Read = Callable[[], Iterable[Reading]]
"""Reads gauges, and counters that are kept elsewhere."""


class NodeMetrics:
    """A registry of its own: nothing of one node is seen in another's."""

    def __init__(self, read: Read, events: str) -> None:
        """``read`` is called when metrics are asked for; ``events``: the metric that ``count`` goes to."""
        self._read = read
        self._events = events
        self.counts: Counter[str] = Counter()
        self.samples: dict[str, list[float]] = defaultdict(list)
        """Values of summaries and histograms since ``fold``, by name with labels."""
        self._series: dict[str, Series] = {}
        self._before: dict[str, float] = {}
        """Counters at the end of the interval before the last."""
        self._at_roll: dict[str, float] = {}

    def fold(self) -> None:
        """Once a second: make figures of what was sampled."""
        for what, values in self.samples.items():
            if values:
                series = self._series.get(what)
                if series is None:
                    series = self._series[what] = Series()
                taken = values[:]  # a collection of garbage may begin at any moment and adds its own time
                del values[: len(taken)]
                series.add(taken, in_buckets=named(what)[0].kind == "histogram")

    def roll(self) -> None:
        """An interval of ten seconds is over."""
        self.fold()
        for series in self._series.values():
            series.roll()
        self._before, self._at_roll = self._at_roll, self.counters(self._read())

    def counters(self, readings: Iterable[Reading]) -> dict[str, float]:
        """All counters, by name with labels."""
        kept = {what: value for what, value in readings if named(what)[0].kind == "counter"}
        return kept | {counter_of(what, self._events): float(count) for what, count in self.counts.items()}

    def readings(self) -> list[Reading]:
        """Gauges and counters that are kept elsewhere, as they are now."""
        return list(self._read())

    def series(self) -> dict[str, Series]:
        """Summaries and histograms, by name with labels, up to now."""
        self.fold()
        return self._series

    def grown(self, *, whole: bool) -> dict[str, float]:
        """By how much each counter grew in the last whole interval, or since its end. One that fell began anew."""
        old, new = (self._before, self._at_roll) if whole else (self._at_roll, self.counters(self._read()))
        growths = ((what, value - old.get(what, 0)) for what, value in new.items())
        return {what: growth if growth >= 0 else new[what] for what, growth in growths if growth}


def counter_of(what: str, events: str) -> str:
    """What is counted under this name: Consul's metric, if it has one, or one of our ``events``."""
    return what if what.partition(";")[0] in METRICS else f"{events};what={what}"
