"""``lictor dev -launcher ray``: connect to Ray or start one, run the cluster on it, leave nothing behind."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from lictor_deploy.agent.log import threshold_of
from lictor_deploy.local.dev import kept_in, written_down
from lictor_deploy.local.plan import DevOptions, refuse
from lictor_deploy.local.run_dir import run_dir
from lictor_deploy.private import PRIVATE
from lictor_deploy.ray.cluster import RayCluster
from lictor_deploy.ray.launcher import RayLauncher
from lictor_deploy.ray.machines import Machines
from lictor_deploy.ray.names import NAMESPACE, hosts
from lictor_deploy.words.sentence import Failure

STOP_WITHIN_S = 5.0


def run_on_ray(options: DevOptions, *, address: str, data_dir: str, command: str, log_level: str) -> int:
    """Start the cluster, run ``command`` or wait for Ctrl-C, stop it; the exit code."""
    umask = os.umask(PRIVATE)
    threshold_of(log_level)
    refuse(options)
    if options.datacenters > 1:
        raise Failure("-launcher ray runs one datacenter: leave -datacenters out.")
    with connected(address):
        if hosts():
            raise Failure(
                "A cluster of Lictor runs on this Ray already. Stop it with `lictor dev -launcher ray -stop`."
            )
        started, signals = time.monotonic(), written_down()
        with run_dir() as run, kept_in("") as data:
            cluster = RayCluster(
                options,
                Machines(ray.nodes),
                RayLauncher,
                f"ray-{secrets.token_hex(4)}",
                run,
                data,
                kept_in=data_dir,
                log_level=log_level,
                signals=signals,
                umask=umask,
            )
            cluster.temporary = [data]
            try:
                cluster.start()
                status = cluster.run(command, started)
            finally:
                cluster.stop()
            if signals and not command:
                print("Stopped.", flush=True)
            return status


def stop_on_ray(address: str) -> int:
    """End the cluster on this Ray, also one whose driver is gone; the exit code."""
    with connected(address or "auto"):
        found = hosts()
        if not found:
            raise Failure("No cluster of Lictor runs on this Ray.")
        ray.wait([host.stop.remote() for host in found.values()], num_returns=len(found), timeout=STOP_WITHIN_S)
        for host in found.values():
            ray.kill(host)
    print(f"Stopped {len(found)} hosts.", flush=True)
    return 0


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connected to the Ray of this address, or to a new one on this machine if that is empty. Raises Failure.

    At the end we leave it; only a Ray that was started here ends with that.
    """
    if address.startswith("ray://"):
        raise Failure(
            f"{address} is Ray's client port, which hosts cannot be watched through: run this on a machine of that Ray "
            "and give -ray-address auto."
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # of a Ray that is started here
    local = {"_node_ip_address": address.rpartition(":")[0]} if address.startswith("127.") else {}
    new = {"include_dashboard": False} if not address else {}
    try:
        ray.init(
            address or "local",
            namespace=NAMESPACE,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=False,
            **local,
            **new,
        )
    except (OSError, RuntimeError, ValueError) as error:
        where = f"the Ray at {address}" if address else "a Ray of its own on this machine"
        said = str(error).partition("\n")[0].rstrip(".")
        raise Failure(
            f"Cannot connect to {where}: {said}. Start one with `ray start --head`, or name another."
        ) from None
    try:
        yield
    finally:
        ray.shutdown()
