"""Where a program that runs on Ray finds the cluster that runs there too."""

from __future__ import annotations

import ray

from lictor_deploy.ray.names import hosts
from lictor_deploy.words.sentence import Failure

ANSWER_WITHIN_S = 2.0


def nearest() -> str:
    """The URL for ``lictor.connect`` of an agent on the caller's own node of Ray, else of any.

    The caller is a driver, a task or an actor of Ray. Raises Failure if no cluster of Lictor runs on this Ray.
    """
    if not ray.is_initialized():
        raise Failure("This process is not connected to Ray: call ray.init() first.")
    own = ray.get_runtime_context().get_node_id()
    found = hosts()
    for ray_node in sorted(found, key=lambda node: node != own):
        try:
            doors: list[str] = ray.get(found[ray_node].doors.remote(), timeout=ANSWER_WITHIN_S)
        except (ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
            continue
        if doors:
            return doors[0]
    raise Failure("No cluster of Lictor runs on this Ray. Start one with `lictor dev -launcher ray`.")
