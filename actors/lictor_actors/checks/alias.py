"""Alias: a check that says what the checks of another service, or of a node, say: the worst of them.

The checks of a node itself bear on each of its services, so they count for an alias of a service as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from lictor_actors.checks.kind import Verdict
from lictor_messages.agent import CheckSpec
from lictor_messages.catalog import CheckRecord


def concerns(spec: CheckSpec, record: CheckRecord) -> bool:
    """Whether an alias looks at this check; never at itself."""
    return record.service_id in ("", spec.alias_service) and record.check_id != spec.id


def needs_service(spec: CheckSpec, records: Iterable[CheckRecord]) -> bool:
    """True if no check tells of the service: it may have none, or may not be there."""
    return bool(spec.alias_service) and all(record.service_id != spec.alias_service for record in records)


def not_found(spec: CheckSpec) -> Verdict:
    """The service is not there."""
    return "critical", f"Service {spec.alias_service} could not be found on node {spec.alias_node}"


def verdict(spec: CheckSpec, records: Iterable[CheckRecord]) -> Verdict:
    """What these checks of its node come to."""
    looked_at = [record for record in records if concerns(spec, record)]
    for status in ("critical", "warning"):
        worst = [record for record in looked_at if record.status == status]
        if worst:
            # Go's loop ends at the first critical check and goes on after a warning.
            said = worst[0] if status == "critical" else worst[-1]
            # What an alias says is passed on as it is: in a circle of them the words would grow without end.
            words = said.output if said.type == "alias" else f'Aliased check "{said.name}" failing: {said.output}'
            return said.status, words
    return "passing", "All checks passing." if looked_at else "No checks found."
