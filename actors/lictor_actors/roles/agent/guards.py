"""What requests on an agent itself need: those on its services and checks, on its gossip, on its process."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.store.guard import Guard, Level, Need, constant
from lictor_messages import agent as m
from lictor_messages.agent_acl import MayUseAgent, SetAgentToken
from lictor_messages.base import Message
from lictor_messages.members import FireEvent, ForceLeave, Join, ListMembers, ListSuspicions
from lictor_messages.reload import Reload

ANY_NODE, ANY_SERVICE, ANY_EVENT = (Need(of, "read", extent="rows") for of in ("node", "service", "event"))


def guards_of(node: str) -> Mapping[type[Message], Guard]:
    """By kind, for the agent of this node. The id of a service or a check is ``node/id``, as servers have it."""
    reads, writes = constant(Need("agent", "read", node)), constant(Need("agent", "write", node))
    whole = Need("node", "write", node)

    def service(service_id: str, level: Level = "write") -> Need:
        return Need("service", level, f"{node}/{service_id}", "stored")

    def check(check_id: str) -> Need:
        return Need("service", "write", f"{node}/{check_id}", "check")

    def checks(specs: tuple[m.CheckSpec, ...]) -> tuple[Need, ...]:
        return tuple(check(spec.id) for spec in specs if spec.id)

    def register_service(it: m.RegisterService) -> tuple[Need, ...]:
        name = it.service.service
        return (Need("service", "write", name), service(it.service.id or name), *checks(it.checks))

    def register_check(it: m.RegisterCheck) -> tuple[Need, ...]:
        of = service(it.check.service_id) if it.check.service_id else whole
        return (of, check(it.check.id or it.check.name))

    return {
        m.RegisterService: register_service,
        m.DeregisterService: lambda it: (service(it.id),),
        m.RegisterCheck: register_check,
        m.DeregisterCheck: lambda it: (check(it.id),),
        m.UpdateCheck: lambda it: (check(it.id),),
        m.SetMaintenance: lambda it: (service(it.service_id) if it.service_id else whole,),
        m.WatchLocalService: lambda it: (service(it.id, "read"),),
        m.ListLocalServices: constant(ANY_SERVICE),
        m.ListLocalChecks: constant(ANY_NODE, ANY_SERVICE),
        m.DescribeAgent: reads,
        SetAgentToken: writes,
        MayUseAgent: lambda it: (Need(it.resource, it.level, node if it.resource == "agent" else ""),),
        m.LeaveCluster: writes,
        Reload: writes,
        Join: writes,
        ForceLeave: constant(Need("operator", "write")),
        ListMembers: constant(ANY_NODE),
        ListSuspicions: constant(Need("operator", "read")),
        FireEvent: lambda it: (Need("event", "write", it.name),),
        m.ListEvents: constant(ANY_EVENT),
    }
