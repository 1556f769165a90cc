"""Which node goes where: servers on machines of their own as far as there are any, agents in equal shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from lictor_actors.node.spec import NodeSpec
from lictor_deploy.local.plan import GOSSIP_PORT, SERVER_PORT, DevOptions, node_uuid


def first_homes(options: DevOptions, processes: Sequence[str]) -> dict[str, str]:
    """Name of each node → its process, servers first."""
    servers = {f"server-{i + 1}": processes[i % len(processes)] for i in range(options.servers)}
    homes = dict(servers)
    loads = Counter(servers.values())
    for i in range(1, options.agents + 1):
        home = least_loaded(processes, loads)
        homes[f"agent-{i}"] = home
        loads[home] += 1
    return homes


def least_loaded(processes: Iterable[str], loads: Counter[str]) -> str:
    """The process with the fewest nodes, the first of several."""
    return min(processes, key=lambda process: loads[process])


def spec_of(name: str, options: DevOptions, joins: Iterable[str], *, founder: bool) -> NodeSpec:
    """A node without a place: its host says where it is. ``founder``: a server of the first start."""
    server = name.startswith("server-")
    return NodeSpec(
        name=name,
        id=node_uuid(name, options.seed),
        server=server,
        bootstrap_expect=options.servers if server and founder else 0,
        join=tuple(joins),
        settings={
            "prober.profile": options.profile,
            "prober.shares_lane": True,
            "server.raft_multiplier": options.raft_multiplier,
        },
        gossip_port=GOSSIP_PORT,
        server_port=SERVER_PORT,
    )
