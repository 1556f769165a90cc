"""AclRules that need no policy: identities of services and nodes, templates, and the policies that are always there.

Source: Consul's pages on service identities, node identities and templated policies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lictor_actors.consul.acl_rules import Access, AclRules, Named

SIDECAR: Final = "-sidecar-proxy"
GLOBAL_MANAGEMENT_ID: Final = "00000000-0000-0000-0000-000000000001"
GLOBAL_READ_ONLY_ID: Final = "00000000-0000-0000-0000-000000000002"
ANONYMOUS_ACCESSOR: Final = "00000000-0000-0000-0000-000000000002"
RESERVED: Final = "00000000-0000-0000-0000-0000000000"
"""Identifiers that begin like this are Consul's own."""

Row = tuple[Named, str, Access, bool]
"""Resource, name, access, and whether the name is a prefix."""
SEES_SERVICES: Final[Row] = ("service", "", "read", True)
SEES_NODES: Final[Row] = ("node", "", "read", True)


def of_service(name: str) -> AclRules:
    """A service registers itself and its sidecar, and finds all others."""
    own: tuple[Row, ...] = (("service", name, "write", False), ("service", f"{name}{SIDECAR}", "write", False))
    return _made(*own, SEES_SERVICES, SEES_NODES)


def of_node(name: str) -> AclRules:
    """A node registers itself, and sees services so that anti-entropy may compare."""
    return _made(("node", name, "write", False), SEES_SERVICES)


def of_dns(_: str = "") -> AclRules:
    """DNS answers for all nodes, services and prepared queries."""
    return _made(SEES_NODES, SEES_SERVICES, ("query", "", "read", True))


def of_api_gateway(name: str) -> AclRules:
    """An API gateway registers itself and sees the mesh."""
    rules = _made(("service", name, "write", False), SEES_NODES, SEES_SERVICES)
    rules.whole["mesh"] = "read"
    return rules


def of_nomad_server(_: str = "") -> AclRules:
    """Nomad's servers make tokens for their jobs."""
    rules = _made(("agent", "", "read", True), SEES_NODES, ("service", "", "write", True))
    rules.whole.update(dict.fromkeys(("acl", "mesh", "operator"), "write"))
    return rules


def of_nomad_client(_: str = "") -> AclRules:
    """Nomad's clients register what runs on them."""
    return _made(("agent", "", "read", True), SEES_NODES, ("service", "", "write", True))


@dataclass(frozen=True, slots=True)
class Template:
    """A policy with, or without, a name to fill in."""

    rules: Callable[[str], AclRules]
    named: bool
    id: str
    description: str


TEMPLATES: Final[Mapping[str, Template]] = {
    "builtin/service": Template(
        of_service,
        True,
        f"{RESERVED}03",
        "Registers one service and its sidecar, and finds every service and node.",
    ),
    "builtin/node": Template(of_node, True, f"{RESERVED}04", "Registers one node, and sees every service."),
    "builtin/dns": Template(
        of_dns, False, f"{RESERVED}05", "Reads what DNS answers from: nodes, services and prepared queries."
    ),
    "builtin/nomad-server": Template(
        of_nomad_server, False, f"{RESERVED}06", "What a Nomad server does, the making of tokens included."
    ),
    "builtin/api-gateway": Template(
        of_api_gateway, True, f"{RESERVED}08", "Registers one API gateway, and reads the mesh."
    ),
    "builtin/nomad-client": Template(
        of_nomad_client, False, f"{RESERVED}09", "What a Nomad client does: it registers the services of its jobs."
    ),
}


def _made(*rows: Row) -> AclRules:
    rules = AclRules()
    for resource, name, access, prefix in rows:
        rules.add(resource, name, access, prefix=prefix)
        if resource == "service":
            rules.add("intention", name, "read", prefix=prefix)
    return rules
