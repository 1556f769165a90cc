"""Definitions of services and checks, as an agent takes them over HTTP and from its configuration.

Source: Consul's pages on service and check definitions. What Consul knows and Lictor does not run yet is refused by
name instead of being accepted and forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lictor_actors.consul.structs.agent import CHECK_TYPE, SERVICE_DEFINITION
from lictor_messages.agent import CheckSpec
from lictor_messages.catalog import ServiceRecord

_NOT_RUN = ("DockerContainerID", "OSService")
_MESH = ("Proxy", "Connect", "Kind", "Locality")
_SIDECAR = ("SidecarService", "sidecar_service")


class NotRun(ValueError):
    """What Consul has and this agent does not; ``status`` is the HTTP status that goes with the text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def check_of(given: Mapping[str, Any]) -> CheckSpec:
    """A definition of a check as our record; raises NotRun."""
    for name in _NOT_RUN:
        if given.get(name):
            raise NotRun(400, f"Invalid check: Lictor does not run {name} checks: let Args run a program that looks")
    return CHECK_TYPE.record(given)


def service_of(given: Mapping[str, Any], node: str) -> ServiceRecord:
    """A definition of a service of this node as our record; its id is its name if it has none. Raises NotRun."""
    refuse_mesh(given, *_MESH)
    name = given.get("Name", "")
    return SERVICE_DEFINITION.record(given, node=node, id=given.get("ID") or name, service=name, kind="")


def refuse_mesh(given: Mapping[str, Any], *parts: str) -> None:
    """Raises NotRun for these parts of a service if they say anything: they would be kept nowhere."""
    for part in parts:
        if _says_something(given.get(part)):
            raise NotRun(400, f"Invalid service: {part} needs the service mesh, which Lictor does not have yet")


def _says_something(value: Any) -> bool:
    """False for what a client writes back that has read an empty one; an empty sidecar is a wish for one."""
    if isinstance(value, Mapping):
        return any(_says_something(part) or (part == {} and name in _SIDECAR) for name, part in value.items())
    return any(map(_says_something, value)) if isinstance(value, list) else bool(value)
