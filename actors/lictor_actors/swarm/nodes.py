"""The world and the nodes that a plan begins with."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.swarm.plan import Plan
from lictor_actors.swarm.readers import with_tokens
from lictor_actors.swarm.resolvers import with_dns
from lictor_messages.keyring import GossipEncryption

CHECK_EVERY = 16
"""Turns from one actor's check of itself to the next: a store checks every row. Judges look at every turn."""

GOSSIP_KEY = "dGhlLW9uZS1pbi13b3JsZA=="


def world_of(plan: Plan, trace: Callable[[str], None] | None) -> World:
    """An empty one, with the plan's weather and disks."""
    w, d, rare = plan.weather, plan.disk, plan.buggify
    return World(plan.seed, weather=w, disk=d, buggify=rare, check_every=CHECK_EVERY, trace=trace)


def specs_of(plan: Plan) -> list[NodeSpec]:
    """Its servers, then its agents, with what the plan wants of them."""
    specs = cluster_specs(plan.seed, plan.servers, plan.agents)
    wanted: dict[str, int] = {"server.session_ttl_min_ns": 1} if plan.keepers else {}
    if plan.snapshot_every:
        wanted["server.snapshot_threshold"] = plan.snapshot_every
        wanted["server.trailing_logs"] = plan.snapshot_every // 2
    if plan.sealed:
        specs = [spec.model_copy(update={"encryption": GossipEncryption(key=GOSSIP_KEY)}) for spec in specs]
    if plan.acl:
        specs = [with_tokens(spec) for spec in specs]
    return [with_dns(spec.having(wanted)) if plan.dns else spec.having(wanted) for spec in specs]
