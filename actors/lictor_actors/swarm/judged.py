"""A world that is judged: what was broken, and when that began."""

from __future__ import annotations

from lictor_actors.hosts.world import World
from lictor_actors.swarm.plan import Plan


class Judged:
    """A run of a plan in a world. What judges find is raised, or told to ``broken``."""

    def __init__(self, plan: Plan, world: World) -> None:
        self.plan = plan
        self.world = world
        self.failures: list[str] = []
        self.broken_at_s = self._healed_after_s = 0.0

    def broken(self, what: str) -> None:
        """A promise was not kept."""
        if not self.failures:
            self.broken_at_s = self.world.time / 1e9
        self.failures.append(what)

    def _crashes(self) -> None:
        for who, error in self.world.crashes:
            raise RuntimeError(f"{who} raised {error!r}") from error
