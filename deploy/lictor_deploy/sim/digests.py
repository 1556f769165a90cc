"""What seeds hash to, in lines that two machines, two Pythons or two commits can compare with ``diff``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from lictor_actors.swarm import run_seed
from lictor_deploy.sim.seeds import in_processes

DECIDING = ("lictor_messages", "lictor_actors")
"""The packages whose code decides what a seed does."""


def digests(seeds: range, until_s: float, jobs: int = 0) -> Iterator[str]:
    """First which code ran and for how long, then for each seed the hash over its whole trace, and its events."""
    yield f"# sources {sources()}, until {until_s:g}s"
    for report in in_processes(partial(run_seed, until_s=until_s), seeds, jobs):
        yield f"{report.seed} {report.digest} {report.events}{'' if report.ok else ' broken'}"


def sources() -> str:
    """A hash over the code that decides: equal on two machines that run the same."""
    found = hashlib.blake2b(digest_size=8)
    for package in DECIDING:
        root = Path(str(import_module(package).__file__)).parent
        for file in sorted(root.rglob("*.py"), key=lambda file: file.relative_to(root).as_posix()):
            found.update(f"{package}/{file.relative_to(root).as_posix()}\n".encode())
            found.update(file.read_bytes())
    return found.hexdigest()
