"""What of the catalog an asker may not see, and by which names rules know what is in it."""

from __future__ import annotations

from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_messages import catalog as m
from lictor_messages.answers import Answer


def nodes(_: object, answer: m.Nodes, sight: Sight) -> Answer:
    """Nodes."""
    return answer.model_copy(update={"nodes": tuple(row for row in answer.nodes if _node(row.node, sight))})


def services(_: object, answer: m.Services, sight: Sight) -> Answer:
    """Names of services."""
    seen = tuple(row for row in answer.services if _service(row.service, sight))
    return answer.model_copy(update={"services": seen})


def placements(_: object, answer: m.ServiceNodes, sight: Sight) -> Answer:
    """Instances whose service and whose node may be seen."""
    seen = tuple(
        row for row in answer.placements if _service(row.service.service, sight) and _node(row.node.node, sight)
    )
    return answer.model_copy(update={"placements": seen})


def node_services(_: object, answer: m.NodeServices, sight: Sight) -> Answer:
    """What is on a node, if the node may be seen."""
    if answer.node is not None and not _node(answer.node.node, sight):
        return answer.model_copy(update={"node": None, "services": ()})
    seen = tuple(row for row in answer.services if _service(row.service, sight))
    return answer.model_copy(update={"services": seen})


def checks(_: object, answer: m.Checks, sight: Sight) -> Answer:
    """Checks whose node, and whose service if they have one, may be seen."""
    return answer.model_copy(update={"checks": tuple(row for row in answer.checks if check_is_seen(row, sight))})


def health(_: object, answer: m.ServiceHealth, sight: Sight) -> Answer:
    """Instances with their checks."""
    return answer.model_copy(update={"instances": seen_instances(answer.instances, sight)})


def seen_instances(instances: tuple[m.Instance, ...], sight: Sight) -> tuple[m.Instance, ...]:
    """Instances whose service and whose node may be seen."""
    return tuple(row for row in instances if _service(row.service.service, sight) and _node(row.node.node, sight))


def check_is_seen(check: m.CheckRecord, sight: Sight) -> bool:
    """Whether this check may be seen."""
    return _node(check.node, sight) and (not check.service_name or _service(check.service_name, sight))


def _node(name: str, sight: Sight) -> bool:
    return sight.sees("node", "read", name)


def _service(name: str, sight: Sight) -> bool:
    return sight.sees("service", "read", name)


def node_name(catalog: CatalogTables, given: str) -> str | None:
    """Of a node, by its name or its id."""
    row = catalog.nodes.get(fold(given)) or catalog.nodes.get(catalog.node_ids.get(given.lower(), ""))
    return None if row is None else row.node


def service_name(catalog: CatalogTables, given: str) -> str | None:
    """Of the instance ``node/id``."""
    node, _, service_id = given.partition("/")
    row = catalog.services.get(fold(node), {}).get(fold(service_id))
    return None if row is None else row.service


def checked_name(catalog: CatalogTables, given: str) -> str | None:
    """Of the service that the check ``node/id`` is of, "" if it is its node's."""
    node, _, check_id = given.partition("/")
    row = catalog.check(node, check_id)
    return None if row is None else row.service_name
