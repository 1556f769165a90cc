"""How the parts of a cluster are found on Ray without any object of its driver."""

from __future__ import annotations

import ray
from ray.actor import ActorHandle

NAMESPACE = "lictor"
_PREFIX = "host-"


def host_name(ray_node: str) -> str:
    """Of the actor that hosts nodes on this node of Ray."""
    return f"{_PREFIX}{ray_node}"


def ray_node_of(name: str) -> str:
    """The other way round."""
    return name.removeprefix(_PREFIX)


def hosts() -> dict[str, ActorHandle]:
    """Node of Ray → the actor that hosts nodes there. Ray has to be connected."""
    named = ray.util.list_named_actors(all_namespaces=True)
    names = [one["name"] for one in named if one["namespace"] == NAMESPACE and one["name"].startswith(_PREFIX)]
    found = {}
    for name in names:
        try:
            found[ray_node_of(name)] = ray.get_actor(name, NAMESPACE)
        except ValueError:  # it has ended since
            continue
    return found
