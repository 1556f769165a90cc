"""What ``lictor dev`` says of a cluster: where its nodes are, that it stands, and what to try."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lictor_deploy.local.plan import NodeAddress
from lictor_deploy.words.columns import columns


def described(places: Sequence[NodeAddress], control: Path, token: str, data: Path) -> dict[str, Any]:
    """The facts of a cluster, for the control socket and for the commands of ``-exec``."""
    first = places[0]
    environment = {
        "CONSUL_HTTP_ADDR": first.http,
        "LICTOR_BUS": first.door,
        "LICTOR_CONTROL": str(control),
        "LICTOR_FAULT_TOKEN": token,
    }
    nodes = [{"name": p.name, "ip": p.ip, "http": p.http, "door": p.door, "dns": p.dns} for p in places]
    return {"nodes": nodes, "environment": environment, "logs": str(data / "logs")}


def headline(places: Sequence[NodeAddress], processes: int, took: float) -> str:
    """How many nodes stand, and how long that took."""
    servers = sum(place.server for place in places)
    datacenters = len({place.dc for place in places})
    among = f" of {datacenters} datacenters" if datacenters > 1 else ""
    return (
        f"{len(places)} nodes ({servers} servers, {len(places) - servers} agents){among} in {processes} processes "
        f"see each other and the catalog is complete, {took:.2f} s after the start."
    )


def addresses(places: Sequence[NodeAddress]) -> str:
    """A table of the servers and some agents."""
    servers = [place for place in places if place.server]
    agents = [place for place in places if not place.server]
    shown = servers + agents[:2] + agents[2:][-1:]
    rows = [(p.name, f"http://{p.http}", p.door, p.dns or "-") for p in shown]
    return columns(("Node", "HTTP", "Client bus", "DNS"), rows)


def try_next(places: Sequence[NodeAddress]) -> str:
    """What to do with a fresh cluster."""
    default = "" if places[0].http == "127.0.0.1:8500" else f" -http-addr={places[0].http}"
    beside = Path(sys.executable).parent
    dns = next((f"  dig @{p.ip} -p {p.dns_port} consul.service.consul\n" for p in reversed(places) if p.dns), "")
    path = "" if shutil.which("lictor") else f"  export PATH={beside}:$PATH\n"
    return (
        f"Try, in another terminal:\n{path}"
        f"  lictor members{default}\n"
        f"  lictor kv put{default} greeting hello\n"
        f"  curl 'http://{places[-1].http}/v1/kv/greeting?raw'\n"
        f"{dns}"
        "  lictor fault isolate leader      # and later: lictor fault heal -all\n"
    )
