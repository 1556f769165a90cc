"""A hundred nodes on this machine: start, memory, processor time at rest, detection of a crash, a user event."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from processes import cpu_s, family, pss_mib
from table import ratio, show

from lictor_deploy.local.handle import Cluster

NODES = 100
REST_S = 15.0


class Figures(NamedTuple):
    """What one system needed; nan where it was not measured."""

    start_s: float
    start_cpu_s: float
    pss_mib: float
    rest_percent: float
    event_s: float
    first_failed_s: float
    last_failed_s: float


def main() -> None:
    """Measure Lictor, then serf if it is installed, and print them side by side."""
    ours, extra = _lictor()
    theirs = _serf() if shutil.which("serf") else None
    rows = [_row(name, field, ours, theirs) for field, name in _NAMES.items()]
    show(f"{NODES} nodes on this machine (lan profile)", ("", "lictor", "serf", "ratio"), rows)
    show("lictor only (serf has no catalog)", ("", "lictor"), [(name, f"{value:.2f}") for name, value in extra.items()])


_NAMES = {
    "start_s": "all see all, s",
    "start_cpu_s": "processor time to there, s",
    "pss_mib": "memory of all processes (PSS), MiB",
    "rest_percent": "at rest, % of a core",
    "event_s": "user event at the last node, s",
    "first_failed_s": "crash seen by the first node, s",
    "last_failed_s": "crash seen by the last node, s",
}


def _row(name: str, field: str, ours: Figures, theirs: Figures | None) -> tuple[str, str, str, str]:
    mine = getattr(ours, field)
    if theirs is None:
        return name, f"{mine:.2f}", "not installed", "-"
    yours = getattr(theirs, field)
    return name, f"{mine:.2f}", f"{yours:.2f}", ratio(mine, yours)


# -- lictor --------------------------------------------------------------------


def _lictor() -> tuple[Figures, dict[str, float]]:
    began = time.monotonic()
    with Cluster.local(3, NODES - 3, "-log-level", "info") as cluster:
        start = time.monotonic() - began
        processes = family(os.getpid())[1:]
        start_cpu = cpu_s(processes)
        rest = at_rest(processes)
        memory = pss_mib(processes)
        event = _lictor_event(cluster)
        victim = "agent-50"
        crashed_at = datetime.now(UTC)
        crash = cluster.faults.crash(victim)
        critical = wait(lambda: cluster.status()["status"]["catalog"] == NODES - 1)
        wait(lambda: len(log_stamps(cluster, f"failed: {victim}.dc1")) >= NODES - 1, 60)
        stamps = log_stamps(cluster, f"failed: {victim}.dc1")
        after = [(stamp - crashed_at).total_seconds() for stamp in stamps]
        crash.heal()
        back = wait(lambda: cluster.status()["status"]["converged"] == NODES, 60)
    figures = Figures(start, start_cpu, memory, rest, event, min(after), max(after))
    return figures, {"crash to serfHealth critical, s": critical, "restart to alive everywhere, s": back}


def log_stamps(cluster: Cluster, text: str) -> list[datetime]:
    stamps = []
    for path in Path(cluster.logs).glob("*.log"):
        for line in path.read_text().splitlines():
            if text in line and (match := re.match(r"(\S+Z|\S+[+-]\d{4})", line)):
                stamps.append(datetime.fromisoformat(match[1].replace("Z", "+00:00")))
    return stamps


def _lictor_event(cluster: Cluster) -> float:
    places = list(cluster.nodes.values())
    began = time.monotonic()
    request = urllib.request.Request(f"http://{places[-1].http}/v1/event/fire/bench", method="PUT", data=b"x")
    with urllib.request.urlopen(request) as answer:
        fired = json.load(answer)["ID"]
    waiting = places
    while waiting:
        waiting = [place for place in waiting if fired not in _events(place.http)]
    return time.monotonic() - began


def _events(http: str) -> str:
    with urllib.request.urlopen(f"http://{http}/v1/event/list?name=bench") as answer:
        text: str = answer.read().decode()
        return text


# -- serf ----------------------------------------------------------------------


def _serf() -> Figures:
    folder = Path(tempfile.mkdtemp(prefix="serf-bench-"))
    handler = folder / "handler"
    handler.write_text(f'#!/bin/sh\n[ "$SERF_EVENT" = user ] && echo x >> {folder}/$SERF_SELF_NAME.event\nexit 0\n')
    handler.chmod(0o755)
    began = time.monotonic()
    agents = [_serf_agent(folder, number, handler) for number in range(NODES)]
    try:
        return _serf_figures(folder, agents, began)
    finally:
        for agent in agents:
            agent.kill()
        for agent in agents:
            agent.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _serf_agent(folder: Path, number: int, handler: Path) -> subprocess.Popen[bytes]:
    ip = f"127.0.9.{number + 1}"
    command = ["serf", "agent", f"-node=s{number}", f"-bind={ip}:7946", f"-rpc-addr={ip}:7373", "-profile=lan"]
    command += [f"-event-handler=user:bench={handler}", "-log-level=info"]
    if number:
        command.append("-retry-join=127.0.9.1:7946")
        command.append("-retry-interval=1s")
    log = (folder / f"s{number}.log").open("wb")
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def _serf_figures(folder: Path, agents: list[subprocess.Popen[bytes]], began: float) -> Figures:
    pids = [agent.pid for agent in agents]
    wait(lambda: all(_count(folder, n, "EventMemberJoin") >= NODES for n in range(NODES)), 60)
    start = time.monotonic() - began
    start_cpu = cpu_s(pids)
    rest, memory = at_rest(pids), pss_mib(pids)
    fired = time.monotonic()
    subprocess.run(["serf", "event", "-rpc-addr=127.0.9.100:7373", "bench"], check=True, stdout=subprocess.DEVNULL)
    wait(lambda: all((folder / f"s{n}.event").exists() for n in range(NODES)), 60)
    event = time.monotonic() - fired
    victim = 50
    killed = time.monotonic()
    agents[victim].kill()
    others = [n for n in range(NODES) if n != victim]
    wait(lambda: any(_count(folder, n, f"EventMemberFailed: s{victim} ") for n in others), 60)
    first = time.monotonic() - killed
    wait(lambda: all(_count(folder, n, f"EventMemberFailed: s{victim} ") for n in others), 60)
    return Figures(start, start_cpu, memory, rest, event, first, time.monotonic() - killed)


def _count(folder: Path, number: int, text: str) -> int:
    return (folder / f"s{number}.log").read_text(errors="replace").count(text)


# -- both ----------------------------------------------------------------------


def at_rest(pids: list[int]) -> float:
    time.sleep(3)
    samples = []
    for _ in range(3):
        before, began = cpu_s(pids), time.monotonic()
        time.sleep(REST_S / 3)
        samples.append(100 * (cpu_s(pids) - before) / (time.monotonic() - began))
    return statistics.median(samples)


def wait(true: Callable[[], bool], within_s: float = 60.0) -> float:
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > within_s:
            sys.exit(f"The benchmark gave up after {within_s:.0f} s.")
        time.sleep(0.05)
    return time.monotonic() - began
