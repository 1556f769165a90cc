"""How metrics are told to those who ask: ``telemetry`` of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.consul.metric import Metric


@dataclass(frozen=True, slots=True)
class MetricsView:
    """Of one node; the defaults are those of a node that has no configuration."""

    prefix: str = "consul"
    hostname: str = ""
    """Stands in the names of gauges, as in Consul; "" for none."""
    prometheus: bool = True
    """Whether Prometheus may ask."""
    filters: tuple[str, ...] = ()
    """``+consul.raft`` lets through what begins so, ``-consul.raft`` keeps it back; the longest that fits decides."""
    filter_default: bool = True
    """What becomes of a metric that no filter fits."""
    of_host: bool = False
    """Whether the machine's own figures are told, too."""

    def shows(self, metric: Metric) -> bool:
        """Whether the filters let it through."""
        name = self._plain(metric)
        fitting = [rule for rule in self.filters if name.startswith(rule[1:])]
        if not fitting:
            return self.filter_default
        longest = max(map(len, fitting))
        return all(rule.startswith("+") for rule in fitting if len(rule) == longest)

    def name(self, metric: Metric) -> str:
        """With the prefix, and the host's name where that belongs."""
        if metric.kind == "gauge" and self.hostname and not metric.ours:
            return f"{self.prefix}.{self.hostname}.{metric.name}"
        return self._plain(metric)

    def _plain(self, metric: Metric) -> str:
        return metric.name if metric.ours or not self.prefix else f"{self.prefix}.{metric.name}"
