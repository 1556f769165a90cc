"""Everything a client can ask, group by group, as Consul's HTTP API groups it. Written once for both clients."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.results import NS, FilterOptions, ReadOptions, Rows, held_back_s, query_fields
from lictor_actors.client.sessions import SessionApi
from lictor_messages.agent import (
    Accepted,
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
from lictor_messages.base import FrozenMap, Message
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
from lictor_messages.members import (
    EventFired,
    FireEvent,
    ForcedOut,
    ForceLeave,
    Join,
    Joined,
    ListMembers,
    Member,
    Members,
    UserEvent,
)
from lictor_messages.status import Datacenters, GetLeader, Leader, ListDatacenters, ListPeers, Peers

A = TypeVar("A", bound=Message)
T = TypeVar("T")


def _ask(
    message: Message, expects: type[A], unwrap: Callable[[A], T], timeout: float | None = None, wait_s: float = 0.0
) -> Ask[T]:
    return Ask(message, expects, unwrap, timeout, wait_s)


def _read(query: Message, expects: type[A], unwrap: Callable[[A], T], options: ReadOptions | FilterOptions) -> Ask[T]:
    return Ask(query, expects, unwrap, options.get("timeout"), held_back_s(options))


def _ok(answer: Written) -> bool:
    return answer.ok


def _nothing(_: Any) -> None:
    return None


class Catalog(Api[M]):
    """What the cluster knows: nodes, services and where they are."""

    @both
    def nodes(self, **options: Unpack[FilterOptions]) -> Ask[Rows[NodeRecord]]:
        """All nodes, in the order of their names."""
        query = ListNodes(**query_fields(options))
        return _read(query, Nodes, lambda a: Rows.of(a, a.nodes), options)

    @both
    def services(self, **options: Unpack[FilterOptions]) -> Ask[Rows[ServiceTags]]:
        """All service names with the tags of their instances."""
        query = ListServices(**query_fields(options))
        return _read(query, Services, lambda a: Rows.of(a, a.services), options)

    @both
    def service(
        self, service: str, *, tags: Sequence[str] = (), **options: Unpack[FilterOptions]
    ) -> Ask[Rows[Placement]]:
        """The instances of a service with their nodes, whatever their health; all of ``tags`` must be present."""
        query = ListServiceNodes(service=service, tags=tuple(tags), **query_fields(options))
        return _read(query, ServiceNodes, lambda a: Rows.of(a, a.placements), options)

    @both
    def node(self, node: str, **options: Unpack[FilterOptions]) -> Ask[NodeServices]:
        """A node, by name or start of its id, and its services; ``.node`` is None if it is unknown."""
        query = ListNodeServices(node=node, **query_fields(options))
        return _read(query, NodeServices, lambda a: a, options)

    @both
    def datacenters(self) -> Ask[tuple[str, ...]]:
        """Names of the datacenters known."""
        return _ask(ListDatacenters(), Datacenters, lambda a: a.names)

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
        return _ask(command, Written, _ok, timeout)

    @both
    def deregister(
        self, node: str, *, service_id: str = "", check_id: str = "", timeout: float | None = None
    ) -> Ask[bool]:
        """Remove a service, a check or, with neither, the whole node; True also if it was not there."""
        return _ask(Deregister(node=node, service_id=service_id, check_id=check_id), Written, _ok, timeout)


class Health(Api[M]):
    """Checks, and services with their checks."""

    @both
    def service(
        self, service: str, *, passing: bool = False, tags: Sequence[str] = (), **options: Unpack[FilterOptions]
    ) -> Ask[Rows[Instance]]:
        """The instances of a service with node and checks; ``passing`` leaves out what is not healthy."""
        query = ListServiceHealth(service=service, passing=passing, tags=tuple(tags), **query_fields(options))
        return _read(query, ServiceHealth, lambda a: Rows.of(a, a.instances), options)

    @both
    def node(self, node: str, **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """The checks of a node and of its services."""
        return _read(
            ListNodeChecks(node=node, **query_fields(options)), Checks, lambda a: Rows.of(a, a.checks), options
        )

    @both
    def checks(self, service: str, **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """The checks of all instances of a service."""
        return _read(
            ListServiceChecks(service=service, **query_fields(options)), Checks, lambda a: Rows.of(a, a.checks), options
        )

    @both
    def state(self, state: CheckStatus | Literal["any"], **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """All checks in a state."""
        return _read(
            ListChecksInState(state=state, **query_fields(options)), Checks, lambda a: Rows.of(a, a.checks), options
        )


class KeyValues(Api[M]):
    """Keys and values."""

    @both
    def get(self, key: str, **options: Unpack[ReadOptions]) -> Ask[Entry | None]:
        """One key, None if it does not exist."""
        return _read(
            GetKey(key=key, **query_fields(options)), Entries, lambda a: a.entries[0] if a.entries else None, options
        )

    @both
    def list(self, prefix: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[Entry]]:
        """All entries under a prefix, in the order of their keys."""
        return _read(
            ListKeys(prefix=prefix, **query_fields(options)), Entries, lambda a: Rows.of(a, a.entries), options
        )

    @both
    def keys(self, prefix: str = "", *, separator: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[str]]:
        """Names under a prefix, cut after the first ``separator`` behind it."""
        return _read(
            ListKeyNames(prefix=prefix, separator=separator, **query_fields(options)),
            KeyNames,
            lambda a: Rows.of(a, a.keys),
            options,
        )

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
        return _ask(PutKey(key=key, value=_bytes(value), flags=flags, cas=cas, dc=dc), Written, _ok, timeout)

    @both
    def cas(
        self, key: str, value: bytes | str, index: int, *, flags: int = 0, dc: str = "", timeout: float | None = None
    ) -> Ask[bool]:
        """Set a key if nobody changed it since ``index`` (its ModifyIndex; 0: if it does not exist)."""
        return _ask(PutKey(key=key, value=_bytes(value), flags=flags, cas=index, dc=dc), Written, _ok, timeout)

    @both
    def acquire(
        self, key: str, session: str, value: bytes | str = b"", *, flags: int = 0, timeout: float | None = None
    ) -> Ask[bool]:
        """Lock a key for a session and set it; False if another holds it, or lost it so recently (its lock-delay)."""
        return _ask(PutKey(key=key, value=_bytes(value), flags=flags, acquire=session), Written, _ok, timeout)

    @both
    def release(
        self, key: str, session: str, value: bytes | str = b"", *, flags: int = 0, timeout: float | None = None
    ) -> Ask[bool]:
        """Unlock a key and set it; False if this session does not hold it."""
        return _ask(PutKey(key=key, value=_bytes(value), flags=flags, release=session), Written, _ok, timeout)

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
        return _ask(DeleteKey(key=key, recurse=recurse, cas=cas, dc=dc), Written, _ok, timeout)


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
        return _ask(register, Accepted, _nothing, timeout)

    @both
    def deregister_service(self, service_id: str, *, timeout: float | None = None) -> Ask[None]:
        """Remove a service of this node and its checks; raises NotFound."""
        return _ask(DeregisterService(id=service_id), Accepted, _nothing, timeout)

    @both
    def register_check(self, check: CheckSpec, *, timeout: float | None = None) -> Ask[None]:
        """Register a check of this node or, with its ``service_id``, of one of its services."""
        return _ask(RegisterCheck(check=check), Accepted, _nothing, timeout)

    @both
    def deregister_check(self, check_id: str, *, timeout: float | None = None) -> Ask[None]:
        """Remove a check of this node; raises NotFound."""
        return _ask(DeregisterCheck(id=check_id), Accepted, _nothing, timeout)

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
        return _ask(ListLocalServices(), LocalServices, lambda a: a.services)

    @both
    def checks(self) -> Ask[tuple[CheckRecord, ...]]:
        """The checks that this agent owns."""
        return _ask(ListLocalChecks(), LocalChecks, lambda a: a.checks)

    @both
    def self(self) -> Ask[AgentDescription]:
        """Who this agent is and what it knows."""
        return _ask(DescribeAgent(), AgentDescription, lambda a: a)

    @both
    def join(self, *addresses: str, timeout: float | None = None) -> Ask[Joined]:
        """Join the cluster of these; the answer says how many answered and why the others did not."""
        return _ask(Join(addresses=addresses), Joined, lambda a: a, timeout)

    @both
    def leave(self, *, timeout: float | None = None) -> Ask[None]:
        """Leave the cluster for good manners' sake; then the node stops."""
        return _ask(LeaveCluster(), Accepted, _nothing, timeout)

    @both
    def force_leave(self, node: str, *, prune: bool = False) -> Ask[None]:
        """Turn a failed member into one that left, and with ``prune`` forget it."""
        return _ask(ForceLeave(node=node, prune=prune), ForcedOut, _nothing)


def _update(check_id: str, status: CheckStatus, output: str) -> Ask[None]:
    return _ask(UpdateCheck(id=check_id, status=status, output=output), Accepted, _nothing)


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
        return _ask(event, EventFired, lambda a: a.id)

    @both
    def list(self, name: str = "", *, index: int = 0, wait: float = 0.0) -> Ask[Rows[UserEvent]]:
        """The last events that the agent has seen, oldest first; blocks while the list's index is ``index``."""
        query = ListEvents(name=name, min_index=index, wait_ns=int(wait * NS))
        return _ask(query, Events, lambda a: Rows.of(a, a.events), None, held_back_s({"index": index, "wait": wait}))


class Status(Api[M]):
    """Raft's leader and peers."""

    @both
    def leader(self) -> Ask[Leader]:
        """Name and ``ip:port`` of the leader, "" if there is none."""
        return _ask(GetLeader(), Leader, lambda a: a)

    @both
    def peers(self) -> Ask[tuple[str, ...]]:
        """``ip:port`` of every server of the Raft configuration."""
        return _ask(ListPeers(), Peers, lambda a: a.addresses)


class Everything(Api[M]):
    """All groups, and what stands alone: the base of both clients."""

    def __init__(self, run: Any) -> None:
        super().__init__(run)
        self.catalog: Catalog[M] = Catalog(run)
        self.health: Health[M] = Health(run)
        self.kv: KeyValues[M] = KeyValues(run)
        self.agent: LocalAgent[M] = LocalAgent(run)
        self.event: EventApi[M] = EventApi(run)
        self.session: SessionApi[M] = SessionApi(run)
        self.status: Status[M] = Status(run)

    @both
    def members(self) -> Ask[tuple[Member, ...]]:
        """The gossip pool as this node sees it, in the order of names."""
        return _ask(ListMembers(), Members, lambda a: a.members)
