"""What requests on an agent itself need: those on its services and checks, on its gossip, on its process."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.store.guard import Guard, Level, Need, constant
from lictor_messages import agent as m
from lictor_messages.agent_acl import MayUseAgent, SetAgentToken
from lictor_messages.base import Message
from lictor_messages.members import FireEvent, ForceLeave, Join, ListMembers, ListSuspicions
from lictor_messages.pool import AskPool
from lictor_messages.reload import Reload

ANY_NODE, ANY_SERVICE, ANY_EVENT = (Need(of, "read", extent="rows") for of in ("node", "service", "event"))


def guards_of(node: str) -> Mapping[type[Message], Guard]:
    """By kind, for the agent of this node."""
    return {**_of_its_own(node), **_OF_THE_POOL, **_OF_LISTS}


class _Named:
    """Services and checks of one node; the id of each is ``node/id``, as servers have it."""

    def __init__(self, node: str) -> None:
        self._node = node

    def service(self, service_id: str, level: Level = "write") -> Need:
        return Need("service", level, f"{self._node}/{service_id}", "stored")

    def check(self, check_id: str) -> Need:
        return Need("service", "write", f"{self._node}/{check_id}", "check")

    def whole(self) -> Need:
        return Need("node", "write", self._node)

    def service_registered(self, it: m.RegisterService) -> tuple[Need, ...]:
        name, checks = it.service.service, (self.check(spec.id) for spec in it.checks if spec.id)
        return (Need("service", "write", name), self.service(it.service.id or name), *checks)

    def check_registered(self, it: m.RegisterCheck) -> tuple[Need, ...]:
        of = self.service(it.check.service_id) if it.check.service_id else self.whole()
        return (of, self.check(it.check.id or it.check.name))


def _of_its_own(node: str) -> dict[type[Message], Guard]:
    reads, writes = constant(Need("agent", "read", node)), constant(Need("agent", "write", node))
    its = _Named(node)
    return {
        m.RegisterService: its.service_registered,
        m.DeregisterService: lambda it: (its.service(it.id),),
        m.RegisterCheck: its.check_registered,
        m.DeregisterCheck: lambda it: (its.check(it.id),),
        m.UpdateCheck: lambda it: (its.check(it.id),),
        m.SetMaintenance: lambda it: (its.service(it.service_id) if it.service_id else its.whole(),),
        m.WatchLocalService: lambda it: (its.service(it.id, "read"),),
        m.DescribeAgent: reads,
        SetAgentToken: writes,
        MayUseAgent: lambda it: (Need(it.resource, it.level, node if it.resource == "agent" else ""),),
        m.LeaveCluster: writes,
        Reload: writes,
        Join: writes,
    }


_OF_THE_POOL: dict[type[Message], Guard] = {
    ForceLeave: constant(Need("operator", "write")),
    ListSuspicions: constant(Need("operator", "read")),
    AskPool: lambda it: (Need("event", "write", it.name),),
    FireEvent: lambda it: (Need("event", "write", it.name),),
}
_OF_LISTS: dict[type[Message], Guard] = {
    m.ListLocalServices: constant(ANY_SERVICE),
    m.ListLocalChecks: constant(ANY_NODE, ANY_SERVICE),
    ListMembers: constant(ANY_NODE),
    m.ListEvents: constant(ANY_EVENT),
}
"""Nothing is refused; what may not be seen is left out."""
