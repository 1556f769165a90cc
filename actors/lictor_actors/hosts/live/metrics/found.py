"""Metrics of a node as they were found at one moment, before they are told in one format or the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from lictor_actors.consul.metric import Metric
from lictor_actors.consul.metrics import METRICS, named
from lictor_actors.hosts.live.metrics.catalog_calls import catalog_calls
from lictor_actors.hosts.live.metrics.node_metrics import NodeMetrics
from lictor_actors.hosts.live.metrics.series import Series
from lictor_actors.hosts.live.metrics.view import MetricsView
from lictor_actors.kernel.actor import Reading

V = TypeVar("V")
ORDER = {name: place for place, name in enumerate(METRICS)}


class Labelled(NamedTuple):
    """The name and labels under which a value is told."""

    metric: Metric
    name: str
    labels: Mapping[str, str]


class Found(NamedTuple):
    """By name with labels."""

    gauges: Mapping[str, float]
    counters: Mapping[str, float]
    """Since the start."""
    grown: Mapping[str, float]
    """In the interval of ten seconds that is told."""
    series: Mapping[str, Series]


def found_in(node: str, parts: Iterable[NodeMetrics], more: Iterable[Reading], *, whole: bool) -> Found:
    """What a node has of its own, and what it shares with the others of its process."""
    gauges = dict(more)
    counters: dict[str, float] = {}
    grown: dict[str, float] = {}
    series: dict[str, Series] = {}
    for part in parts:
        readings = part.readings()
        gauges |= {what: value for what, value in readings if named(what)[0].kind == "gauge"}
        counters |= part.counters(readings)
        grown |= part.grown(whole=whole)
        series |= part.series()
    own = node.rpartition(".")[0]
    counters |= catalog_calls({what: one.count for what, one in series.items()}, counters, own)
    recent = {what: (one.last if whole else one.current).count for what, one in series.items()}
    grown |= {what: value for what, value in catalog_calls(recent, grown, own) if value}
    return Found(gauges, counters, grown, series)


def told(values: Mapping[str, V], view: MetricsView) -> Iterator[tuple[Labelled, V]]:
    """Those that the view shows, in the order of the table."""
    for what in sorted(values, key=lambda what: (ORDER[named(what)[0].name], what)):
        metric, labels = named(what)
        if view.shows(metric):
            yield Labelled(metric, view.name(metric), labels), values[what]
