"""The nodes that a plan begins with."""

from __future__ import annotations

from lictor_actors.node.in_world import cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.swarm.plan import Plan
from lictor_actors.swarm.resolvers import with_dns


def specs_of(plan: Plan) -> list[NodeSpec]:
    """Its servers, then its agents, with what the plan wants of them."""
    specs = cluster_specs(plan.seed, plan.servers, plan.agents)
    wanted: dict[str, int] = {"server.session_ttl_min_ns": 1} if plan.keepers else {}
    if plan.snapshot_every:
        wanted["server.snapshot_threshold"] = plan.snapshot_every
        wanted["server.trailing_logs"] = plan.snapshot_every // 2
    return [with_dns(spec.having(wanted)) if plan.dns else spec.having(wanted) for spec in specs]
