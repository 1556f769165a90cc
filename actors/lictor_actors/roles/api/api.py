"""The whole API: every family's routes in one router."""

from __future__ import annotations

from lictor_actors.roles.api import (
    agent,
    agent_checks,
    agent_health,
    catalog,
    event,
    health,
    kv,
    members,
    operator,
    operator_autopilot,
    prepared_query,
    session,
    snapshot,
    status,
    txn,
)
from lictor_actors.roles.api.routes import ROOT, Router

ROUTER = Router(
    (
        ROOT,
        *kv.ROUTES,
        *session.ROUTES,
        *txn.ROUTES,
        *prepared_query.ROUTES,
        *catalog.ROUTES,
        *health.ROUTES,
        *agent.ROUTES,
        *agent_checks.ROUTES,
        *agent_health.ROUTES,
        *members.ROUTES,
        *status.ROUTES,
        *event.ROUTES,
        *operator.ROUTES,
        *operator_autopilot.ROUTES,
        *snapshot.ROUTES,
    )
)
