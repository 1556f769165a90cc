"""The tables of the catalog: nodes, services and checks, each with the ways in which it is looked up.

Names are found whatever their case, as in Consul; rows keep the case in which they were written. These verbs
keep tables and indexes together; what may be written is decided in ``registration``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Protocol

from lictor_actors.store.indexes import Indexes
from lictor_actors.store.ordered import Ordered, inner
from lictor_actors.store.rows import stamped
from lictor_messages.catalog import CheckRecord, NodeRecord, ServiceRecord

NODES = "nodes"
SERVICES = "services"
CHECKS = "checks"


class Dependants(Protocol):
    """What stands on nodes and checks, and falls with them. Names are folded."""

    def node_gone(self, node: str, index: int) -> None:
        """A node was removed."""

    def check_lost(self, node: str, check_id: str, index: int) -> None:
        """A check became critical or was removed."""


class CatalogTables:
    """Nodes by name and id, services by node and by name, checks by node and by what they bear on."""

    __slots__ = (
        "bearing",
        "checks",
        "dependants",
        "distance_from",
        "indexes",
        "instances",
        "node_ids",
        "nodes",
        "services",
    )

    def __init__(self, indexes: Indexes) -> None:
        self.indexes = indexes
        self.nodes: Ordered[str, NodeRecord] = Ordered()
        self.node_ids: Ordered[str, str] = Ordered()
        """Node id → folded node name."""
        self.services: dict[str, dict[str, ServiceRecord]] = {}
        """Folded node → folded service id → instance; the inner tables are Ordered, here and below."""
        self.instances: dict[str, dict[tuple[str, str], ServiceRecord]] = {}
        """Folded service name → (node, service id) → instance; a name without instances has no row."""
        self.checks: dict[str, dict[str, CheckRecord]] = {}
        """Folded node → folded check id → check."""
        self.bearing: dict[tuple[str, str], tuple[CheckRecord, ...]] = {}
        """(node, service id) → its checks in order of ids; with "" for the service id, the node's own."""
        self.dependants: tuple[Dependants, ...] = ()
        self.distance_from: Callable[[str], Callable[[str], float]] = lambda _: lambda _: 0.0
        """Name of a node → how far each other one is, by its name: what ``?near`` sorts by."""

    # nodes

    def put_node(self, node: NodeRecord, index: int) -> None:
        """Write a node; every service on it changes with it."""
        name = fold(node.node)
        old = self.nodes.get(name)
        row = stamped(node, old, index)
        if row is None:
            return
        if old is not None and old.id:
            self.indexes.touch_path("id", old.id.lower())
            self.node_ids.pop(old.id.lower(), None)
        if row.id:
            self.node_ids[row.id.lower()] = name
        self.nodes[name] = row
        self.indexes.bump(NODES, index)
        self._touch_node(row)
        self._bump_services_of(name, index)

    def load_node(self, node: NodeRecord) -> None:
        """Take a row as it is."""
        self.nodes[fold(node.node)] = node
        if node.id:
            self.node_ids[node.id.lower()] = fold(node.node)

    def drop_node(self, name: str, index: int) -> None:
        """Remove a node with all its services and checks."""
        node = self.nodes.get(name)
        if node is None:
            return
        for service_id in tuple(self.services.get(name, ())):
            self.drop_service(name, service_id, index)
        for check_id in tuple(self.checks.get(name, ())):
            self.drop_check(name, check_id, index)
        del self.nodes[name]
        self.node_ids.pop(node.id.lower(), None)
        self.indexes.bump(NODES, index)
        self._touch_node(node)
        for dependant in self.dependants:
            dependant.node_gone(name, index)

    def _touch_node(self, node: NodeRecord) -> None:
        """The node or what it runs changed: it is watched by name, and by id or the start of one."""
        self.indexes.touch("node", fold(node.node))
        if node.id:
            self.indexes.touch_path("id", node.id.lower())

    # services

    def put_service(self, service: ServiceRecord, index: int) -> None:
        """Write an instance; under a new name it leaves the old one."""
        name, service_id = fold(service.node), fold(service.id)
        old = self.services.get(name, {}).get(service_id)
        row = stamped(service, old, index)
        if row is None:
            return
        if old is not None and fold(old.service) != fold(row.service):
            self._leave(old, index)
        inner(self.services, name)[service_id] = row
        inner(self.instances, fold(row.service))[name, service_id] = row
        self.indexes.bump_service(fold(row.service), index)
        self._services_changed(name, index)

    def load_service(self, service: ServiceRecord) -> None:
        """Take a row as it is."""
        name, service_id = fold(service.node), fold(service.id)
        inner(self.services, name)[service_id] = service
        inner(self.instances, fold(service.service))[name, service_id] = service

    def drop_service(self, name: str, service_id: str, index: int) -> None:
        """Remove an instance and its checks."""
        row = self.services.get(name, {}).get(service_id)
        if row is None:
            return
        for check in self.bearing.get((name, service_id), ()):
            self.drop_check(name, fold(check.check_id), index)
        del self.services[name][service_id]
        if not self.services[name]:
            del self.services[name]
        self._leave(row, index)
        self._services_changed(name, index)

    def _leave(self, row: ServiceRecord, index: int) -> None:
        service = fold(row.service)
        instances = self.instances[service]
        del instances[fold(row.node), fold(row.id)]
        if instances:
            self.indexes.bump_service(service, index)
        else:
            del self.instances[service]
            self.indexes.extinguish(service, index)

    def _services_changed(self, name: str, index: int) -> None:
        self.indexes.bump(SERVICES, index)
        self._touch_node(self.nodes[name])

    def _bump_services_of(self, name: str, index: int) -> None:
        for row in self.services.get(name, {}).values():
            self.indexes.bump_service(fold(row.service), index)

    # checks

    def put_check(self, check: CheckRecord, index: int) -> None:
        """Write a check of a node or of an instance on it."""
        name, check_id = fold(check.node), fold(check.check_id)
        old = self.checks.get(name, {}).get(check_id)
        row = stamped(check, old, index)
        if row is None:
            return
        if old is not None and fold(old.service_id) != fold(row.service_id):
            self._lift(old, index)
        inner(self.checks, name)[check_id] = row
        self._bear(row)
        self._check_changed(row, index)
        if old is not None and old.status != row.status:
            self.indexes.touch("state", old.status)
        if row.status == "critical":
            self._check_lost(name, check_id, index)

    def drop_check(self, name: str, check_id: str, index: int) -> None:
        """Remove a check."""
        row = self.checks.get(name, {}).get(check_id)
        if row is None:
            return
        del self.checks[name][check_id]
        if not self.checks[name]:
            del self.checks[name]
        self._lift(row, index)
        self._check_lost(name, check_id, index)

    def _check_lost(self, name: str, check_id: str, index: int) -> None:
        for dependant in self.dependants:
            dependant.check_lost(name, check_id, index)

    def load_check(self, check: CheckRecord) -> None:
        """Take a row as it is."""
        inner(self.checks, fold(check.node))[fold(check.check_id)] = check
        self._bear(check)

    def _bear(self, row: CheckRecord) -> None:
        """The check bears on its node or instance: it is put in its place among the others."""
        on, check_id = (fold(row.node), fold(row.service_id)), fold(row.check_id)
        others = self.bearing.get(on, ())
        at = bisect_left(others, check_id, key=_folded_id)
        known = at < len(others) and _folded_id(others[at]) == check_id
        self.bearing[on] = (*others[:at], row, *others[at + known :])

    def _lift(self, row: CheckRecord, index: int) -> None:
        """The check no longer bears on what it bore on."""
        on = (fold(row.node), fold(row.service_id))
        at = bisect_left(self.bearing[on], fold(row.check_id), key=_folded_id)
        rest = self.bearing[on][:at] + self.bearing[on][at + 1 :]
        if rest:
            self.bearing[on] = rest
        else:
            del self.bearing[on]
        self._check_changed(row, index)

    def _check_changed(self, row: CheckRecord, index: int) -> None:
        name, service_id = fold(row.node), fold(row.service_id)
        self.indexes.bump(CHECKS, index)
        self.indexes.touch("checks of", name)
        self.indexes.touch("state", row.status)
        if not service_id:
            self._bump_services_of(name, index)
            return
        service = self.services.get(name, {}).get(service_id)
        if service is not None:
            self.indexes.bump_service(fold(service.service), index)

    # lookups that several queries share

    def node(self, name: str) -> NodeRecord | None:
        """The node of this name."""
        return self.nodes.get(fold(name))

    def service(self, name: str, service_id: str) -> ServiceRecord | None:
        """The instance of this id on a node."""
        return self.services.get(fold(name), {}).get(fold(service_id))

    def check(self, name: str, check_id: str) -> CheckRecord | None:
        """The check of this id on a node."""
        return self.checks.get(fold(name), {}).get(fold(check_id))

    def checks_of(self, name: str, service_id: str) -> tuple[CheckRecord, ...]:
        """All checks that bear on an instance: its node's first, then its own."""
        return self.bearing.get((name, ""), ()) + self.bearing.get((name, service_id), ())

    def instances_of(self, service: str) -> tuple[ServiceRecord, ...]:
        """The instances of a service, by node, then by service id."""
        return tuple(self.instances.get(fold(service), {}).values())

    def all_checks(self) -> Iterator[CheckRecord]:
        """Every check, node by node."""
        return chain.from_iterable(self.checks[name].values() for name in self.nodes if name in self.checks)

    def find_node(self, name_or_id: str) -> NodeRecord | None:
        """A node by name, or by the start of its id if that has four characters and only one node fits."""
        found = self.nodes.get(fold(name_or_id))
        if found is not None or len(name_or_id) < ID_PREFIX_MIN:
            return found
        prefix = name_or_id.lower()
        fitting = [self.node_ids[i] for i in _first_two(self.node_ids, prefix)]
        return self.nodes[fitting[0]] if len(fitting) == 1 else None


ID_PREFIX_MIN = 4


def fold(name: str) -> str:
    """The form under which a name is kept: Consul looks up nodes, services and checks whatever their case."""
    return name.lower()


def _folded_id(check: CheckRecord) -> str:
    return fold(check.check_id)


def _first_two(ids: Ordered[str, str], prefix: str) -> list[str]:
    fitting: list[str] = []
    for key in ids.irange(prefix):
        if not key.startswith(prefix) or len(fitting) == 2:
            break
        fitting.append(key)
    return fitting
