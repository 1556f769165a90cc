"""Faults that come together, by name: the bad days that every cluster knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lictor_actors.faults.preset_plans import PRESET_PLANS
from lictor_actors.faults.steps import Step, read_steps


@dataclass(frozen=True, slots=True)
class Preset:
    """A plan with a name. Called with a cluster's fault verbs it begins to play, until everything is healed."""

    name: str
    what: str
    steps: tuple[Step, ...]

    def __call__(self, faults: Any) -> object:
        """Play it on ``cluster.faults``."""
        return faults.play(self.steps)


PRESETS: dict[str, Preset] = {
    name: Preset(name, plan.what, tuple(read_steps(plan.steps))) for name, plan in PRESET_PLANS.items()
}


def preset(name: str) -> Sequence[Step]:
    """The steps of this preset; LookupError names those that there are."""
    if name not in PRESETS:
        raise LookupError(f"There is no fault preset {name!r}: there are {', '.join(PRESETS)}.")
    return PRESETS[name].steps
