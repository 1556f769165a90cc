"""``lictor agent``: one node, from flags and files."""

from __future__ import annotations

from typing import Any

from lictor_deploy.config.load import load, node_meta_of
from lictor_deploy.words.sentence import Failure


def agent(
    *,
    dev: bool = False,
    server: bool | None = None,
    bootstrap: bool | None = None,
    bootstrap_expect: int | None = None,
    node: str | None = None,
    node_id: str | None = None,
    node_meta: tuple[str, ...] = (),
    datacenter: str | None = None,
    data_dir: str | None = None,
    config_file: tuple[str, ...] = (),
    config_dir: tuple[str, ...] = (),
    bind: str | None = None,
    client: str | None = None,
    advertise: str | None = None,
    http_allowed_host: tuple[str, ...] = (),
    http_port: int | None = None,
    bus_port: int | None = None,
    server_port: int | None = None,
    serf_lan_port: int | None = None,
    join: tuple[str, ...] = (),
    retry_join: tuple[str, ...] = (),
    retry_interval: str | None = None,
    rejoin: bool | None = None,
    log_level: str | None = None,
) -> int:
    """Run one node until it is told to stop.

    SIGINT and SIGTERM make a client agent leave and a server just stop; exit code 0 after a graceful leave, else 1.
    Both are heard from the first moment on, as process 1 of a container and where a shell had SIGINT ignored.
    SIGHUP does not read the configuration again yet.

    Example: lictor agent -dev
    Example: lictor agent -server -bootstrap-expect=3 -data-dir=/var/lib/lictor -retry-join=10.0.0.5

    Parameters
    ----------
    dev
        A server of its own that keeps nothing, on 127.0.0.1.
    server
        Be a server: keep the catalog and take part in consensus.
    bootstrap
        The same as -bootstrap-expect=1.
    bootstrap_expect
        Number of servers to wait for before the first election.
    node
        Name of this node; by default the host's.
    node_id
        UUID of this node; by default made once and kept in the data directory.
    node_meta
        key:value to attach to this node; may be given several times.
    datacenter
        Name of the datacenter (dc1).
    data_dir
        Where state is kept; required unless -dev.
    config_file
        A JSON file with Consul's keys; may be given several times, later ones win.
    config_dir
        A directory of such files, read in the order of their names.
    bind
        IP to listen on for the cluster (0.0.0.0).
    client
        IP to listen on for HTTP and client actors (127.0.0.1).
    advertise
        IP that other nodes reach this one by; by default the one bound to.
    http_allowed_host
        Name under which HTTP may be asked, beside localhost and IPs; may be given several times, * for any.
    http_port
        HTTP API (8500); -1 for none.
    bus_port
        Client actors (8304); -1 for none.
    server_port
        Cluster traffic (8300).
    serf_lan_port
        Gossip (8301).
    join
        Address of a node to join; may be given several times.
    retry_join
        The same: joins are always retried.
    retry_interval
        Time between attempts to join (1s).
    rejoin
        After a graceful leave, too, look for those that this node knew; after any other end it does so anyway.
    log_level
        TRACE, DEBUG, INFO, WARN or ERR.
    """
    plain = {
        "server": server,
        "bootstrap": bootstrap,
        "bootstrap_expect": bootstrap_expect,
        "node_name": node,
        "node_id": node_id,
        "datacenter": datacenter,
        "data_dir": data_dir,
        "bind_addr": bind,
        "client_addr": client,
        "advertise_addr": advertise,
        "retry_interval": retry_interval,
        "rejoin_after_leave": rejoin,
        "log_level": log_level,
        "ports": given({"http": http_port, "bus": bus_port, "server": server_port, "serf_lan": serf_lan_port}) or None,
        "http_config": {"allowed_hosts": list(http_allowed_host)} if http_allowed_host else None,
        "node_meta": node_meta_of(node_meta) or None,
        "start_join": list(join) or None,
        "retry_join": list(retry_join) or None,
    }
    config, ignored = load(config_file, config_dir, given(plain), dev=dev)
    if ignored:
        print(f"==> Accepted, but not in force: {', '.join(ignored)}", flush=True)
    if not dev and not config_file and not config_dir and data_dir is None:
        raise Failure("Nothing says what this agent is. Try `lictor agent -dev`, or give -data-dir or -config-file.")
    from lictor_deploy.agent.run import run_agent

    return run_agent(config, dev=dev)


def given(flags: dict[str, Any]) -> dict[str, Any]:
    """Only the flags that were given: the others must not override files."""
    return {name: value for name, value in flags.items() if value is not None}
