"""What a service that is registered with an agent may be: Consul's rules and its own words for what breaks them.

Source: Consul's page on service definitions, and its API's answers. The rules for checks: ``checks/rules.py``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence

from lictor_actors.consul.structs.mesh import proxy_row
from lictor_messages.catalog import ServiceRecord, TaggedAddress, Weights
from lictor_messages.cut import size
from lictor_messages.refusals import Refused

ID_MOST = 1024
"""Bytes of the id of a service or check: the agent's journal keeps each under its name."""
META_PAIRS_MOST = 64
META_KEY_MOST = 128
META_VALUE_MOST = 512
"""Bytes, as of keys, though Consul's refusals call them characters."""
META_KEY = re.compile(r"[A-Za-z0-9_-]+")
WEIGHT_MOST = 65535


def broken_rule(service: ServiceRecord) -> str:
    """What is wrong with a service, "" if nothing is."""
    if not service.service:
        return "Missing service name"
    return (
        id_too_long("Service", service.id or service.service)
        or _address(service)
        or weights_fault(service)
        or ports_fault(service)
        or proxy_fault(service)
        or _meta(service.meta)
    )


def complete_service(service: ServiceRecord, node: str) -> ServiceRecord:
    """The record with its node, with its name as id if it has none, and with its address as the tagged ones."""
    return service.model_copy(
        update={
            "node": node,
            "id": service.id or service.service,
            "port": default_port(service),
            "tagged_addresses": _with_own_address(service),
            "create_index": 0,
            "modify_index": 0,
        }
    )


def settled(service: ServiceRecord) -> ServiceRecord:
    """As the catalog keeps it, which takes weights that cannot be for none, and the default one of several ports."""
    weights = Weights() if weights_fault(service) else service.weights
    return service.model_copy(update={"weights": weights, "port": default_port(service)})


def default_port(service: ServiceRecord) -> int:
    """The port of those who know of one alone."""
    return next((port.port for port in service.ports if port.default), service.port)


def ports_fault(service: ServiceRecord) -> str:
    """What is wrong with several ports of a service, "" if nothing is."""
    names = [port.name for port in service.ports]
    defaults = sum(port.default for port in service.ports)
    if any(not name.strip() for name in names):
        return "Ports.Name cannot be empty"
    if any(port.port <= 0 for port in service.ports):
        return "Ports.Port must be non-zero"
    if twice := next((name for name in names if names.count(name) > 1), ""):
        return f'Ports.Name "{twice}" has to be unique'
    if defaults > 1:
        return "only one port can be marked as default"
    return "one of the Ports must be marked as Default" if names and not defaults else ""


def proxy_fault(service: ServiceRecord) -> str:
    """What is wrong with a proxy of a service mesh, "" if nothing is, and for instances that are none."""
    if service.kind != "connect-proxy":
        return ""
    faults = []
    if not proxy_row(service.proxy).get("DestinationServiceName"):
        faults.append("Proxy.DestinationServiceName must be non-empty for Connect proxy services")
    if not service.port and not service.socket_path:
        faults.append("Port or SocketPath must be set for a Connect proxy")
    if service.connect_native:
        faults.append("A Proxy cannot also be Connect Native, only typical services")
    return several(faults) if faults else ""


def several(faults: Sequence[str]) -> str:
    """A list of faults as Go's multierror writes it."""
    errors = "error" if len(faults) == 1 else "errors"
    return f"{len(faults)} {errors} occurred:\n" + "".join(f"\t* {fault}\n" for fault in faults) + "\n"


def _with_own_address(service: ServiceRecord) -> tuple[TaggedAddress, ...]:
    """``lan_ipv4`` and ``wan_ipv4``, or the two of IPv6, are the address of the service if they are not given."""
    version = next((version for version in (4, 6) if _is_ip(service.address, version)), 0)
    if not version:
        return service.tagged_addresses
    tagged = {address.name: address for address in service.tagged_addresses}
    for name in (f"lan_ipv{version}", f"wan_ipv{version}"):
        tagged.setdefault(name, TaggedAddress(name=name, address=service.address, port=service.port))
    return tuple(tagged[name] for name in sorted(tagged))


def id_too_long(of: str, given: str) -> str:
    """What is wrong with the id of a service or a check, "" if it can be kept."""
    bytes_ = size(given)
    return f"{of} ID is too long ({bytes_} > {ID_MOST} bytes)" if bytes_ > ID_MOST else ""


def _address(service: ServiceRecord) -> str:
    # No connection leads to the address that means "every address of this machine".
    return "Invalid service address" if service.address in ("0.0.0.0", "::", "[::]") else ""


def weights_fault(service: ServiceRecord) -> str:
    """What is wrong with the weights of a service, "" if nothing is."""
    passing, warning = service.weights.passing, service.weights.warning
    if passing < 1:
        return "Invalid Weights: Passing must be greater than 0"
    if warning < 0:
        return "Invalid Weights: Warning must be greater or equal than 0"
    if passing > WEIGHT_MOST or warning > WEIGHT_MOST:
        return f"Invalid Weights: DNS weights must be between 0 and {WEIGHT_MOST}"
    return ""


def _meta(meta: Mapping[str, str]) -> str:
    prefix = "Invalid Service Meta: "
    if len(meta) > META_PAIRS_MOST:
        return f"{prefix}Node metadata cannot contain more than {META_PAIRS_MOST} key/value pairs"
    for key, value in meta.items():
        if text := _meta_pair(key, value):
            return f"{prefix}Couldn't load metadata pair ('{key}', '{value}'): {text}"
    return ""


def _meta_pair(key: str, value: str) -> str:
    if not key:
        return "Key cannot be blank"
    if not META_KEY.fullmatch(key):
        return "Key contains invalid characters"
    if size(key) > META_KEY_MOST:
        return f"Key is too long (limit: {META_KEY_MOST} characters)"
    if key.startswith("consul-"):
        return "Key prefix 'consul-' is reserved for internal use"
    if size(value) > META_VALUE_MOST:
        return f"Value is too long (limit: {META_VALUE_MOST} characters)"
    return ""


def tagged_addresses_refused(service: ServiceRecord) -> Refused | None:
    """Why the tagged addresses of a service cannot be what their names say, or None."""
    for tagged in service.tagged_addresses:
        for family, version in (("ipv4", 4), ("ipv6", 6)):
            if tagged.name.endswith(f"_{family}") and not _is_ip(tagged.address, version):
                text = f'Service tagged address "{tagged.name}" must be a valid {family} address'
                return Refused(code="Invalid", text=text)
    return None


def _is_ip(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False
