"""The bodies of /v1/catalog/register and deregister: JSON in, commands out. The store judges what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from lictor_actors.consul.definitions import refuse_sidecar
from lictor_actors.consul.service_rules import ports_fault, proxy_fault, settled
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.catalog import CHECK, DEREGISTER, REGISTER, SERVICE
from lictor_actors.roles.api.definitions import decoded, one_and_more, refused_by_name
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_messages.agent import PROBED
from lictor_messages.catalog import CheckDefinition, CheckRecord, CheckStatus, Deregister, Register, ServiceRecord


def registration(request: HttpRequest) -> Register:
    """The command that the body of a registration asks for."""
    given = _of_its_datacenter(request, REGISTER)
    node = REGISTER.record(given, datacenter=request.dc or request.options.dc)
    return Register(
        node=node,
        skip_node_update=given.get("SkipNodeUpdate", False),
        service=service_record(given["Service"], node.node) if given.get("Service") else None,
        checks=tuple(map(check_record, one_and_more(given))),
    )


def deregistration(request: HttpRequest) -> Deregister:
    """The command that the body of a deregistration asks for."""
    return DEREGISTER.record(_of_its_datacenter(request, DEREGISTER))


def _of_its_datacenter(request: HttpRequest, struct: Struct[Any]) -> dict[str, Any]:
    given = decoded(request, struct)
    request.ask_datacenter(given.get("Datacenter") or request.param("dc"))
    return given


def service_record(given: Mapping[str, Any], node: str) -> ServiceRecord:
    """A service of the catalog as a body gives it; raises HttpError for ports and proxies that cannot be."""
    with refused_by_name():
        refuse_sidecar(given)
    made = SERVICE.record(given, node=node, create_index=0)
    if fault := ports_fault(made) or proxy_fault(made):
        raise HttpError(500, fault)
    return settled(made)


def check_record(given: Mapping[str, Any]) -> CheckRecord:
    """A check of the catalog as a body gives it; raises HttpError 400 for a status that is none.

    The store says what its service is called and tagged.
    """
    status = given.get("Status") or "critical"
    if status not in get_args(CheckStatus):
        raise HttpError(400, "Bad check status")
    made = CHECK.record(given, status=status, service_name="", service_tags=(), create_index=0)
    kind = made.type or _type_of(made.definition)
    return made if kind == made.type else made.model_copy(update={"type": kind})


def _type_of(definition: CheckDefinition) -> str:
    """The type of check that a definition says, "" for none."""
    if definition.alias_node or definition.alias_service:
        return "alias"
    return next((kind for kind, field in PROBED.items() if getattr(definition, field, "")), "")
