"""Every module of messages. The codec imports them all: the first frame may hold any kind."""

# ruff: noqa: F401

from __future__ import annotations

from types import ModuleType

from lictor_messages import (
    acl,
    acl_replication,
    agent,
    agent_acl,
    answers,
    auth_methods,
    autopilot,
    catalog,
    checker,
    connect_ca,
    coordinates,
    datacenters,
    dns,
    doorways,
    faults,
    host,
    jobs,
    journal,
    keyring,
    kv,
    machine,
    members,
    metrics,
    pool,
    profiling,
    queries,
    raft,
    refusals,
    reload,
    server,
    sessions,
    slices,
    snapshots,
    status,
    swim,
    txn,
    usage,
    web,
)

MODULES = tuple(value for value in tuple(vars().values()) if isinstance(value, ModuleType))
