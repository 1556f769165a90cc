"""``telemetry`` of an agent's configuration."""

from __future__ import annotations

from lictor_deploy.config.kinds import MetricFilter, Span
from lictor_deploy.config.option import Section, option


class Telemetry(Section):
    """How metrics are told."""

    prometheus_retention_time: Span = option(
        "Longer than 0: let Prometheus ask for /v1/agent/metrics?format=prometheus. No metric is forgotten meanwhile.",
        default=0,
    )
    disable_hostname: bool = option("Leave the host's name out of the names of gauges.", default=False)
    metrics_prefix: str = option("What the names of Consul's metrics begin with.", default="consul")
    prefix_filter: list[MetricFilter] = option(
        "+consul.raft lets metrics through, -consul.raft keeps them back; the longest that fits decides.",
        default=[],
        reloads=True,
    )
    filter_default: bool = option("Let metrics through that no filter fits.", default=True, reloads=True)
    enable_host_metrics: bool = option("Tell of the machine's memory, processors and disk, too.", default=False)
