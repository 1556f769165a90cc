"""The agent behind the door, as clients see it: Consul's /v1/agent and /v1/event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration, nanoseconds
from lictor_actors.client.questions import ask, nothing, to_bytes
from lictor_actors.client.results import Rows, held_back_s
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
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import CheckRecord, CheckStatus, ServiceRecord, TaggedAddress, Weights
from lictor_messages.datacenters import FireEventElsewhere
from lictor_messages.members import EventFired, FireEvent, ForcedOut, ForceLeave, Join, Joined, UserEvent


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
        timeout: Duration | None = None,
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
        return ask(register, Accepted, nothing, timeout)

    @both
    def deregister_service(self, service_id: str, *, timeout: Duration | None = None) -> Ask[None]:
        """Remove a service of this node and its checks; raises NotFound."""
        return ask(DeregisterService(id=service_id), Accepted, nothing, timeout)

    @both
    def register_check(self, check: CheckSpec, *, timeout: Duration | None = None) -> Ask[None]:
        """Register a check of this node or, with its ``service_id``, of one of its services."""
        return ask(RegisterCheck(check=check), Accepted, nothing, timeout)

    @both
    def deregister_check(self, check_id: str, *, timeout: Duration | None = None) -> Ask[None]:
        """Remove a check of this node; raises NotFound."""
        return ask(DeregisterCheck(id=check_id), Accepted, nothing, timeout)

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
        return ask(ListLocalServices(), LocalServices, lambda a: a.services)

    @both
    def checks(self) -> Ask[tuple[CheckRecord, ...]]:
        """The checks that this agent owns."""
        return ask(ListLocalChecks(), LocalChecks, lambda a: a.checks)

    @both
    def self(self) -> Ask[AgentDescription]:
        """Who this agent is and what it knows."""
        return ask(DescribeAgent(), AgentDescription, lambda a: a)

    @both
    def join(self, *addresses: str, timeout: Duration | None = None) -> Ask[Joined]:
        """Join the cluster of these; the answer says how many answered and why the others did not."""
        return ask(Join(addresses=addresses), Joined, lambda a: a, timeout)

    @both
    def leave(self, *, timeout: Duration | None = None) -> Ask[None]:
        """Leave the cluster for good manners' sake; then the node stops."""
        return ask(LeaveCluster(), Accepted, nothing, timeout)

    @both
    def force_leave(self, node: str, *, prune: bool = False) -> Ask[None]:
        """Turn a failed member into one that left, and with ``prune`` forget it."""
        return ask(ForceLeave(node=node, prune=prune), ForcedOut, nothing)


class EventApi(Api[M]):
    """User events."""

    @both
    def fire(
        self, name: str, payload: bytes | str = b"", *, node: str = "", service: str = "", tag: str = "", dc: str = ""
    ) -> Ask[str]:
        """Spread an event in datacenter ``dc``, to the nodes that the patterns select; returns its id."""
        event = FireEvent(
            id=self.new_id(),
            name=name,
            payload=to_bytes(payload, "payload"),
            node_filter=node,
            service_filter=service,
            tag_filter=tag,
        )
        elsewhere = FireEventElsewhere(dc=dc, event=event) if dc else event
        return ask(elsewhere, EventFired, lambda a: a.id)

    @both
    def list(self, name: str = "", *, index: int = 0, wait: Duration = 0.0) -> Ask[Rows[UserEvent]]:
        """The last events that the agent has seen, oldest first; blocks while the list's index is ``index``."""
        query = ListEvents(name=name, min_index=index, wait_ns=nanoseconds(wait, "wait"))
        return ask(query, Events, lambda a: Rows.of(a, a.events), None, held_back_s({"index": index, "wait": wait}))


def _update(check_id: str, status: CheckStatus, output: str) -> Ask[None]:
    return ask(UpdateCheck(id=check_id, status=status, output=output), Accepted, nothing)
