"""Everything a client can ask, group by group, as Consul's HTTP API groups it. Written once for both clients."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.results import NS, FilterOptions, ReadOptions, Rows, held_back_s, query_fields
from lictor_messages.agent import (
    AgentDescription,
    CheckSpec,
    DeregisterCheck,
    DeregisterService,
    DescribeAgent,
    Events,
    LeaveCluster,
    ListEvents,
    ListLocalChecks,
    ListLocalServices,
    LocalChecks,
    LocalServices,
    RegisterCheck,
    RegisterService,
    UpdateCheck,
)
from lictor_messages.answers import Written
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    CheckStatus,
    Deregister,
    Instance,
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceChecks,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Nodes,
    NodeServices,
    Placement,
    Register,
    ServiceHealth,
    ServiceNodes,
    ServiceRecord,
    Services,
    ServiceTags,
    TaggedAddress,
    Weights,
)
from lictor_messages.kv import DeleteKey, Entries, Entry, GetKey, KeyNames, ListKeyNames, ListKeys, PutKey
from lictor_messages.members import FireEvent, ForceLeave, Join, Joined, ListMembers, Member, Members, UserEvent
from lictor_messages.status import Datacenters, GetLeader, Leader, ListDatacenters, ListPeers, Peers


def _read(message: Any, unwrap: Any, options: ReadOptions | FilterOptions) -> Ask[Any]:
    return Ask(message, unwrap, options.get("timeout"), held_back_s(options))


def _ok(answer: Written) -> bool:
    return answer.ok


def _nothing(_: Any) -> None:
    return None


class Catalog(Api[M]):
    """What the cluster knows: nodes, services and where they are."""

    @both
    def nodes(self, **options: Unpack[FilterOptions]) -> Ask[Rows[NodeRecord]]:
        """All nodes, in the order of their names."""

        def unwrap(a: Nodes) -> Rows[NodeRecord]:
            return Rows.of(a, a.nodes)

        return _read(ListNodes(**query_fields(options)), unwrap, options)

    @both
    def services(self, **options: Unpack[FilterOptions]) -> Ask[Rows[ServiceTags]]:
        """All service names with the tags of their instances."""

        def unwrap(a: Services) -> Rows[ServiceTags]:
            return Rows.of(a, a.services)

        return _read(ListServices(**query_fields(options)), unwrap, options)

    @both
    def service(
        self, service: str, *, tags: Sequence[str] = (), **options: Unpack[FilterOptions]
    ) -> Ask[Rows[Placement]]:
        """The instances of a service with their nodes, whatever their health; all of ``tags`` must be present."""

        def unwrap(a: ServiceNodes) -> Rows[Placement]:
            return Rows.of(a, a.placements)

        query = ListServiceNodes(service=service, tags=tuple(tags), **query_fields(options))
        return _read(query, unwrap, options)

    @both
    def node(self, node: str, **options: Unpack[FilterOptions]) -> Ask[NodeServices]:
        """A node, by name or start of its id, and its services; ``.node`` is None if it is unknown."""

        def unwrap(a: NodeServices) -> NodeServices:
            return a

        return _read(ListNodeServices(node=node, **query_fields(options)), unwrap, options)

    @both
    def datacenters(self) -> Ask[tuple[str, ...]]:
        """Names of the datacenters known."""

        def unwrap(a: Datacenters) -> tuple[str, ...]:
            return a.names

        return Ask(ListDatacenters(), unwrap)

    @both
    def register(
        self,
        node: NodeRecord,
        *,
        service: ServiceRecord | None = None,
        checks: Sequence[CheckRecord] = (),
        skip_node_update: bool = False,
        timeout: float | None = None,
    ) -> Ask[bool]:
        """Write a node, and a service and checks of it, past any agent: for what has no agent of its own."""
        command = Register(node=node, service=service, checks=tuple(checks), skip_node_update=skip_node_update)
        return Ask(command, _ok, timeout)

    @both
    def deregister(
        self, node: str, *, service_id: str = "", check_id: str = "", timeout: float | None = None
    ) -> Ask[bool]:
        """Remove a service, a check or, with neither, the whole node; True also if it was not there."""
        return Ask(Deregister(node=node, service_id=service_id, check_id=check_id), _ok, timeout)


class Health(Api[M]):
    """Checks, and services with their checks."""

    @both
    def service(
        self, service: str, *, passing: bool = False, tags: Sequence[str] = (), **options: Unpack[FilterOptions]
    ) -> Ask[Rows[Instance]]:
        """The instances of a service with node and checks; ``passing`` leaves out what is not healthy."""

        def unwrap(a: ServiceHealth) -> Rows[Instance]:
            return Rows.of(a, a.instances)

        query = ListServiceHealth(service=service, passing=passing, tags=tuple(tags), **query_fields(options))
        return _read(query, unwrap, options)

    @both
    def node(self, node: str, **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """The checks of a node and of its services."""
        return _read(ListNodeChecks(node=node, **query_fields(options)), _check_rows, options)

    @both
    def checks(self, service: str, **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """The checks of all instances of a service."""
        return _read(ListServiceChecks(service=service, **query_fields(options)), _check_rows, options)

    @both
    def state(self, state: CheckStatus | Literal["any"], **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """All checks in a state."""
        return _read(ListChecksInState(state=state, **query_fields(options)), _check_rows, options)


def _check_rows(a: Checks) -> Rows[CheckRecord]:
    return Rows.of(a, a.checks)


class KeyValues(Api[M]):
    """Keys and values."""

    @both
    def get(self, key: str, **options: Unpack[ReadOptions]) -> Ask[Entry | None]:
        """One key, None if it does not exist."""

        def unwrap(a: Entries) -> Entry | None:
            return a.entries[0] if a.entries else None

        return _read(GetKey(key=key, **query_fields(options)), unwrap, options)

    @both
    def list(self, prefix: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[Entry]]:
        """All entries under a prefix, in the order of their keys."""

        def unwrap(a: Entries) -> Rows[Entry]:
            return Rows.of(a, a.entries)

        return _read(ListKeys(prefix=prefix, **query_fields(options)), unwrap, options)

    @both
    def keys(self, prefix: str = "", *, separator: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[str]]:
        """Names under a prefix, cut after the first ``separator`` behind it."""

        def unwrap(a: KeyNames) -> Rows[str]:
            return Rows.of(a, a.keys)

        return _read(ListKeyNames(prefix=prefix, separator=separator, **query_fields(options)), unwrap, options)

    @both
    def put(
        self,
        key: str,
        value: bytes | str = b"",
        *,
        flags: int = 0,
        cas: int | None = None,
        dc: str = "",
        timeout: float | None = None,
    ) -> Ask[bool]:
        """Set a key; with ``cas`` only if its ModifyIndex is that, else False."""
        return Ask(PutKey(key=key, value=_bytes(value), flags=flags, cas=cas, dc=dc), _ok, timeout)

    @both
    def cas(
        self, key: str, value: bytes | str, index: int, *, flags: int = 0, dc: str = "", timeout: float | None = None
    ) -> Ask[bool]:
        """Set a key if nobody changed it since ``index`` (its ModifyIndex; 0: if it does not exist)."""
        return Ask(PutKey(key=key, value=_bytes(value), flags=flags, cas=index, dc=dc), _ok, timeout)

    @both
    def delete(
        self,
        key: str,
        *,
        recurse: bool = False,
        cas: int | None = None,
        dc: str = "",
        timeout: float | None = None,
    ) -> Ask[bool]:
        """Delete a key, or with ``recurse`` all keys that start with it."""
        return Ask(DeleteKey(key=key, recurse=recurse, cas=cas, dc=dc), _ok, timeout)


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


class LocalAgent(Api[M]):
    """The agent behind the door: what its node registers and how it is."""

    @both
    def register_service(
        self,
        name: str,
        *,
        id: str = "",
        tags: Sequence[str] = (),
        address: str = "",
        port: int = 0,
        meta: Mapping[str, str] | None = None,
        tagged_addresses: Sequence[TaggedAddress] = (),
        weights: Weights | None = None,
        enable_tag_override: bool = False,
        checks: Sequence[CheckSpec] = (),
        replace_existing_checks: bool = False,
        timeout: float | None = None,
    ) -> Ask[None]:
        """Register a service of this node; ``id`` is the name if left out."""
        service = ServiceRecord(
            node="",
            id=id or name,
            service=name,
            tags=tuple(tags),
            address=address,
            port=port,
            meta=FrozenMap(meta or {}),
            tagged_addresses=tuple(tagged_addresses),
            weights=weights or Weights(),
            enable_tag_override=enable_tag_override,
        )
        register = RegisterService(
            service=service, checks=tuple(checks), replace_existing_checks=replace_existing_checks
        )
        return Ask(register, _nothing, timeout)

    @both
    def deregister_service(self, service_id: str, *, timeout: float | None = None) -> Ask[None]:
        """Remove a service of this node and its checks; raises NotFound."""
        return Ask(DeregisterService(id=service_id), _nothing, timeout)

    @both
    def register_check(self, check: CheckSpec, *, timeout: float | None = None) -> Ask[None]:
        """Register a check of this node or, with its ``service_id``, of one of its services."""
        return Ask(RegisterCheck(check=check), _nothing, timeout)

    @both
    def deregister_check(self, check_id: str, *, timeout: float | None = None) -> Ask[None]:
        """Remove a check of this node; raises NotFound."""
        return Ask(DeregisterCheck(id=check_id), _nothing, timeout)

    @both
    def pass_(self, check_id: str, output: str = "") -> Ask[None]:
        """Report that a TTL check passes."""
        return _update(check_id, "passing", output)

    @both
    def warn(self, check_id: str, output: str = "") -> Ask[None]:
        """Report a TTL check as warning."""
        return _update(check_id, "warning", output)

    @both
    def fail(self, check_id: str, output: str = "") -> Ask[None]:
        """Report a TTL check as critical."""
        return _update(check_id, "critical", output)

    @both
    def services(self) -> Ask[tuple[ServiceRecord, ...]]:
        """The services that this agent owns."""

        def unwrap(a: LocalServices) -> tuple[ServiceRecord, ...]:
            return a.services

        return Ask(ListLocalServices(), unwrap)

    @both
    def checks(self) -> Ask[tuple[CheckRecord, ...]]:
        """The checks that this agent owns."""

        def unwrap(a: LocalChecks) -> tuple[CheckRecord, ...]:
            return a.checks

        return Ask(ListLocalChecks(), unwrap)

    @both
    def self(self) -> Ask[AgentDescription]:
        """Who this agent is and what it knows."""

        def unwrap(a: AgentDescription) -> AgentDescription:
            return a

        return Ask(DescribeAgent(), unwrap)

    @both
    def join(self, *addresses: str, timeout: float | None = None) -> Ask[Joined]:
        """Join the cluster of these; the answer says how many answered and why the others did not."""

        def unwrap(a: Joined) -> Joined:
            return a

        return Ask(Join(addresses=addresses), unwrap, timeout)

    @both
    def leave(self, *, timeout: float | None = None) -> Ask[None]:
        """Leave the cluster for good manners' sake; then the node stops."""
        return Ask(LeaveCluster(), _nothing, timeout)

    @both
    def force_leave(self, node: str, *, prune: bool = False) -> Ask[None]:
        """Turn a failed member into one that left, and with ``prune`` forget it."""
        return Ask(ForceLeave(node=node, prune=prune), _nothing)


def _update(check_id: str, status: CheckStatus, output: str) -> Ask[None]:
    return Ask(UpdateCheck(id=check_id, status=status, output=output), _nothing)


class EventApi(Api[M]):
    """User events."""

    @both
    def fire(
        self, name: str, payload: bytes | str = b"", *, node: str = "", service: str = "", tag: str = ""
    ) -> Ask[str]:
        """Spread an event, to the nodes that the patterns select; returns its id."""
        event = FireEvent(
            id=str(uuid.uuid4()),
            name=name,
            payload=_bytes(payload),
            node_filter=node,
            service_filter=service,
            tag_filter=tag,
        )
        return Ask(event, lambda _: event.id)

    @both
    def list(self, name: str = "", *, index: int = 0, wait: float = 0.0) -> Ask[Rows[UserEvent]]:
        """The last events that the agent has seen, oldest first; blocks while the list's index is ``index``."""

        def unwrap(a: Events) -> Rows[UserEvent]:
            return Rows.of(a, a.events)

        query = ListEvents(name=name, min_index=index, wait_ns=int(wait * NS))
        return Ask(query, unwrap, None, held_back_s({"index": index, "wait": wait}))


class Status(Api[M]):
    """Raft's leader and peers."""

    @both
    def leader(self) -> Ask[Leader]:
        """Name and ``ip:port`` of the leader, "" if there is none."""

        def unwrap(a: Leader) -> Leader:
            return a

        return Ask(GetLeader(), unwrap)

    @both
    def peers(self) -> Ask[tuple[str, ...]]:
        """``ip:port`` of every server of the Raft configuration."""

        def unwrap(a: Peers) -> tuple[str, ...]:
            return a.addresses

        return Ask(ListPeers(), unwrap)


class Everything(Api[M]):
    """All groups, and what stands alone: the base of both clients."""

    def __init__(self, run: Any) -> None:
        super().__init__(run)
        self.catalog: Catalog[M] = Catalog(run)
        self.health: Health[M] = Health(run)
        self.kv: KeyValues[M] = KeyValues(run)
        self.agent: LocalAgent[M] = LocalAgent(run)
        self.event: EventApi[M] = EventApi(run)
        self.status: Status[M] = Status(run)

    @both
    def members(self) -> Ask[tuple[Member, ...]]:
        """The gossip pool as this node sees it, in the order of names."""

        def unwrap(a: Members) -> tuple[Member, ...]:
            return a.members

        return Ask(ListMembers(), unwrap)
