"""What is said of a metric when it is declared."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge", "summary", "histogram"]
OURS = "lictor."
"""How the names begin that Consul does not have. The configured prefix stands before the others alone."""


class Metric(NamedTuple):
    """One line of the table."""

    name: str
    """With dots, as Consul's page writes it, without the prefix."""
    kind: Kind
    unit: str
    meaning: str
    labels: tuple[str, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether Consul has no such metric."""
        return self.name.startswith(OURS)


def listed(kind: Kind, unit: str, *lines: tuple[str, ...]) -> tuple[Metric, ...]:
    """One of this kind and unit a line: its name, its meaning, its labels."""
    return tuple(Metric(name, kind, unit, meaning, tuple(labels)) for name, meaning, *labels in lines)
