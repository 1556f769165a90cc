"""What ``lictor dev`` says of a cluster: where its nodes are, that it stands, and what to try."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lictor_deploy.local.plan import NodeAddress
from lictor_deploy.words.columns import columns

if TYPE_CHECKING:
    from lictor_deploy.local.secured import Secured


def described(
    places: Sequence[NodeAddress], control: Path, token: str, data: Path, secured: Secured | None = None
) -> dict[str, Any]:
    """The facts of a cluster, for the control socket and for the commands of ``-exec``."""
    first = places[0]
    environment = {
        "CONSUL_HTTP_ADDR": first.http,
        "LICTOR_BUS": first.door,
        "LICTOR_CONTROL": str(control),
        "LICTOR_FAULT_TOKEN": token,
    }
    if secured is not None:
        environment["CONSUL_HTTP_TOKEN"] = secured.token
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


def with_token(places: Sequence[NodeAddress], file: Path) -> str:
    """The same where tokens are asked for: of a token the path is shown, never the secret."""
    ours = elsewhere(places[0])
    return (
        "Without a token everything is denied. Try, in another terminal:\n"
        f"{on_path()}"
        f"  export CONSUL_HTTP_TOKEN_FILE={shlex.quote(str(file))}\n"
        f"  lictor members -detailed{ours}\n"
        f"  lictor kv put{ours} greeting hello\n"
        f"  lictor info{ours}                # encrypted: yes\n"
        "  lictor fault isolate leader      # and later: lictor fault heal -all\n"
    )


def elsewhere(place: NodeAddress) -> str:
    """The flag that leads a command to this node, "" if it finds it by itself."""
    return "" if place.http == "127.0.0.1:8500" else f" -http-addr={place.http}"


def on_path() -> str:
    """How to have ``lictor`` found, "" if it is."""
    return "" if shutil.which("lictor") else f"  export PATH={Path(sys.executable).parent}:$PATH\n"


def addresses(places: Sequence[NodeAddress]) -> str:
    """A table of the servers and some agents."""
    servers = [place for place in places if place.server]
    agents = [place for place in places if not place.server]
    shown = servers + agents[:2] + agents[2:][-1:]
    rows = [(p.name, f"http://{p.http}", p.door, p.dns or "-") for p in shown]
    return columns(("Node", "HTTP", "Client bus", "DNS"), rows)


def try_next(places: Sequence[NodeAddress], secured: Secured | None = None) -> str:
    """What to do with a fresh cluster."""
    if secured is not None:
        return with_token(places, secured.token_file)
    default = elsewhere(places[0])
    dns = next((f"  dig @{p.ip} -p {p.dns_port} consul.service.consul\n" for p in reversed(places) if p.dns), "")
    return (
        f"Try, in another terminal:\n{on_path()}"
        f"  lictor members{default}\n"
        f"  lictor kv put{default} greeting hello\n"
        f"  curl 'http://{places[-1].http}/v1/kv/greeting?raw'\n"
        f"{dns}"
        "  lictor fault isolate leader      # and later: lictor fault heal -all\n"
    )
