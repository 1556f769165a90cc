"""Maintenance: a check that stays critical until it is taken away keeps a node or a service out of every answer."""

from __future__ import annotations

from lictor_messages.agent import CheckSpec, SetMaintenance
from lictor_messages.catalog import MAINTENANCE_OF_NODE, MAINTENANCE_OF_SERVICE


def maintenance_id(service_id: str) -> str:
    """Id of the check of a service, or of the node if that is ""."""
    return f"{MAINTENANCE_OF_SERVICE}{service_id}" if service_id else MAINTENANCE_OF_NODE


def maintenance_check(ask: SetMaintenance) -> CheckSpec:
    """The check, with Consul's names and words."""
    what = "service" if ask.service_id else "node"
    return CheckSpec(
        id=maintenance_id(ask.service_id),
        name=f"{what.capitalize()} Maintenance Mode",
        notes=ask.reason or f"Maintenance mode is enabled for this {what}, but no reason was provided.",
        service_id=ask.service_id,
        status="critical",
        maintenance=True,
    )
