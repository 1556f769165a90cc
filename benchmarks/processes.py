"""What a group of processes costs: memory by PSS, processor time by the kernel's count."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def family(root: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _read(entry / "stat").rpartition(")")[2].split()
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def pss_mib(pids: Iterable[int]) -> float:
    """Proportional set size of all of them, shared pages counted once."""
    found = (re.search(r"^Pss:\s+(\d+)", _read(Path(f"/proc/{pid}/smaps_rollup")), re.MULTILINE) for pid in pids)
    return sum(int(match[1]) for match in found if match) / 1024


def cpu_s(pids: Iterable[int]) -> float:
    """Processor seconds used so far."""
    total = 0
    for pid in pids:
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12]) if fields else 0
    return total / TICKS


def cpu_ns(pid: int) -> int:
    """Nanoseconds that all threads of a process have run, finer than ``cpu_s``. Linux only."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((_read(task / "schedstat") or "0").split()[0]) for task in tasks)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""  # it ended while we looked
