"""Where the catalog and an agent's local state disagree: the comparison of a full sync, nothing but a function."""

from __future__ import annotations

from collections.abc import Container, Iterator

from lictor_actors.roles.agent.local_state import Key, LocalState
from lictor_messages.catalog import SERF_HEALTH, CheckRecord, Checks, NodeRecord, NodeServices, ServiceRecord

CONSUL_SERVICE = "consul"
"""The service by which the leader lists its servers: not the agent's to remove."""


def same_node(there: NodeRecord | None, mine: NodeRecord) -> bool:
    """True if the catalog has this node as the agent would write it."""
    if there is None:
        return False
    return there.model_copy(update={"create_index": 0, "modify_index": 0, "id": there.id.lower()}) == mine.model_copy(
        update={"id": mine.id.lower()}
    )


def shared(local: LocalState) -> Iterator[Key]:
    """Services whose tags others may change, and their checks: to be compared before they are written.

    What a starting agent knows of them is as old as its last life.
    """
    for service_id, service in local.services.items():
        if service.record.enable_tag_override:
            yield "service", service_id
            yield from (("check", check_id) for check_id in local.checks_of(service_id))


def differences(local: LocalState, theirs: NodeServices, checks: Checks, output_waits: Container[str]) -> Iterator[Key]:
    """What has to be written or removed; ``output_waits`` are checks whose output alone is no difference yet.

    Where a service lets the catalog's tags win, they are taken over.
    """
    services = {s.id: s for s in theirs.services}
    for service_id in services:
        if service_id not in local.services and service_id != CONSUL_SERVICE:
            yield "service", service_id
    for service_id, service in local.services.items():
        there = services.get(service_id)
        if there is not None and service.record.enable_tag_override:
            service.record = service.record.model_copy(update={"tags": there.tags})
        if there is None or _plain_service(there) != service.record:
            yield "service", service_id
    yield from _check_differences(local, services, {c.check_id: c for c in checks.checks}, output_waits)


def _check_differences(
    local: LocalState,
    services: dict[str, ServiceRecord],
    checks: dict[str, CheckRecord],
    output_waits: Container[str],
) -> Iterator[Key]:
    for check_id, there in checks.items():
        goes_with_service = there.service_id in services and there.service_id not in local.services
        if check_id not in local.checks and check_id != SERF_HEALTH and not goes_with_service:
            yield "check", check_id
    for check_id, check in local.checks.items():
        found = checks.get(check_id)
        waits = check_id in output_waits
        if found is None or _plain_check(found, waits) != _plain_check(check.record, waits):
            yield "check", check_id


def _plain_service(record: ServiceRecord) -> ServiceRecord:
    return record.model_copy(update={"create_index": 0, "modify_index": 0})


def _plain_check(record: CheckRecord, without_output: bool) -> CheckRecord:
    """What the agent says about a check; the service's name and tags are the catalog's to fill in."""
    update: dict[str, object] = {"create_index": 0, "modify_index": 0, "service_name": "", "service_tags": ()}
    if without_output:
        update["output"] = ""
    return record.model_copy(update=update)
