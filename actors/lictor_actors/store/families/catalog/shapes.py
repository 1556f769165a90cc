"""Answers on the catalog as Consul's JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lictor_actors.consul.json_rows import JsonRow, check_json, node_json, placement_json, service_json
from lictor_actors.store.family import Shapes
from lictor_messages.answers import Query
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    Instance,
    ListNodeServices,
    NodeRecord,
    Nodes,
    NodeServices,
    ServiceHealth,
    ServiceNodes,
    Services,
)

R = TypeVar("R", NodeRecord, CheckRecord)


def instances_json(instances: tuple[Instance, ...]) -> list[JsonRow]:
    """Instances of one node share its record and its checks: their rows are made once."""
    made: dict[int, JsonRow] = {}

    def once(record: R, as_row: Callable[[R], JsonRow]) -> JsonRow:
        row = made.get(id(record))
        if row is None:
            row = made[id(record)] = as_row(record)
        return row

    return [
        {
            "Node": once(instance.node, node_json),
            "Service": service_json(instance.service),
            "Checks": [once(check, check_json) for check in instance.checks],
        }
        for instance in instances
    ]


def _nodes(_: Query, answer: Nodes) -> object:
    return [node_json(node) for node in answer.nodes]


def _services(_: Query, answer: Services) -> object:
    return {row.service: row.tags for row in answer.services}


def _service_nodes(_: Query, answer: ServiceNodes) -> object:
    return [placement_json(placement) for placement in answer.placements]


def _node_services(query: Query, answer: NodeServices) -> object:
    node = node_json(answer.node) if answer.node is not None else None
    if isinstance(query, ListNodeServices) and query.as_list:
        services = [service_json(service) for service in answer.services]
        return {"Node": node, "Services": services if node is not None else None}
    if node is None:
        return None
    return {"Node": node, "Services": {service.id: service_json(service) for service in answer.services}}


def _checks(_: Query, answer: Checks) -> object:
    return [check_json(check) for check in answer.checks]


def _service_health(_: Query, answer: ServiceHealth) -> object:
    return instances_json(answer.instances)


SHAPES: Shapes = {
    Nodes: _nodes,
    Services: _services,
    ServiceNodes: _service_nodes,
    NodeServices: _node_services,
    Checks: _checks,
    ServiceHealth: _service_health,
}
