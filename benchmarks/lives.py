"""The processes of a cluster's servers: the leader's now, and the next life of one that was killed."""

from __future__ import annotations

import time

from lictor_deploy.local.handle import Cluster

SETTLED_WITHIN_S = 30.0


def leaders_process(cluster: Cluster) -> int:
    """Its process id, 0 if no majority follows anyone at the moment."""
    status = cluster.status()
    pid: int = status["processes"].get(status["status"]["majority_leader"].partition(".")[0], 0)
    return pid


def await_life(cluster: Cluster, server: str, old: int) -> None:
    """Until the process of a server has been started again."""
    until = time.monotonic() + SETTLED_WITHIN_S
    while cluster.status()["processes"][server] in (0, old):
        if time.monotonic() > until:
            raise RuntimeError(f"{server} did not come back")
        time.sleep(0.02)
