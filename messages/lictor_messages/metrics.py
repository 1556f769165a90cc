"""Metrics of a node as Consul's /v1/agent/metrics shows them."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.base import FrozenMap, Message, ReadOnly, Record
from lictor_messages.json_names import Json


class ShowMetrics(Message):
    """A gateway's word to itself; answered by MetricsRead."""

    as_text: bool = False
    """In Prometheus' format."""


class ReadMetrics(Message):
    """The gateway's job: read the metrics of its node; answered by MetricsRead."""

    ticket: str
    node: str
    as_text: bool = False


class GaugeRow(Record):
    """A value as it is now."""

    name: Annotated[str, Json("Name")]
    value: Annotated[float, Json("Value")]
    labels: Annotated[ReadOnly, Json("Labels")] = FrozenMap()


class SampledRow(Record):
    """Figures of one interval; those of a counter are of its increments."""

    name: Annotated[str, Json("Name")]
    count: Annotated[int, Json("Count")]
    rate: Annotated[float, Json("Rate")]
    """The sum for each second of the interval."""
    sum: Annotated[float, Json("Sum")]
    min: Annotated[float, Json("Min")]
    max: Annotated[float, Json("Max")]
    mean: Annotated[float, Json("Mean")]
    stddev: Annotated[float, Json("Stddev")]
    labels: Annotated[ReadOnly, Json("Labels")] = FrozenMap()


class MetricsSummary(Record):
    """The last whole interval of ten seconds; the first one as far as it has come."""

    timestamp: Annotated[str, Json("Timestamp")] = ""
    """When it began, as Go prints a time: ``2026-11-30 19:25:20 +0000 UTC``."""
    gauges: Annotated[tuple[GaugeRow, ...], Json("Gauges")] = ()
    points: Annotated[tuple[GaugeRow, ...], Json("Points")] = ()
    """Always empty: nothing is told as a point."""
    counters: Annotated[tuple[SampledRow, ...], Json("Counters")] = ()
    samples: Annotated[tuple[SampledRow, ...], Json("Samples")] = ()


class MetricsRead(Message):
    """What was found."""

    ticket: str
    summary: MetricsSummary = MetricsSummary()
    text: str | None = None
    """In Prometheus' format; None if that was not asked for, or is switched off."""
