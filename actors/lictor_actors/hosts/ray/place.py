"""Where the actor of Ray is in which this runs."""

from __future__ import annotations

from typing import NamedTuple

import ray


class RayPlace(NamedTuple):
    """One node of Ray, as Ray names it."""

    ray_node: str
    ip: str
    """Its address, by which the others reach what listens here."""


def here() -> RayPlace:
    """The node of Ray on which this process runs."""
    return RayPlace(ray.get_runtime_context().get_node_id(), ray.util.get_node_ip_address())
