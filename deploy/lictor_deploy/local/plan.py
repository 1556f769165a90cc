"""The plan of a local cluster: which node lives in which process, at which addresses."""

from __future__ import annotations

import ipaddress
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lictor_actors.node.spec import NodeSpec
from lictor_deploy.agent.limits import Listener
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import PORT_MOST, join_host_port, lane_url

HTTP_PORT = 8500
DOOR_PORT = 8304
DNS_ABOVE = 100
"""From the HTTP port to that of DNS, where each node has an IP: 8500 and 8600."""
SERVER_PORT = 8300
GOSSIP_PORT = 8301
WAN_PORT = 8302
INTRODUCED_ABOVE = 128
"""Nodes of larger clusters of one datacenter are introduced to each other at the start: ``parent.introductions``."""
INTRODUCED_WITHIN_NS = 300_000_000_000
"""Longer than the parent waits for the whole: joins beside introductions would bring the gossip that these spare."""
ONE_IP_STEP = 10_000
"""With one IP the door of a node is this far above its HTTP port, and DNS twice as far."""
IPC_PATH_MAX = 107
"""Bytes in the path of a Unix socket (sockaddr_un)."""


@dataclass(frozen=True)
class DevOptions:
    """What a person may choose about a local cluster."""

    datacenters: int = 1
    servers: int = 3
    """Of each datacenter, as are the agents."""
    agents: int = 97
    base_ip: str = "127.0.0.1"
    one_ip: bool = not sys.platform.startswith("linux")
    """All nodes on one IP with a range of ports, instead of an IP each with the standard ports."""
    http_port: int = HTTP_PORT
    profile: Literal["lan", "wan", "local"] = "lan"
    raft_multiplier: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class ProcessPlan:
    """One process: the lanes that its nodes share (gossip, the rest, and gossip between datacenters), and the nodes."""

    name: str
    lanes: tuple[str, ...]
    specs: tuple[NodeSpec, ...]


@dataclass(frozen=True)
class NodeAddress:
    """Where one node is reached from outside."""

    name: str
    """With the datacenter where there are several."""
    ip: str
    http_port: int
    door_port: int
    dns_port: int = -1
    """-1 for all but the first server and the first agent of each datacenter."""
    dc: str = "dc1"

    @property
    def server(self) -> bool:
        """Whether this node keeps the catalog."""
        return self.name.startswith("server-")

    @property
    def node(self) -> str:
        """``name.dc``."""
        return f"{self.name.partition('.')[0]}.{self.dc}"

    @property
    def http(self) -> str:
        """``ip:port``, as CONSUL_HTTP_ADDR takes it."""
        return join_host_port(self.ip, self.http_port)

    @property
    def door(self) -> str:
        """URL for ``lictor.connect``."""
        return lane_url(self.ip, self.door_port)

    @property
    def dns(self) -> str:
        """``ip:port``, "" if the node answers no DNS."""
        return join_host_port(self.ip, self.dns_port) if self.dns_port >= 0 else ""


def make_plan(options: DevOptions, run_dir: Path, data_dir: Path, cores: int) -> list[ProcessPlan]:
    """A process for each server, and max(2, cores) more that share the agents, or one for those of each datacenter."""
    refuse(options)
    places = all_addresses(options)
    parts = -(-max(2, cores) // options.datacenters)
    return [
        plan
        for dc in datacenters(options)
        for plan in plans_of([place for place in places if place.dc == dc], places, options, parts, run_dir, data_dir)
    ]


def plans_of(
    mine: Sequence[NodeAddress],
    everyone: Sequence[NodeAddress],
    options: DevOptions,
    parts: int,
    run_dir: Path,
    data_dir: Path,
) -> list[ProcessPlan]:
    """The processes of one datacenter; each node joins through every server of it, and each server all others."""
    servers = [place for place in mine if place.server]
    agents = iter([place for place in mine if not place.server])
    dc = "" if options.datacenters == 1 else f".{mine[0].dc}"
    groups = [(place.name, [place]) for place in servers]
    groups += [
        (f"agents-{number}{dc}", [next(agents) for _ in range(size)])
        for number, size in enumerate(shares(options.agents, parts), 1)
    ]
    joins = tuple(lanes_of(place.name, run_dir)[0] for place in servers)
    wan_joins = tuple(wan_lane(place.name, run_dir) for place in everyone if place.server and place.dc != mine[0].dc)
    plans = []
    for name, places in groups:
        lanes = lanes_of(name, run_dir)
        wan = wan_lane(name, run_dir) if places[0].server else ""
        specs = tuple(spec_of(place, options, (*lanes, wan), joins, wan_joins, data_dir) for place in places)
        plans.append(ProcessPlan(name, (*lanes, wan) if wan else lanes, specs))
    return plans


def refuse(options: DevOptions) -> None:
    """What cannot be planned."""
    if options.datacenters < 1:
        raise Failure("A cluster is in a datacenter: use -datacenters 1 or more.")
    if options.servers < 1:
        raise Failure("A cluster needs a server: use -servers 1 or more (3 survive the loss of one).")
    if options.agents < 0:
        raise Failure("-agents cannot be negative.")
    if not 0 < options.raft_multiplier <= 10:
        raise Failure("-raft-multiplier must be between 0 and 10: 1 is fast, 5 suits small machines.")
    if options.http_port < 1:
        raise Failure(f"-http-port {options.http_port} is no port: the first that nodes can have is 1.")
    last = options.http_port + options.datacenters * (options.servers + options.agents)
    if last + (2 * ONE_IP_STEP if options.one_ip else DNS_ABOVE) > PORT_MOST:
        raise Failure(f"-http-port {options.http_port} leaves no room for the ports of all nodes: choose a lower one.")


def datacenters(options: DevOptions) -> list[str]:
    """Their names."""
    return [f"dc{number}" for number in range(1, options.datacenters + 1)]


def all_addresses(options: DevOptions) -> list[NodeAddress]:
    """Every node with its addresses, by datacenter, and there servers first."""
    bare = [f"server-{i}" for i in range(1, options.servers + 1)]
    bare += [f"agent-{i}" for i in range(1, options.agents + 1)]
    names = [(name, dc) for dc in datacenters(options) for name in bare]
    return [address_of(name, dc, offset, options) for offset, (name, dc) in enumerate(names)]


def address_of(name: str, dc: str, offset: int, options: DevOptions) -> NodeAddress:
    """The addresses of the node with this number."""
    if ":" in options.base_ip:
        raise Failure(f"-base-ip {options.base_ip!r} is IPv6, and loopback has one such address: give one of IPv4.")
    dns = name in ("server-1", "agent-1")
    name = name if options.datacenters == 1 else f"{name}.{dc}"
    try:
        first = ipaddress.IPv4Address(options.base_ip)
        if options.one_ip:
            port = options.http_port + offset
            dns_port = port + 2 * ONE_IP_STEP if dns else -1
            return NodeAddress(name, str(first), port, port + ONE_IP_STEP, dns_port, dc)
        dns_port = options.http_port + DNS_ABOVE if dns else -1
        return NodeAddress(name, str(first + offset), options.http_port, DOOR_PORT, dns_port, dc)
    except ipaddress.AddressValueError:
        raise Failure(f"-base-ip {options.base_ip!r} is not an IPv4 address that leaves room for all nodes.") from None


def spec_of(
    where: NodeAddress,
    options: DevOptions,
    lanes: tuple[str, str, str],
    joins: Sequence[str],
    wan_joins: Sequence[str],
    data: Path,
) -> NodeSpec:
    """One node; it joins through every server of its datacenter but itself."""
    shift = where.http_port - options.http_port
    return NodeSpec(
        name=where.name.partition(".")[0],
        dc=where.dc,
        id=node_uuid(where.name, options.seed),
        server=where.server,
        bootstrap_expect=options.servers if where.server else 0,
        address=where.ip,
        gossip=lanes[0],
        rest=lanes[1],
        join=tuple(url for url in joins if url != lanes[0]),
        wan=lanes[2],
        wan_port=WAN_PORT + shift * 2 if where.server else -1,
        wan_join=tuple(wan_joins),
        settings=settings_of(options),
        data_dir=str(data / where.name),
        client_addresses=(where.ip,),
        http_port=where.http_port,
        door_port=where.door_port,
        dns_port=where.dns_port,
        gossip_port=GOSSIP_PORT + shift * 2,
        server_port=SERVER_PORT + shift * 2,
    )


def settings_of(options: DevOptions) -> dict[str, Any]:
    """What all nodes have in common."""
    settings = {
        "prober.profile": options.profile,
        "prober-wan.profile": "local",
        "server.raft_multiplier": options.raft_multiplier,
    }
    if options.datacenters == 1 and options.servers + options.agents > INTRODUCED_ABOVE:
        settings["prober.introduced_within_ns"] = INTRODUCED_WITHIN_NS
    return settings


def node_uuid(name: str, seed: int) -> str:
    """The same node of the same cluster has the same id in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{seed}.lictor-dev"))


def lanes_of(process: str, run_dir: Path) -> tuple[str, str]:
    """The gossip lane and the lane for the rest of a process."""
    return lane(run_dir / f"{process}.g"), lane(run_dir / f"{process}.r")


def wan_lane(process: str, run_dir: Path) -> str:
    """The lane of gossip between datacenters, of a server's process."""
    return lane(run_dir / f"{process}.w")


def lane(path: Path) -> str:
    """The URL of a lane there. Raises Failure if no socket can have such a name."""
    if len(os.fsencode(path)) > IPC_PATH_MAX:
        raise Failure(f"{path} is too long for a socket. Set XDG_RUNTIME_DIR or TMPDIR to a shorter directory.")
    return f"ipc://{path}"


def shares(total: int, parts: int) -> list[int]:
    """``total`` in parts of nearly equal size, without empty ones."""
    return [size for size in (total // parts + (i < total % parts) for i in range(parts)) if size]


def listeners(plans: Sequence[ProcessPlan]) -> Iterator[Listener]:
    """Every port that the cluster opens, with what to change if it is taken."""
    remedy = "move the cluster with -base-ip 127.0.1.1 or -http-port 9500"
    for spec in (spec for plan in plans for spec in plan.specs):
        for ip in spec.client_addresses:
            yield Listener(ip, spec.http_port, f"HTTP of {spec.name}", remedy)
            yield Listener(ip, spec.door_port, f"client bus of {spec.name}", remedy)
            if spec.dns_port >= 0:
                yield Listener(ip, spec.dns_port, f"DNS of {spec.name}", remedy)
