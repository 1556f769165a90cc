"""What a row of the catalog weighs as JSON: names and numbers are a constant, texts are counted, escapes are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lictor_messages.catalog import CheckRecord, Instance, NodeRecord, Placement, ServiceRecord, ServiceTags


def _texts(texts: Mapping[str, str]) -> int:
    return sum(len(name) + len(text) + 6 for name, text in texts.items()) if texts else 0


def _tags(tags: Sequence[str]) -> int:
    return sum(map(len, tags)) + 3 * len(tags)


def node_weight(node: NodeRecord) -> int:
    """A node."""
    return 250 + _texts(node.meta) + _texts(node.tagged_addresses)


def service_weight(service: ServiceRecord) -> int:
    """An instance by itself."""
    fixed = 400 + 100 * len(service.tagged_addresses) + 60 * len(service.ports)
    return fixed + _tags(service.tags) + _texts(service.meta) + len(service.proxy)


def check_weight(check: CheckRecord) -> int:
    """A check."""
    definition = check.definition
    return 450 + len(check.output) + len(check.notes) + len(definition.body) + 200 * len(definition.header)


def placement_weight(placement: Placement) -> int:
    """An instance and its node."""
    return node_weight(placement.node) + service_weight(placement.service)


def instance_weight(instance: Instance) -> int:
    """An instance, its node and all checks that bear on it."""
    return node_weight(instance.node) + service_weight(instance.service) + sum(map(check_weight, instance.checks))


def tags_weight(row: ServiceTags) -> int:
    """A name and its tags."""
    return 10 + len(row.service) + _tags(row.tags)
