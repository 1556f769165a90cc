"""What is said of Serf, the gossip library that Consul has and whose place `swim/` takes: numbers that clients read."""

from __future__ import annotations

from lictor_messages.base import FrozenMap

PROTOCOL_MIN, PROTOCOL_MAX, PROTOCOL_NOW = 1, 5, 2
"""Versions of Serf's protocol that a Consul server of this level names (``ProtocolMin`` and so on)."""


def node_meta(build: str) -> FrozenMap:
    """What every agent of this build says in its node's Meta, beside what its operator configures."""
    return FrozenMap({"consul-network-segment": "", "consul-version": build})


def server_meta(build: str) -> FrozenMap:
    """Meta of the service ``consul`` that the leader registers for each server."""
    return FrozenMap(
        {
            "non_voter": "false",
            "raft_version": "3",
            "read_replica": "false",
            "serf_protocol_current": str(PROTOCOL_NOW),
            "serf_protocol_max": str(PROTOCOL_MAX),
            "serf_protocol_min": str(PROTOCOL_MIN),
            "version": build,
        }
    )
