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


class NotRun(ValueError):
    """A kind of check that this agent does not run; ``status`` is the HTTP status that goes with the text."""

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
    """A definition of a service of this node as our record; its id is its name if it has none."""
    name = given.get("Name", "")
    return SERVICE_DEFINITION.record(given, node=node, id=given.get("ID") or name, service=name)
