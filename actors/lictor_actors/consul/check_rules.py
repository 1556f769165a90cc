"""What may be registered with an agent: Consul's rules and its own words for what breaks them.

Rules return a refusal or None; ``complete_…`` fill in what may be left out. Source: Consul's pages on service and
check definitions, and its API's answers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.catalog import ServiceRecord, TaggedAddress
from lictor_messages.cut import size
from lictor_messages.refusals import Refused

STATUSES = ("passing", "warning", "critical")
SECOND = 1_000_000_000
INTERVAL_LEAST_NS = SECOND
TIMEOUT_NS = 10 * SECOND
REAP_LEAST_NS = 60 * SECOND
OUTPUT_MOST = 4096
OUTPUT_LARGEST = 64 * 1024
"""Bytes of a check's output that are kept even if more are asked for: each goes through the servers' log."""
ID_MOST = 1024
"""Bytes of the id of a service or check: the agent's journal keeps each under its name."""
META_PAIRS_MOST = 64
META_KEY_MOST = 128
META_VALUE_MOST = 512
"""Bytes, as of keys, though Consul's refusals call them characters."""
META_KEY = re.compile(r"[A-Za-z0-9_-]+")
WEIGHT_MOST = 65535
STATUS_TEXT = "Status for checks must 'passing', 'warning', 'critical'"


def service_refused(register: RegisterService) -> Refused | None:
    """The first rule that a registration of a service breaks, or None."""
    service = register.service
    if not service.service:
        return _bad("Missing service name")
    text = _id("Service", service.id or service.service)
    text = text or _address(service) or _weights(service) or _meta(service.meta)
    if text:
        return _bad(text)
    for spec in register.checks:
        if text := _id("Check", spec.id):
            return _bad(text)
        if spec.status and spec.status not in STATUSES:
            return _bad(STATUS_TEXT)
        if text := _kind(spec):
            return _bad(f"Invalid check: {text}")
    return _tagged_addresses(service)


def check_refused(spec: CheckSpec) -> Refused | None:
    """The first rule that a registration of a check breaks, or None; whether its service exists is not known here."""
    if not spec.name:
        return _bad("Missing check name")
    if spec.status and spec.status not in STATUSES:
        return _bad("Bad check status")
    if text := _id("Check", spec.id or spec.name) or _id("Service", spec.service_id):
        return _bad(text)
    if text := _kind(spec):
        return _bad(f"Invalid check: {text}")
    return None


def complete_service(service: ServiceRecord, node: str) -> ServiceRecord:
    """The record with its node, with its name as id if it has none, and with its address as the tagged ones."""
    return service.model_copy(
        update={
            "node": node,
            "id": service.id or service.service,
            "tagged_addresses": _with_own_address(service),
            "create_index": 0,
            "modify_index": 0,
        }
    )


def _with_own_address(service: ServiceRecord) -> tuple[TaggedAddress, ...]:
    """``lan_ipv4`` and ``wan_ipv4``, or the two of IPv6, are the address of the service if they are not given."""
    version = next((version for version in (4, 6) if _is_ip(service.address, version)), 0)
    if not version:
        return service.tagged_addresses
    tagged = {address.name: address for address in service.tagged_addresses}
    for name in (f"lan_ipv{version}", f"wan_ipv{version}"):
        tagged.setdefault(name, TaggedAddress(name=name, address=service.address, port=service.port))
    return tuple(tagged[name] for name in sorted(tagged))


def complete_checks(service: ServiceRecord, specs: tuple[CheckSpec, ...]) -> tuple[CheckSpec, ...]:
    """The checks of a service with their ids: ``service:ID``, or ``service:ID:N`` if there are several."""
    return tuple(
        complete_check(
            spec.model_copy(
                update={
                    "id": spec.id or f"service:{service.id}" + (f":{n}" if len(specs) > 1 else ""),
                    "name": spec.name or f"Service '{service.service}' check",
                    "service_id": service.id,
                }
            )
        )
        for n, spec in enumerate(specs, 1)
    )


def complete_check(spec: CheckSpec) -> CheckSpec:
    """The check with its id and with the least interval and the defaults enforced."""
    runs = spec.type != "ttl"
    reap = spec.deregister_critical_service_after_ns
    return spec.model_copy(
        update={
            "id": spec.id or spec.name,
            "interval_ns": max(spec.interval_ns, INTERVAL_LEAST_NS) if runs else 0,
            "timeout_ns": (spec.timeout_ns if spec.timeout_ns > 0 else TIMEOUT_NS) if runs else 0,
            "output_max_size": min(spec.output_max_size or OUTPUT_MOST, OUTPUT_LARGEST),
            "deregister_critical_service_after_ns": max(reap, REAP_LEAST_NS) if reap else 0,
        }
    )


def _bad(text: str) -> Refused:
    return Refused(code="BadRequest", text=text)


def _id(of: str, given: str) -> str:
    bytes_ = size(given)
    return f"{of} ID is too long ({bytes_} > {ID_MOST} bytes)" if bytes_ > ID_MOST else ""


def _kind(spec: CheckSpec) -> str:
    runs = bool(spec.probed)
    if spec.interval_ns > 0 and spec.ttl_ns > 0:
        return "Interval and TTL cannot both be specified"
    if runs and spec.interval_ns <= 0:
        return "Interval must be > 0 for Script, HTTP, or TCP checks"
    if not runs and spec.ttl_ns <= 0:
        return "TTL must be > 0 for TTL checks"
    if spec.output_max_size < 0:
        return "MaxOutputMaxSize must be positive"
    return ""


def _address(service: ServiceRecord) -> str:
    # No connection leads to the address that means "every address of this machine".
    return "Invalid service address" if service.address in ("0.0.0.0", "::", "[::]") else ""


def _weights(service: ServiceRecord) -> str:
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


def _tagged_addresses(service: ServiceRecord) -> Refused | None:
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
