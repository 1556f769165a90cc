"""Fault presets by name: bad weather that a whole test runs in. The same on a local and on a simulated cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from lictor_deploy.pytest_plugin.wish import Faults
from lictor_deploy.sentence import Failure

Preset = Callable[[Any], object]
"""Given a cluster's fault verbs, injects what it stands for."""
LIBRARY = "lictor_actors.presets"


def wan(faults: Any) -> None:
    """Two sites far apart: 40 to 60 ms each way, and one message in a thousand is lost."""
    faults.delay("all", "all", 0.040, jitter_s=0.020)
    faults.lose("all", "all", 0.001)


def flaky_wifi(faults: Any) -> None:
    """A radio link with people walking through it: up to 50 ms of jitter, and one message in twenty is lost."""
    faults.delay("all", "all", 0.002, jitter_s=0.050)
    faults.lose("all", "all", 0.05)


PRESETS: dict[str, Preset] = {"wan": wan, "flaky-wifi": flaky_wifi}


def preset(name: str) -> Preset:
    """The preset of this name; Failure names those that there are."""
    known = {**PRESETS, **_library()}
    if name not in known:
        raise Failure(f"There is no fault preset {name!r}: there are {', '.join(sorted(known))}.")
    return known[name]


def inject(verbs: Any, faults: Iterable[Faults]) -> None:
    """Put these in force, in this order; Failure for an unknown preset, before any is in force."""
    for each in [preset(fault) if isinstance(fault, str) else fault for fault in faults]:
        each(verbs)


def _library() -> dict[str, Preset]:
    if find_spec(LIBRARY) is None:
        return {}
    found: dict[str, Preset] = import_module(LIBRARY).PRESETS
    return found
