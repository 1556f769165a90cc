"""Processor time of a request, over all three servers of a cluster, sockets and disks included.

    python benchmarks cost                                    this version alone
    python benchmarks/cost.py -beside OTHER/.venv/bin/python  and another checkout's, in turn

Two versions are compared kind by kind and round by round, each right after the other on the same machine: what is
quoted is the ratio of such pairs, its median and the interval that holds the true median in nineteen of twenty cases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from processes import cpu_ns, family
from table import show
from wrk import HAVE_WRK, Request, load

from lictor import Cluster

VALUE = "x" * 200
KINDS = {
    "GET, 64 connections": (Request("GET", "/v1/kv/read"), 64),
    "GET of 1,000 keys, 64": (Request("GET", "/v1/kv/read%d", different=1000), 64),
    "GET ?consistent, 64": (Request("GET", "/v1/kv/read?consistent"), 64),
    "PUT, 64": (Request("PUT", "/v1/kv/k%d", VALUE), 64),
    "PUT, 1": (Request("PUT", "/v1/kv/k%d", VALUE), 1),
    "health of 10 instances, 16": (Request("GET", "/v1/health/service/web"), 16),
    "register, 16": (
        Request("PUT", "/v1/agent/service/register", '{"Name":"bench","ID":"b%d","Port":80,"Check":{"TTL":"600s"}}'),
        16,
    ),
}
INSTANCES = 10
LEAVE_OUT = {8: 1, 9: 2, 11: 2, 12: 3, 15: 4, 20: 6}
"""Pairs → how many at each end are outside of the 95 % interval of the median (of the sign test)."""


def main(quick: bool = False, beside: str = "") -> None:
    """Measure and print."""
    if not HAVE_WRK:
        print("The load comes from wrk, which is not installed: `apt-get install wrk`.")
        return
    rounds, seconds = (8, 1.0) if quick else (12, 2.0)
    with ExitStack() as stack:
        ours = stack.enter_context(Side(sys.executable))
        theirs = stack.enter_context(Side(beside)) if beside else None
        rows = [_row(kind, rounds, seconds, ours, theirs) for kind in KINDS]
    head = ("median, µs over three servers", "here", *(("there", "here / there", "95 %") if beside else ()))
    show("Processor time of a request", head, rows)


def _row(kind: str, rounds: int, seconds: float, ours: Side, theirs: Side | None) -> tuple[str, ...]:
    mine, other = [], []
    for number in range(rounds):
        # Each goes first in half of the rounds.
        for side in (ours, theirs) if number % 2 else (theirs, ours):
            if side is not None:
                (mine if side is ours else other).append(side.cost(kind, seconds))
    if theirs is None:
        return kind, f"{_median(mine):.1f}"
    ratios = sorted(here / there for here, there in zip(mine, other, strict=True))
    out = LEAVE_OUT[rounds] - 1
    return (
        kind,
        f"{_median(mine):.1f}",
        f"{_median(other):.1f}",
        f"{_median(ratios):.3f}",
        f"{ratios[out]:.3f} to {ratios[-1 - out]:.3f}",
    )


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Side:
    """A cluster of one version, in a process of its own that is told what to measure."""

    def __init__(self, python: str) -> None:
        command = [python, str(Path(__file__)), "-serve"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # its input ends, and so does its cluster

    def cost(self, kind: str, seconds: float) -> float:
        """Microseconds of a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([kind, seconds]) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def serve() -> None:
    """Answer each line of the input, a kind and for how many seconds, with the cost of a request."""
    said, sys.stdout = sys.stdout, sys.stderr  # what the cluster has to say is not our answer
    with Cluster.local(servers=3, agents=0) as cluster:
        _prepare(cluster)
        for line in sys.stdin:
            kind, seconds = json.loads(line)
            print(_measured(cluster, kind, seconds), file=said, flush=True)


def _measured(cluster: Cluster, kind: str, seconds: float) -> float:
    """A round in which another server came to lead does not count: what it cost is the election, and forwarding."""
    request, connections = KINDS[kind]
    servers = [pid for pid in family(os.getpid()) if pid != os.getpid()]
    leader, led = _leader(cluster), ""
    while leader != led:
        led, before = leader, sum(map(cpu_ns, servers))
        done = load(leader, request, connections, seconds)
        took = sum(map(cpu_ns, servers)) - before
        leader = _leader(cluster)
    if done.wrong:
        raise SystemExit(f"{kind}: {done.wrong} answers were wrong")
    return took / done.requests / 1e3


def _leader(cluster: Cluster) -> str:
    """Its HTTP address, once there is one."""
    first, leader = next(iter(cluster.nodes.values())).http, ""
    while not leader:
        with urllib.request.urlopen(f"http://{first}/v1/status/leader") as answer:
            leader = json.load(answer)
    ip = leader.rpartition(":")[0].strip("[]")  # by hand: older versions run this file, too
    return next(place.http for place in cluster.nodes.values() if place.ip == ip)


def _prepare(cluster: Cluster) -> None:
    put = _putter(_leader(cluster))
    for key in ("read", *(f"read{number}" for number in range(1000))):
        put(f"/v1/kv/{key}", VALUE.encode())
    for number in range(INSTANCES):
        put("/v1/agent/service/register", json.dumps({"Name": "web", "ID": f"w{number}", "Port": number}).encode())


def _putter(address: str) -> Callable[[str, bytes], None]:
    def put(path: str, body: bytes) -> None:
        urllib.request.urlopen(urllib.request.Request(f"http://{address}{path}", body, method="PUT")).close()

    return put


if __name__ == "__main__":
    if "-serve" in sys.argv:
        serve()
    else:
        main("-quick" in sys.argv, sys.argv[sys.argv.index("-beside") + 1] if "-beside" in sys.argv else "")
