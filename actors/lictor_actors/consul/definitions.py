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
    refuse_sidecar(given)
    name = given.get("Name", "")
    return SERVICE_DEFINITION.record(given, node=node, id=given.get("ID") or name, service=name)


def refuse_sidecar(given: Mapping[str, Any]) -> None:
    """Raises NotRun for a service that asks for a sidecar, an empty one included: none would be registered."""
    connect = given.get("Connect") or {}
    if any(connect.get(name) is not None for name in _SIDECAR):
        raise NotRun(400, "Invalid service: SidecarService needs the service mesh, which Lictor does not have yet")
