"""A running dev cluster writes down for a while who says what to whom; that and its faults are a timeline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lictor_actors.timeline import TimelineRecord
from lictor_actors.timeline.choose import from_start
from lictor_actors.timeline.live import together
from lictor_deploy.local.handle import Cluster
from lictor_deploy.timelines.show import from_log, with_ends

TRACE = ".trace"


@contextmanager
def recording(cluster: Cluster) -> Iterator[list[TimelineRecord]]:
    """Every process records until the end of the block; then the list holds it all, from time zero on."""
    records: list[TimelineRecord] = []
    began = time.time()
    cluster.ask("record", on=True)
    try:
        yield records
    finally:
        cluster.ask("record", on=False)
        logs = Path(cluster.logs)
        faults = logs / "faults.log"
        lines = faults.read_text(encoding="utf-8").splitlines() if faults.exists() else []
        found = together(sorted(logs.glob(f"*{TRACE}")))
        records += from_start([TimelineRecord(began, "", "note", "the recording begins"), *found, *since(lines, began)])


def since(lines: list[str], began: float) -> Iterator[TimelineRecord]:
    """Faults that were in force then or later; those that began before hold from the beginning."""
    for fault in with_ends(from_log(lines)):
        struck, _, _ = fault.what.partition(" ")
        holds = struck.startswith("f") and struck[1:].isdigit()
        if fault.t >= began:
            yield replace(fault, until=fault.until or (time.time() if holds else 0.0))
        elif holds and (not fault.until or fault.until > began):
            yield replace(fault, t=began, until=fault.until or time.time())
