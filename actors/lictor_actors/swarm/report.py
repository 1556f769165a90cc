"""What one seed showed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from lictor_actors.swarm.plan import ChangeName, FaultName, Plan

WIDTH = 100
GLUE = "\N{NO-BREAK SPACE}"
CHANGES_REACHED = (
    "nonvoter_added",
    "voter_added",
    "server_removed",
    "leader_removed_itself",
    "left_server_removed",
    "dead_server_cleared_away",
    "wiped_server_readmitted",
    "snapshot_at_newcomer",
    "leadership_transferred",
)
"""What becomes of servers that come and go, each counted when it is committed, among clients that write."""


@dataclass(frozen=True, slots=True)
class Struck:
    """One fault of a run: its number, which ``-without`` takes, its name and time, and whom it hit, in words."""

    number: int
    name: FaultName | ChangeName
    at_s: float
    what: str

    def __str__(self) -> str:
        return f"{self.number:>3} {self.at_s:8.3f} s  {self.what or f'{self.name}, which hit nobody'}"


@dataclass(slots=True)
class Report:
    """A run's verdict. It passes pickle, so that seeds may run in other processes."""

    seed: int
    plan: Plan
    failures: list[str] = field(default_factory=list)
    """What was broken, in words; empty: every promise was kept."""
    broken_at_s: float = 0.0
    """Virtual time of the first failure, 0 if there was none."""
    struck: tuple[Struck, ...] = ()
    """The faults, in order."""
    counters: dict[str, int] = field(default_factory=dict)
    operations: int = 0
    unknown: int = 0
    """Writes whose outcome no client was told."""
    undecided: int = 0
    """Keys whose history was too long to judge."""
    leaders: int = 0
    """How many terms had a leader."""
    committed: int = 0
    members_failed: int = 0
    """How often a node was told that a member failed."""
    suspicions: int = 0
    """How often a node suspected another."""
    events_delivered: int = 0
    healed_after_s: float = 0.0
    """Virtual time from the last healing until leader, members and catalog were right."""
    virtual_s: float = 0.0
    wall_s: float = 0.0
    events: int = 0
    digest: str = ""

    @property
    def ok(self) -> bool:
        """True if nothing was broken."""
        return not self.failures

    def sometimes(self) -> dict[str, int]:
        """Interesting things that this run reached: over a batch of seeds none should stay at zero."""
        c = self.counters
        return {
            "leader_changed": int(self.leaders > 1),
            "write_refused": c.get("refused_definitely", 0),
            "outcome_unknown": c.get("outcome_unknown", 0),
            "cas_lost": c.get("cas_lost", 0),
            "message_dropped": c.get("dropped_by_fault", 0) + c.get("lost_by_weather", 0),
            "message_duplicated": c.get("duplicated_by_fault", 0) + c.get("duplicated_by_weather", 0),
            "actor_crashed": c.get("actor_crash", 0),
            "actor_paused": c.get("actor_pause", 0),
            "node_crashed": c.get("node_crashed", 0),
            "node_restarted": c.get("node_restarted", 0),
            "member_failed": self.members_failed,
            "suspicion_ended": int(self.suspicions > self.members_failed),
            "follower_woken": c.get("follower_told", 0),
            "stale_read": c.get("stale_read", 0),
            "event_delivered": self.events_delivered,
            "lock_taken": c.get("lock_taken", 0),
            "session_renewed": c.get("session_renewed", 0),
            "prefix_watcher_told": c.get("prefix_watcher_told", 0),
            "leave_repeated": c.get("leave_repeated", 0),
            "gossip_dropped": c.get("gossip_handoff_dropped_verdict", 0),
            "catalog_write_lost": c.get("catalog_write_lost", 0),
        }

    def changes(self) -> dict[str, int]:
        """The same of servers that come and go; a batch in which none do reaches nothing of it."""
        return {name: self.counters.get(name, 0) for name in CHANGES_REACHED}

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {'ok' if self.ok else 'BROKEN'}",
            f"  drawn     {self.plan}",
            f"  ran       {self.virtual_s:.1f} s in {self.wall_s:.2f} s, {self.events} events, trace {self.digest}",
            f"  clients   {self.operations} operations, {self.unknown} writes of unknown outcome",
            f"  raft      {self.leaders} terms led, {self.committed} entries committed",
            f"  healed    {self.healed_after_s:.1f} s after the last fault",
            wrapped("counted", [f"{name} {count}" for name, count in sorted(self.counters.items())]),
        ]
        if self.undecided:
            lines.append(f"  undecided {self.undecided} keys")
        return "\n".join([*lines, *(f"  BROKEN    {failure}" for failure in self.failures)])


def wrapped(name: str, parts: Sequence[str]) -> str:
    """A row of a report that breaks between its parts, so that no terminal breaks it within a word."""
    glued = ", ".join(part.replace(" ", GLUE) for part in parts)
    first, rest = f"  {name:10}", " " * 12
    filled = textwrap.fill(glued, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return filled.replace(GLUE, " ")
