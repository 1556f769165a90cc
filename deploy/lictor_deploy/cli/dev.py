"""``lictor dev``: a whole cluster on this machine."""

from __future__ import annotations

from typing import Literal

from lictor_deploy.cli.on_ray import DEFAULT_LAUNCH, Launch
from lictor_deploy.local.plan import DevOptions


def dev(
    *,
    datacenters: int = DevOptions.datacenters,
    servers: int = DevOptions.servers,
    agents: int = DevOptions.agents,
    exec: str = "",
    data_dir: str = "",
    base_ip: str = DevOptions.base_ip,
    one_ip: bool = DevOptions.one_ip,
    http_port: int = DevOptions.http_port,
    profile: Literal["lan", "wan", "local"] = DevOptions.profile,
    raft_multiplier: float = DevOptions.raft_multiplier,
    seed: int = DevOptions.seed,
    log_level: str = "INFO",
    launch: Launch = DEFAULT_LAUNCH,
) -> int:
    """Run a whole cluster on this machine until Ctrl-C or SIGTERM, even if the shell had them ignored.

    On Linux every node has a loopback address of its own (127.0.0.1, 127.0.0.2, …) with the standard ports: 8500 for
    HTTP and 8304 for client actors. Elsewhere, and with -one-ip, all share one address and each has its own ports.
    With -launcher ray the nodes are spread over those of a Ray cluster, at their addresses: docs/ray.md.

    Example: lictor dev -servers 3 -agents 97
    Example: lictor dev -datacenters 3 -servers 3 -agents 20
    Example: lictor dev -agents 5 -exec 'python3 my_tests.py'

    Parameters
    ----------
    datacenters
        Each has so many servers and agents; they are called dc1, dc2 and so on (1).
    servers
        Nodes that keep the catalog; 3 survive the loss of one (3).
    agents
        Nodes beside them (97).
    exec
        Run this command when the cluster is ready, with CONSUL_HTTP_ADDR, LICTOR_BUS and LICTOR_CONTROL set, then stop
        and exit with its status.
    data_dir
        Keep state here over restarts; by default a temporary directory that is removed at the end.
    base_ip
        Address of the first node (127.0.0.1); the others count up from it.
    one_ip
        Give all nodes the same address and a range of ports.
    http_port
        HTTP port of every node, or of the first one with -one-ip (8500).
    profile
        Constants of gossip: lan, wan or local (lan).
    raft_multiplier
        Scales Raft's time-outs; 1 suits one machine (1).
    seed
        Node ids are derived from it (0).
    log_level
        Of the log files of the processes: DEBUG, INFO, WARN or ERR (INFO).
    """
    options = DevOptions(datacenters, servers, agents, base_ip, one_ip, http_port, profile, raft_multiplier, seed)
    return launch.run(options, data_dir=data_dir, command=exec, log_level=log_level)
