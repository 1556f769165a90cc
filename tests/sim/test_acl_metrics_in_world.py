"""Metrics of access control move when tokens are written and resolved, on servers and on agents."""

from __future__ import annotations

from collections import defaultdict

import pytest
from acl_cluster import ROOT, Cluster

from lictor_actors.hosts.world.ground import WorldGround


@pytest.fixture(scope="module")
def samples():
    """Of each node, after a policy and a token were written, and an agent asked with that token."""
    taken: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorldGround, "samples", lambda _, node: taken[node])
        cluster = Cluster()
        before = len(taken["server-1.dc1"]["acl.apply"])
        token = cluster.token('agent_prefix "" { policy = "read" }')
        written = len(taken["server-1.dc1"]["acl.apply"]) - before
        assert cluster.http("GET", "/v1/agent/self", token).status == 200
        assert cluster.http("GET", "/v1/kv/a", ROOT).status == 404
    return written, taken


def test_each_write_of_access_control_is_timed_by_the_leader(samples):
    written, taken = samples
    assert written == 2
    assert all(ms > 0 for ms in taken["server-1.dc1"]["acl.apply"])


def test_a_token_is_resolved_by_a_server_within_a_turn_and_by_an_agent_in_the_time_of_its_question(samples):
    _, taken = samples
    assert set(taken["server-1.dc1"]["acl.ResolveToken"]) == {0.0}
    assert taken["agent-1.dc1"]["acl.ResolveToken"]
    assert all(ms > 0 for ms in taken["agent-1.dc1"]["acl.ResolveToken"])
