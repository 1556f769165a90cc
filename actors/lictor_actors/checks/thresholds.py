"""How often an outcome has to come in a row before a check says so: Consul's thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from lictor_messages.agent import CheckSpec
from lictor_messages.catalog import CheckStatus


@dataclass(slots=True)
class Thresholds:
    """Successes and failures in a row; a warning counts as a success."""

    spec: CheckSpec
    successes: int = 0
    failures: int = 0

    def judge(self, status: CheckStatus) -> CheckStatus | None:
        """Count this outcome: the status that it makes, or None while the check stays as it is."""
        if status != "critical":
            self.successes, self.failures = self.successes + 1, 0
            return status if self.successes >= self.spec.success_before_passing else None
        self.failures, self.successes = self.failures + 1, 0
        if self.failures >= self.spec.failures_before_critical:
            return "critical"
        # Without a threshold of its own a check does not stop at a warning on its way.
        before_warning = self.spec.failures_before_warning or self.spec.failures_before_critical
        return "warning" if self.failures >= before_warning else None
