"""The metrics of an agent, as Consul's JSON has them."""

from __future__ import annotations

from lictor_actors.consul.parts import one_or_more
from lictor_actors.consul.struct import Struct
from lictor_messages.metrics import GaugeRow, MetricsSummary, SampledRow

METRICS_SUMMARY = Struct(
    "MetricsSummary",
    MetricsSummary,
    (one_or_more(Struct("GaugeValue", GaugeRow)), one_or_more(Struct("SampledValue", SampledRow))),
)
