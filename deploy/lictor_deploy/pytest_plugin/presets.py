"""Fault presets by name: bad weather that a whole test runs in. The same on a local and on a simulated cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lictor_actors.presets import PRESETS
from lictor_deploy.pytest_plugin.wish import Faults
from lictor_deploy.sentence import Failure

Preset = Callable[[Any], object]
"""Given a cluster's fault verbs, injects what it stands for."""


def preset(name: str) -> Preset:
    """The preset of this name; Failure names those that there are."""
    if name not in PRESETS:
        raise Failure(f"There is no fault preset {name!r}: there are {', '.join(sorted(PRESETS))}.")
    return PRESETS[name]


def inject(verbs: Any, faults: Iterable[Faults]) -> None:
    """Put these in force, in this order; Failure for an unknown preset, before any is in force."""
    for each in [preset(fault) if isinstance(fault, str) else fault for fault in faults]:
        each(verbs)
