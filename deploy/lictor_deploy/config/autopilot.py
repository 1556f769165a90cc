"""The section about autopilot."""

from __future__ import annotations

from lictor_deploy.config.kinds import Count, Span
from lictor_deploy.config.option import Section, option
from lictor_messages.autopilot import AutopilotConfiguration

DEFAULTS = AutopilotConfiguration()


class AutopilotSection(Section):
    """What the first leader of a cluster begins with; from then on ``lictor operator autopilot`` says it."""

    cleanup_dead_servers: bool = option("Remove dead servers.", default=DEFAULTS.cleanup_dead_servers)
    last_contact_threshold: Span = option(
        "A server that last heard the leader longer ago is unhealthy.", default=DEFAULTS.last_contact_threshold_ns
    )
    max_trailing_logs: Count = option(
        "A server that lacks more entries of the log is unhealthy.", default=DEFAULTS.max_trailing_logs
    )
    min_quorum: Count = option("Servers that are never gone below.", default=DEFAULTS.min_quorum)
    server_stabilization_time: Span = option(
        "A new server votes after it has been healthy for this long.", default=DEFAULTS.server_stabilization_time_ns
    )

    @property
    def configuration(self) -> AutopilotConfiguration:
        """As servers are given it."""
        return AutopilotConfiguration(
            cleanup_dead_servers=self.cleanup_dead_servers,
            last_contact_threshold_ns=self.last_contact_threshold,
            max_trailing_logs=self.max_trailing_logs,
            min_quorum=self.min_quorum,
            server_stabilization_time_ns=self.server_stabilization_time,
        )
