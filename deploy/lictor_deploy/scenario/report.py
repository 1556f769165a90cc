"""What one run of a scenario showed."""

from __future__ import annotations

from dataclasses import dataclass, field

from lictor_actors.judges import linearizability
from lictor_actors.judges.history import History


@dataclass(slots=True)
class ScenarioReport:
    """A verdict, with its reasons. It passes pickle, so that seeds may run in other processes."""

    name: str
    kind: str
    seed: int
    failures: list[str] = field(default_factory=list)
    """What was expected and did not come about; empty: all is well."""
    notes: list[str] = field(default_factory=list)
    """What could not be judged here, and why."""
    faults: int = 0
    """How many were injected."""
    operations: int = 0
    unknown: int = 0
    """Writes whose outcome no client was told."""
    healed: dict[str, float] = field(default_factory=dict)
    """Seconds from the last healing until each expectation held."""
    ran_s: float = 0.0
    """Time of the cluster: virtual in the world."""
    wall_s: float = 0.0
    digest: str = ""
    """World only: the hash of everything that happened."""

    @property
    def ok(self) -> bool:
        """True if everything expected came about."""
        return not self.failures

    def count(self, history: History) -> None:
        """How much the clients asked, and how much of it they were never told."""
        self.operations = len(history.operations)
        self.unknown = sum(not o.known and o.action != "get" for o in history.operations)

    def judge(self, history: History) -> None:
        """Are the clients' answers explained by one order?"""
        for verdict in linearizability.judge(history):
            if not verdict.ok:
                self.failures.append(f"not linearizable: {verdict}")
            elif not verdict.decided:
                self.notes.append(f"{verdict.key}: {verdict.why}")

    def __str__(self) -> str:
        took = ", ".join(f"{name} after {s:.1f} s" for name, s in self.healed.items())
        lines = [
            f"{self.name}, {self.kind}, seed {self.seed}: {'ok' if self.ok else 'FAILED'}",
            f"  ran     {self.ran_s:.1f} s in {self.wall_s:.1f} s{f', trace {self.digest}' if self.digest else ''}",
            f"  faults  {self.faults}",
            f"  clients {self.operations} operations, {self.unknown} writes of unknown outcome",
            *([f"  healed  {took}"] if took else []),
            *(f"  note    {note}" for note in self.notes),
            *(f"  FAILED  {failure}" for failure in self.failures),
        ]
        return "\n".join(lines)
