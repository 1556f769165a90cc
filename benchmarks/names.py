"""DNS: processor time of an answer, and answers a second, at an agent that dnsperf asks for ten instances."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterable
from typing import NamedTuple

from processes import cpu_ns, family
from table import show

from lictor import Cluster
from lictor_messages.addresses import split_host_port

HAVE_DNSPERF = shutil.which("dnsperf") is not None
SERVICES, INSTANCES = 50, 10
KINDS = {
    "A, UDP without EDNS": ("A", ()),
    "A, UDP with EDNS": ("A", ("-e",)),
    "SRV, UDP with EDNS": ("SRV", ("-e",)),
    "names that nothing has": ("absent", ("-e",)),
}


class Answered(NamedTuple):
    """What an agent did under load."""

    a_second: float
    us: float
    """Of processor time for each answer, in the agent's process."""
    lost: int


def main(quick: bool = False) -> None:
    """Measure and print."""
    if not HAVE_DNSPERF:
        print("The load comes from dnsperf, which is not installed: `apt-get install dnsperf`.")
        return
    seconds = 3 if quick else 10
    with Cluster.local(servers=1, agents=1) as cluster:
        servers = {cluster_pid for cluster_pid in family(os.getpid()) if cluster_pid != os.getpid()}
        agent = cluster.nodes["agent-1"]
        _register(agent.http)
        rows = []
        for kind, (type_, flags) in KINDS.items():
            done = _load(agent.dns, type_, flags, seconds, servers)
            rows.append((kind, f"{done.a_second:,.0f}", f"{done.us:.1f}", str(done.lost)))
    show("DNS answers of ten instances", ("over all processes of the cluster", "a second", "µs each", "lost"), rows)


def _register(http: str) -> None:
    for number in range(SERVICES * INSTANCES):
        node, service = number % INSTANCES, f"web{number // INSTANCES}"
        body = {
            "Node": f"n{node}",
            "Address": f"10.1.0.{node + 1}",
            "Service": {"Service": service, "ID": service, "Port": 8000 + node},
        }
        data = json.dumps(body).encode()
        urllib.request.urlopen(urllib.request.Request(f"http://{http}/v1/catalog/register", data, method="PUT")).close()


def _load(place: str, type_: str, flags: Iterable[str], seconds: int, pids: Iterable[int]) -> Answered:
    host, port = split_host_port(place)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{name}.service.consul {'A' if type_ == 'absent' else type_}\n" for name in _names(type_))
        file.flush()
        command = ["dnsperf", "-s", host, "-p", str(port), "-d", file.name, "-c", "4", "-q", "200", "-T", "1", *flags]
        subprocess.run([*command, "-l", "1"], capture_output=True, check=True)  # what is asked often is prepared
        before = sum(map(cpu_ns, pids))
        said = subprocess.run([*command, "-l", str(seconds)], capture_output=True, text=True, check=True).stdout
        took = sum(map(cpu_ns, pids)) - before
    completed, lost, rate = (float(_figure(said, name)) for name in ("completed", "lost", "per second"))
    return Answered(rate, took / completed / 1e3, int(lost))


def _names(type_: str) -> list[str]:
    if type_ == "absent":
        return [f"absent{number}" for number in range(10_000)]
    return [f"web{number}" for number in range(SERVICES)]


def _figure(said: str, name: str) -> str:
    found = re.search(rf"Queries {name}:\s+([\d.]+)", said)
    if found is None:
        raise RuntimeError(f"dnsperf said: {said}")
    return found[1]


if __name__ == "__main__":
    main()
