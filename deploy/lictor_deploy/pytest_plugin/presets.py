"""Fault presets by name: bad weather that a whole test runs in. The same on a local and on a simulated cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lictor_actors.faults.presets import PRESETS
from lictor_deploy.pytest_plugin.marker import Faults

Preset = Callable[[Any], object]
"""Given a cluster's fault verbs, injects what it stands for."""


def preset(name: str) -> Preset:
    """The preset of this name; ValueError names those that there are."""
    if name not in PRESETS:
        raise ValueError(f"there is no fault preset {name!r}: there are {', '.join(sorted(PRESETS))}")
    return PRESETS[name]


def inject(verbs: Any, faults: Iterable[Faults]) -> None:
    """Put these in force, in this order."""
    for each in [preset(fault) if isinstance(fault, str) else fault for fault in faults]:
        each(verbs)
