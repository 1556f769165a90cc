"""What must hold between the services and the checks of an agent, after every turn."""

from __future__ import annotations

from lictor_actors.roles.agent.local_state import LocalState


def check_local(local: LocalState) -> None:
    """Every check of a service has its service; nothing is kept under another id; verdicts and reports fit."""
    for check_id, check in local.checks.items():
        assert check.record.check_id == check.spec.id == check_id
        assert not check.record.service_id or check.record.service_id in local.services
        assert check_id in local.checks_of(check.record.service_id)
        assert not check.critical_since or check.record.status == "critical"
        assert check.remembered is None or check.spec.type == "ttl"
    for service_id, service in local.services.items():
        assert service.record.id == service_id
