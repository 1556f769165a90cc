"""The bodies of /v1/catalog/register and deregister: JSON in, commands out. The store judges what they mean."""

from __future__ import annotations

from typing import Any, get_args

from lictor_actors.consul.decode import (
    Struct,
    anything,
    boolean,
    duration,
    integer,
    list_of,
    map_of,
    string,
    string_map,
    strings,
)
from lictor_actors.roles.api.definitions import ADDRESS, WEIGHTS, decoded, named_service
from lictor_actors.roles.api.query import no_path_to_datacenter
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import (
    CheckDefinition,
    CheckRecord,
    CheckStatus,
    Deregister,
    NodeRecord,
    Register,
    ServiceRecord,
)

_DEFINITION = Struct(
    "HealthCheckDefinition",
    {
        "HTTP": string,
        "TLSServerName": string,
        "TLSSkipVerify": boolean,
        "Header": map_of(strings, "[]string"),
        "Method": string,
        "Body": string,
        "DisableRedirects": boolean,
        "TCP": string,
        "TCPUseTLS": boolean,
        "UDP": string,
        "GRPC": string,
        "GRPCUseTLS": boolean,
        "OSService": string,
        "H2PING": string,
        "H2PingUseTLS": boolean,
        "Interval": duration,
        "OutputMaxSize": integer,
        "Timeout": duration,
        "DeregisterCriticalServiceAfter": duration,
        "ScriptArgs": strings,
        "DockerContainerID": string,
        "Shell": string,
        "AliasNode": string,
        "AliasService": string,
        "TTL": duration,
        "IntervalDuration": duration,
        "TimeoutDuration": duration,
        "DeregisterCriticalServiceAfterDuration": duration,
    },
)
CHECK = Struct(
    "HealthCheck",
    {
        "Node": string,
        "CheckID": string,
        "Name": string,
        "Status": string,
        "Notes": string,
        "Output": string,
        "ServiceID": string,
        "ServiceName": string,
        "ServiceTags": strings,
        "Type": string,
        "Interval": string,
        "Timeout": string,
        "ExposedPort": integer,
        "Definition": _DEFINITION,
        "Namespace": string,
        "Partition": string,
        "PeerName": string,
        "CreateIndex": integer,
        "ModifyIndex": integer,
    },
)
SERVICE = Struct(
    "NodeService",
    {
        "Kind": string,
        "ID": string,
        "Service": string,
        "Tags": strings,
        "Address": string,
        "TaggedAddresses": map_of(ADDRESS, "structs.ServiceAddress"),
        "Meta": string_map,
        "Port": integer,
        "SocketPath": string,
        "Weights": WEIGHTS,
        "EnableTagOverride": boolean,
        "Proxy": anything,
        "Connect": anything,
        "Locality": anything,
        "Namespace": string,
        "Partition": string,
        "PeerName": string,
        "CreateIndex": integer,
        "ModifyIndex": integer,
    },
)
_REGISTER = Struct(
    "RegisterRequest",
    {
        "Datacenter": string,
        "ID": string,
        "Node": string,
        "Address": string,
        "TaggedAddresses": string_map,
        "NodeMeta": string_map,
        "Service": SERVICE,
        "Check": CHECK,
        "Checks": list_of(CHECK, "*structs.HealthCheck"),
        "SkipNodeUpdate": boolean,
        "Locality": anything,
        "Namespace": string,
        "Partition": string,
        "PeerName": string,
        "Token": string,
    },
)
_DEREGISTER = Struct(
    "DeregisterRequest",
    {
        "Datacenter": string,
        "Node": string,
        "Address": string,
        "ServiceID": string,
        "CheckID": string,
        "Namespace": string,
        "Partition": string,
        "PeerName": string,
        "Token": string,
    },
)


def registration(request: HttpRequest) -> Register:
    """The command that the body of a registration asks for."""
    given = _in_this_datacenter(request, _REGISTER)
    node = NodeRecord(
        node=given.get("Node", ""),
        address=given.get("Address", ""),
        id=given.get("ID", ""),
        datacenter=request.options.dc,
        tagged_addresses=FrozenMap(given.get("TaggedAddresses", {})),
        meta=FrozenMap(given.get("NodeMeta", {})),
    )
    checks = [given["Check"]] if given.get("Check") else []
    checks += [check for check in given.get("Checks", ()) if check]
    return Register(
        node=node,
        skip_node_update=given.get("SkipNodeUpdate", False),
        service=service_record(given["Service"], node.node) if given.get("Service") else None,
        checks=tuple(check_record(check) for check in checks),
    )


def deregistration(request: HttpRequest) -> Deregister:
    """The command that the body of a deregistration asks for."""
    given = _in_this_datacenter(request, _DEREGISTER)
    return Deregister(
        node=given.get("Node", ""), service_id=given.get("ServiceID", ""), check_id=given.get("CheckID", "")
    )


def _in_this_datacenter(request: HttpRequest, struct: Struct) -> dict[str, Any]:
    given = decoded(request, struct)
    dc = given.get("Datacenter") or request.param("dc")
    if dc and dc != request.options.dc:
        raise no_path_to_datacenter()
    return given


def service_record(given: dict[str, Any], node: str) -> ServiceRecord:
    """A service of the catalog as a body gives it."""
    service = named_service(given, node, given.get("ID", ""), given.get("Service", ""))
    return service.model_copy(update={"kind": given.get("Kind", ""), "modify_index": given.get("ModifyIndex", 0)})


def check_record(given: dict[str, Any]) -> CheckRecord:
    """A check of the catalog as a body gives it; raises HttpError 400 for a status that is none."""
    status = given.get("Status") or "critical"
    if status not in get_args(CheckStatus):
        raise HttpError(400, "Bad check status")
    return CheckRecord(
        node=given.get("Node", ""),
        check_id=given.get("CheckID", ""),
        name=given.get("Name", ""),
        status=status,
        notes=given.get("Notes", ""),
        output=given.get("Output", ""),
        service_id=given.get("ServiceID", ""),
        type=given.get("Type", ""),
        definition=_definition(given.get("Definition", {})),
        modify_index=given.get("ModifyIndex", 0),
    )


def _definition(given: dict[str, Any]) -> CheckDefinition:
    reap = "DeregisterCriticalServiceAfter"
    return CheckDefinition(
        http=given.get("HTTP", ""),
        method=given.get("Method", ""),
        header=tuple(given.get("Header", {}).items()),
        body=given.get("Body", ""),
        tls_skip_verify=given.get("TLSSkipVerify", False),
        tls_server_name=given.get("TLSServerName", ""),
        disable_redirects=given.get("DisableRedirects", False),
        tcp=given.get("TCP", ""),
        interval_ns=given.get("IntervalDuration") or given.get("Interval", 0),
        timeout_ns=given.get("TimeoutDuration") or given.get("Timeout", 0),
        deregister_critical_service_after_ns=given.get(f"{reap}Duration") or given.get(reap, 0),
    )
