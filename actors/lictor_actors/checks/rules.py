"""What checks may be registered with an agent: Consul's rules and its own words for what breaks them.

Rules return a refusal or None; ``complete_…`` fill in what may be left out. Source: Consul's page on check definitions,
and its API's answers.
"""

from __future__ import annotations

from lictor_actors.checks.every import KINDS
from lictor_actors.checks.kind import SECOND
from lictor_actors.consul.service_rules import broken_rule, id_too_long, tagged_addresses_refused
from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.catalog import ServiceRecord
from lictor_messages.refusals import Refused

STATUSES = ("passing", "warning", "critical")
INTERVAL_LEAST_NS = SECOND
REAP_LEAST_NS = 60 * SECOND
OUTPUT_MOST = 4096
"""Bytes of a check's output that are kept, unless the check or its agent says otherwise."""
OUTPUT_LARGEST = 64 * 1024
"""Bytes of a check's output that are kept even if more are asked for: each goes through the servers' log."""
STATUS_TEXT = "Status for checks must 'passing', 'warning', 'critical'"


def service_refused(register: RegisterService) -> Refused | None:
    """The first rule that a registration of a service breaks, or None."""
    if text := broken_rule(register.service) or next(filter(None, map(_check_of_service, register.checks)), ""):
        return _bad(text)
    return tagged_addresses_refused(register.service)


def check_refused(spec: CheckSpec) -> Refused | None:
    """The first rule that a registration of a check breaks, or None; whether its service exists is not known here."""
    if not spec.name:
        return _bad("Missing check name")
    if spec.status and spec.status not in STATUSES:
        return _bad("Bad check status")
    text = id_too_long("Check", spec.id or spec.name) or id_too_long("Service", spec.service_id) or _invalid(spec)
    return _bad(text) if text else None


def complete_checks(service: ServiceRecord, specs: tuple[CheckSpec, ...], output_most: int) -> tuple[CheckSpec, ...]:
    """The checks of a service with their ids: ``service:ID``, or ``service:ID:N`` if there are several."""
    return tuple(
        complete_check(
            spec.model_copy(
                update={
                    "id": spec.id or f"service:{service.id}" + (f":{n}" if len(specs) > 1 else ""),
                    "name": spec.name or f"Service '{service.service}' check",
                    "service_id": service.id,
                }
            ),
            output_most,
        )
        for n, spec in enumerate(specs, 1)
    )


def complete_check(spec: CheckSpec, output_most: int) -> CheckSpec:
    """The check with its id and with the least interval and the defaults enforced.

    ``output_most``: bytes of output that its agent keeps of a check that does not say.
    """
    kind = KINDS.get(spec.type)
    reap = spec.deregister_critical_service_after_ns
    return spec.model_copy(
        update={
            "id": spec.id or spec.name,
            "interval_ns": max(spec.interval_ns, INTERVAL_LEAST_NS) if kind else 0,
            "timeout_ns": (spec.timeout_ns if spec.timeout_ns > 0 else kind.timeout_ns) if kind else 0,
            "output_max_size": min(spec.output_max_size or output_most, OUTPUT_LARGEST),
            "deregister_critical_service_after_ns": max(reap, REAP_LEAST_NS) if reap else 0,
        }
    )


def _bad(text: str) -> Refused:
    return Refused(code="BadRequest", text=text)


def _check_of_service(spec: CheckSpec) -> str:
    if text := id_too_long("Check", spec.id):
        return text
    return STATUS_TEXT if spec.status and spec.status not in STATUSES else _invalid(spec)


def _invalid(spec: CheckSpec) -> str:
    text = _times(spec) or _counts(spec)
    return f"Invalid check: {text}" if text else ""


def _times(spec: CheckSpec) -> str:
    """What is wrong with when a check is run."""
    if spec.interval_ns > 0 and spec.ttl_ns > 0:
        return "Interval and TTL cannot both be specified"
    if spec.probed and spec.interval_ns <= 0:
        return "Interval must be > 0 for Script, HTTP, or TCP checks"
    if spec.probed and spec.is_alias:
        return "Interval cannot be set for Alias checks"
    if spec.is_alias and spec.ttl_ns > 0:
        return "TTL must be not be set for Alias checks"
    if not spec.probed and not spec.is_alias and spec.ttl_ns <= 0:
        return "TTL must be > 0 for TTL checks"
    return ""


def _counts(spec: CheckSpec) -> str:
    if spec.output_max_size < 0:
        return "MaxOutputMaxSize must be positive"
    if spec.failures_before_warning > spec.failures_before_critical:
        return "FailuresBeforeWarning can't be higher than FailuresBeforeCritical"
    return ""
