"""The whole API in one router. Each page of Consul's HTTP API that is answered here has a file of its name."""

from __future__ import annotations

from lictor_actors.roles.api import (
    agent,
    agent_check,
    agent_host,
    agent_metrics,
    agent_monitor,
    agent_service,
    agent_service_health,
    catalog,
    connect,
    coordinate,
    debug,
    event,
    health,
    kv,
    operator_autopilot,
    operator_raft,
    operator_usage,
    prepared_query,
    session,
    snapshot,
    status,
    suspicions,
    txn,
)
from lictor_actors.roles.api.consul_endpoints import lacking
from lictor_actors.roles.api.routes import ROOT, Router

ROUTER = Router(
    (
        ROOT,
        *kv.ROUTES,
        *session.ROUTES,
        *txn.ROUTES,
        *prepared_query.ROUTES,
        *catalog.ROUTES,
        *connect.ROUTES,
        *coordinate.ROUTES,
        *health.ROUTES,
        *agent.ROUTES,
        *agent_host.ROUTES,
        *agent_metrics.ROUTES,
        *agent_monitor.ROUTES,
        *agent_service.ROUTES,
        *agent_service_health.ROUTES,
        *agent_check.ROUTES,
        *status.ROUTES,
        *event.ROUTES,
        *operator_raft.ROUTES,
        *operator_usage.ROUTES,
        *operator_autopilot.ROUTES,
        *snapshot.ROUTES,
        *suspicions.ROUTES,
        *debug.ROUTES,
    ),
    lacking,
)
