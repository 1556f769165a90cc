"""A hundred nodes on one machine: as `lictor dev` forks them, and on four raylets of a Ray that runs already.

    python benchmarks hosts

The time is that of the command, from its start until every node sees every other and the catalog is complete.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import NamedTuple

from laptop import at_rest
from processes import family, pss_mib
from ray_machines import RayMachines, name_of, ray_machines
from table import show

from lictor_deploy.local.handle import Cluster

SERVERS, AGENTS = 3, 97
MACHINES = 3
"""Beside the head, which is a raylet too."""
STARTS = 5

Start = Callable[[], AbstractContextManager[Cluster]]


class Figures(NamedTuple):
    """Of one way to run them."""

    whole_s: float
    least_s: float
    pss_mib: float
    rest_percent: float
    beneath_mib: float
    beneath_percent: float


NAMES = {
    "whole_s": "the command until all is whole, s (median)",
    "least_s": "the quickest, s",
    "pss_mib": "memory of Lictor's processes (PSS), MiB",
    "rest_percent": "Lictor at rest, % of a core",
    "beneath_mib": "memory of Ray's processes (PSS), MiB",
    "beneath_percent": "Ray at rest, % of a core",
}


def main(quick: bool) -> None:
    """Both ways, one after the other."""
    starts = 1 if quick else STARTS
    ways = {"lictor dev": measure(lambda: Cluster.local(SERVERS, AGENTS), starts)}
    if find_spec("ray") is None:
        print("Ray is not installed: make .venv/.installed-ray")
    else:
        with ray_machines(MACHINES) as rack:
            ways["-launcher ray"] = measure(
                lambda: Cluster.ray(rack.address, SERVERS, AGENTS), starts, lambda: of_ray(rack)
            )
    rows = [(name, *(f"{getattr(one, field):.2f}" for one in ways.values())) for field, name in NAMES.items()]
    show(f"{SERVERS + AGENTS} nodes on this machine, load {os.getloadavg()[0]:.1f}", ("", *ways), rows)


def measure(start: Start, starts: int, beneath: Callable[[], list[int]] = list) -> Figures:
    """``beneath``: processes of this family that are not Lictor's."""
    took = []
    for left in reversed(range(starts)):
        began = time.monotonic()
        with start():
            took.append(time.monotonic() - began)
            if not left:
                theirs = beneath()
                ours = [pid for pid in family(os.getpid())[1:] if pid not in theirs]
                costs = (pss_mib(ours), at_rest(ours), pss_mib(theirs), at_rest(theirs))
    return Figures(statistics.median(took), min(took), *costs)


def of_ray(rack: RayMachines) -> list[int]:
    """Ray's own processes, without those that are Lictor's hosts."""
    return [pid for pid in rack.processes() if not name_of(pid).startswith("ray::Host")]
