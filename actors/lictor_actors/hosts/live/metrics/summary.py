"""Metrics as Consul's JSON has them: gauges as they are, counters and samples of one interval of ten seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lictor_actors.hosts.live.metrics.found import Found, told
from lictor_actors.hosts.live.metrics.series import Interval
from lictor_actors.hosts.live.metrics.view import MetricsView
from lictor_messages.base import FrozenMap
from lictor_messages.metrics import GaugeRow, MetricsSummary, SampledRow

INTERVAL_S = 10


def summary(found: Found, view: MetricsView, *, began: int, whole: bool) -> MetricsSummary:
    """``began``: the interval's begin, seconds since 1970; ``whole``: it is over."""
    return MetricsSummary(
        timestamp=time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime(began)),
        gauges=tuple(
            GaugeRow(name=one.name, value=value, labels=FrozenMap(one.labels))
            for one, value in told(found.gauges, view)
        ),
        counters=tuple(_counters(found, view)),
        samples=tuple(_samples(found, view, whole=whole)),
    )


def _counters(found: Found, view: MetricsView) -> Iterator[SampledRow]:
    for one, grown in told(found.grown, view):
        yield SampledRow(
            name=one.name,
            count=int(grown) or 1,
            rate=grown / INTERVAL_S,
            sum=grown,
            min=min(grown, 1.0),
            max=min(grown, 1.0),
            mean=min(grown, 1.0),
            stddev=0.0,
            labels=FrozenMap(one.labels),
        )


def _samples(found: Found, view: MetricsView, *, whole: bool) -> Iterator[SampledRow]:
    for one, series in told(found.series, view):
        interval: Interval = series.last if whole else series.current
        if interval.count:
            yield SampledRow(
                name=one.name,
                count=interval.count,
                rate=interval.sum / INTERVAL_S,
                sum=interval.sum,
                min=interval.min,
                max=interval.max,
                mean=interval.mean,
                stddev=interval.deviation,
                labels=FrozenMap(one.labels),
            )
