"""From the configuration to how metrics are told."""

from __future__ import annotations

import platform
from dataclasses import replace

from lictor_actors.hosts.live.metrics.view import MetricsView
from lictor_deploy.config.sections import AgentConfig


def view_of(config: AgentConfig) -> MetricsView:
    """As ``telemetry`` says it."""
    telemetry = config.telemetry
    return MetricsView(
        prefix=telemetry.metrics_prefix,
        hostname="" if telemetry.disable_hostname else platform.node(),
        prometheus=telemetry.prometheus_retention_time > 0,
        filters=tuple(telemetry.prefix_filter),
        filter_default=telemetry.filter_default,
        of_host=telemetry.enable_host_metrics,
    )


def refiltered(running: AgentConfig, now: AgentConfig) -> MetricsView:
    """As it was at the start, with the filters of now: nothing else of it is put in force by a reload."""
    filters = tuple(now.telemetry.prefix_filter)
    return replace(view_of(running), filters=filters, filter_default=now.telemetry.filter_default)
