"""What a server shows of itself as metrics, by Consul's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lictor_actors.kernel.actor import Reading
from lictor_actors.raft import Raft
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_actors.store.store import Store
from lictor_messages.members import Member


def of_raft(raft: Raft, applied: int) -> Iterator[Reading]:
    """The log, and how often this server changed its role."""
    yield "raft.apply", float(raft.proposed)
    yield "raft.applied_index", float(applied)
    yield "raft.last_index", float(raft.last_index)
    yield "raft.replication.appendEntries.logs", float(raft.entries_sent)
    yield "raft.peers", float(len(raft.members.names))
    for role, times in raft.became.items():
        yield f"raft.state.{role}", float(times)


def of_store(store: Store, dc: str) -> Iterator[Reading]:
    """How much there is in the catalog and of keys."""
    instances = [len(found) for found in store.catalog.instances.values() if found]
    yield f"state.nodes;datacenter={dc}", float(len(store.catalog.nodes))
    yield f"state.services;datacenter={dc}", float(len(instances))
    yield f"state.service_instances;datacenter={dc}", float(sum(instances))
    own = len(store.catalog.instances.get("consul", ()))
    yield f"state.billable_service_instances;datacenter={dc}", float(sum(instances) - own)
    yield f"state.kv_entries;datacenter={dc}", float(len(store.kv.entries))


def of_leader(leading: Leadership | None, members: Mapping[str, Member], dc: str) -> Iterator[Reading]:
    """What only a leader knows."""
    yield "server.isLeader", float(leading is not None)
    if leading is None:
        return
    seen = leading.configuration.seen
    yield "autopilot.healthy", float(seen.healthy)
    yield "autopilot.failure_tolerance", float(seen.failure_tolerance)
    yield "session_ttl.active", float(len(leading.sessions))
    yield "raft.leader.oldestLogAge", leading.log_age.ms
    alive = [member.is_server for member in members.values() if member.status == "alive" and member.dc == dc]
    for before in ("", "consul."):
        yield f"{before}members.servers;datacenter={dc}", float(sum(alive))
        yield f"{before}members.clients;datacenter={dc}", float(len(alive) - sum(alive))
