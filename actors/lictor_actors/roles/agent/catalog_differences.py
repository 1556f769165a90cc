"""Where the catalog and an agent's local state disagree, and what its correction is to be told as.

The comparison of a full sync, nothing but a function.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from lictor_actors.roles.agent.local_state import Key, LocalState
from lictor_messages.base import Record
from lictor_messages.catalog import SERF_HEALTH, CheckRecord, Checks, NodeRecord, NodeServices, ServiceRecord

SHOWN_FIELDS = 3
SHOWN_MOST = 40
"""Characters of a value that a correction shows."""
CONSUL_SERVICE = "consul"
"""The service by which the leader lists its servers: not the agent's to remove."""


class Difference(NamedTuple):
    """Something that has to be written or removed."""

    key: Key
    correction: str
    """For people: what is done to the catalog, and why."""


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


def differences(
    local: LocalState, theirs: NodeServices, checks: Checks, output_waits: Container[str]
) -> Iterator[Difference]:
    """What has to be corrected; ``output_waits`` are checks whose output alone is no difference yet.

    Where a service lets the catalog's tags win, they are taken over.
    """
    services = {s.id: s for s in theirs.services}
    for service_id in services:
        if service_id not in local.services and service_id != CONSUL_SERVICE:
            yield _stray("service", service_id)
    for service_id, service in local.services.items():
        there = services.get(service_id)
        if there is not None and service.record.enable_tag_override:
            service.record = service.record.model_copy(update={"tags": there.tags})
        if there is None:
            yield _gone("service", service_id)
        elif (found := _plain_service(there)) != service.record:
            yield _edited("service", service_id, found, service.record)
    yield from _check_differences(local, services, {c.check_id: c for c in checks.checks}, output_waits)


def _check_differences(
    local: LocalState,
    services: dict[str, ServiceRecord],
    checks: dict[str, CheckRecord],
    output_waits: Container[str],
) -> Iterator[Difference]:
    for check_id, there in checks.items():
        goes_with_service = there.service_id in services and there.service_id not in local.services
        if check_id not in local.checks and check_id != SERF_HEALTH and not goes_with_service:
            yield _stray("check", check_id)
    for check_id, check in local.checks.items():
        there_now = checks.get(check_id)
        waits = check_id in output_waits
        if there_now is None:
            yield _gone("check", check_id)
        elif (found := _plain_check(there_now, waits)) != (ours := _plain_check(check.record, waits)):
            yield _edited("check", check_id, found, ours)


def _stray(kind: str, id: str) -> Difference:
    return Difference((kind, id), f"removes {kind} {id!r} from the catalog: this agent has no {kind} of that id")


def _gone(kind: str, id: str) -> Difference:
    return Difference((kind, id), f"restores {kind} {id!r} in the catalog: it was gone there, and this agent has it")


def _edited(kind: str, id: str, there: Record, ours: Record) -> Difference:
    fields = [name for name in type(ours).model_fields if getattr(there, name) != getattr(ours, name)]
    changes = ", ".join(f"{name} was {_shown(there, name)}, is {_shown(ours, name)}" for name in fields[:SHOWN_FIELDS])
    return Difference((kind, id), f"undoes an edit of {kind} {id!r} in the catalog: {changes}")


def _shown(record: Record, name: str) -> str:
    value: Any = getattr(record, name)
    text = repr(value)
    return text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]}…"


def _plain_service(record: ServiceRecord) -> ServiceRecord:
    return record.model_copy(update={"create_index": 0, "modify_index": 0})


def _plain_check(record: CheckRecord, without_output: bool) -> CheckRecord:
    """What the agent says about a check; the service's name and tags are the catalog's to fill in."""
    update: dict[str, object] = {"create_index": 0, "modify_index": 0, "service_name": "", "service_tags": ()}
    if without_output:
        update["output"] = ""
    return record.model_copy(update=update)
