"""Service and check definitions as the agent's endpoints take them: JSON in, our records out.

Source: Consul's pages on service and check definitions. What Consul knows and Lictor does not run yet is refused by
name instead of being accepted and forgotten.
"""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.decode import (
    BadBody,
    Struct,
    anything,
    boolean,
    decode_body,
    duration,
    integer,
    list_of,
    map_of,
    string,
    string_map,
    strings,
)
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import ServiceRecord, TaggedAddress, Weights

_CHECK_FIELDS = {
    "CheckID": string,
    "ID": string,
    "Name": string,
    "Notes": string,
    "Status": string,
    "ServiceID": string,
    "Token": string,
    "TTL": duration,
    "HTTP": string,
    "Header": map_of(strings, "[]string"),
    "Method": string,
    "Body": string,
    "DisableRedirects": boolean,
    "TLSServerName": string,
    "TLSSkipVerify": boolean,
    "TCP": string,
    "TCPUseTLS": boolean,
    "UDP": string,
    "Interval": duration,
    "Timeout": duration,
    "Args": strings,
    "ScriptArgs": strings,
    "DockerContainerID": string,
    "Shell": string,
    "GRPC": string,
    "GRPCUseTLS": boolean,
    "H2PING": string,
    "H2PingUseTLS": boolean,
    "OSService": string,
    "AliasNode": string,
    "AliasService": string,
    "OutputMaxSize": integer,
    "SuccessBeforePassing": integer,
    "FailuresBeforeWarning": integer,
    "FailuresBeforeCritical": integer,
    "DeregisterCriticalServiceAfter": duration,
    "ProxyHTTP": string,
    "ProxyGRPC": string,
    "Namespace": string,
    "Partition": string,
}
CHECK_TYPE = Struct("CheckType", _CHECK_FIELDS, snake=True)
CHECK_DEFINITION = Struct("CheckDefinition", _CHECK_FIELDS, snake=True)
ADDRESS = Struct("ServiceAddress", {"Address": string, "Port": integer}, snake=True)
WEIGHTS = Struct("Weights", {"Passing": integer, "Warning": integer}, snake=True)
SERVICE_DEFINITION = Struct(
    "ServiceDefinition",
    {
        "Kind": string,
        "ID": string,
        "Name": string,
        "Tags": strings,
        "Address": string,
        "TaggedAddresses": map_of(ADDRESS, "structs.ServiceAddress"),
        "Meta": string_map,
        "Port": integer,
        "SocketPath": string,
        "Check": CHECK_TYPE,
        "Checks": list_of(CHECK_TYPE, "*structs.CheckType"),
        "Weights": WEIGHTS,
        "Token": string,
        "EnableTagOverride": boolean,
        "Proxy": anything,
        "Connect": anything,
        "Locality": anything,
        "Namespace": string,
        "Partition": string,
    },
    snake=True,
)
STATUS_UPDATE = Struct("checkUpdate", {"Status": string, "Output": string})

_NOT_YET = ("UDP", "DockerContainerID", "GRPC", "H2PING", "OSService", "AliasNode", "AliasService")
SCRIPTS_OFF = (
    "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' or use "
    "'enable_local_script_checks' and define the check in a file"
)


def decoded(request: HttpRequest, struct: Struct) -> dict[str, Any]:
    """The body as that struct; raises HttpError 400 with Consul's prefix and Go's words."""
    try:
        return decode_body(request.body, struct)
    except BadBody as error:
        raise HttpError(400, f"Request decode failed: {error}") from error


def service_registration(request: HttpRequest) -> RegisterService:
    """The body of /v1/agent/service/register. The agent judges it; here is only what our records cannot hold."""
    given = decoded(request, SERVICE_DEFINITION)
    for part in ("Proxy", "Connect", "Kind"):
        if given.get(part):
            raise HttpError(400, f"Invalid service: {part} needs the service mesh, which Lictor does not have yet")
    checks = [given["Check"]] if given.get("Check") else []
    checks += [check for check in given.get("Checks", ()) if check]
    return RegisterService(
        service=own_service(given, request.options.name),
        checks=tuple(check_spec(check) for check in checks),
        replace_existing_checks=request.has("replace-existing-checks"),
    )


def check_spec(given: dict[str, Any]) -> CheckSpec:
    """A check definition as our record; raises HttpError for the kinds of check that we do not run."""
    if given.get("Args") or given.get("ScriptArgs"):
        raise HttpError(500, SCRIPTS_OFF)
    for field in _NOT_YET:
        if given.get(field):
            raise HttpError(400, f"Invalid check: Lictor does not run {field} checks yet")
    return CheckSpec(
        id=given.get("CheckID") or given.get("ID", ""),
        name=given.get("Name", ""),
        notes=given.get("Notes", ""),
        service_id=given.get("ServiceID", ""),
        status=given.get("Status", ""),
        ttl_ns=given.get("TTL", 0),
        http=given.get("HTTP", ""),
        method=given.get("Method", ""),
        header=tuple(given.get("Header", {}).items()),
        body=given.get("Body", ""),
        tls_skip_verify=given.get("TLSSkipVerify", False),
        tls_server_name=given.get("TLSServerName", ""),
        disable_redirects=given.get("DisableRedirects", False),
        tcp=given.get("TCP", ""),
        interval_ns=given.get("Interval", 0),
        timeout_ns=given.get("Timeout", 0),
        success_before_passing=given.get("SuccessBeforePassing", 0),
        failures_before_critical=given.get("FailuresBeforeCritical", 0),
        deregister_critical_service_after_ns=given.get("DeregisterCriticalServiceAfter", 0),
        output_max_size=given.get("OutputMaxSize", 4096),
    )


def tagged_addresses(given: dict[str, Any]) -> tuple[TaggedAddress, ...]:
    """``TaggedAddresses`` in the order of their names."""
    return tuple(
        TaggedAddress(name=name, address=one.get("Address", ""), port=one.get("Port", 0))
        for name, one in sorted(given.get("TaggedAddresses", {}).items())
    )


def weights(given: dict[str, Any]) -> Weights:
    """``Weights``, one and one if they are left out."""
    if not given.get("Weights"):
        return Weights()
    return Weights(passing=given["Weights"].get("Passing", 0), warning=given["Weights"].get("Warning", 0))


def own_service(given: dict[str, Any], node: str) -> ServiceRecord:
    """A service of this node; its id is its name if it has none."""
    name = given.get("Name", "")
    return named_service(given, node, given.get("ID", "") or name, name)


def named_service(given: dict[str, Any], node: str, service_id: str, name: str) -> ServiceRecord:
    """What a service is besides its names: agents and the catalog are told that alike."""
    return ServiceRecord(
        node=node,
        id=service_id,
        service=name,
        tags=given.get("Tags", ()),
        address=given.get("Address", ""),
        port=given.get("Port", 0),
        socket_path=given.get("SocketPath", ""),
        meta=FrozenMap(given.get("Meta", {})),
        tagged_addresses=tagged_addresses(given),
        weights=weights(given),
        enable_tag_override=given.get("EnableTagOverride", False),
    )
