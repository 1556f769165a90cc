"""Records as the rows of Consul's JSON: its field names, in its order, with its empty values."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from lictor_messages.catalog import CheckDefinition, CheckRecord, Instance, NodeRecord, Placement, ServiceRecord
from lictor_messages.durations import go_duration
from lictor_messages.kv import Entry
from lictor_messages.queries import PreparedQuery
from lictor_messages.sessions import SessionRecord

Row = dict[str, Any]

NO_PROXY: Row = {"Mode": "", "MeshGateway": {}, "Expose": {}}
NO_CONNECT: Row = {}
_NO_DEFINITION = vars(CheckDefinition())


def entry_json(entry: Entry) -> Row:
    """A key: the value in base64, null if it is empty; Session only while somebody holds the lock."""
    row: Row = {
        "LockIndex": entry.lock_index,
        "Key": entry.key,
        "Flags": entry.flags,
        "Value": b64encode(entry.value).decode() if entry.value else None,
    }
    if entry.session:
        row["Session"] = entry.session
    row["CreateIndex"] = entry.create_index
    row["ModifyIndex"] = entry.modify_index
    return row


def node_json(node: NodeRecord) -> Row:
    """A node of the catalog."""
    return {
        "ID": node.id,
        "Node": node.node,
        "Address": node.address,
        "Datacenter": node.datacenter,
        "TaggedAddresses": _sorted(node.tagged_addresses) if node.tagged_addresses else None,
        "Meta": _sorted(node.meta),
        "CreateIndex": node.create_index,
        "ModifyIndex": node.modify_index,
    }


def service_json(service: ServiceRecord) -> Row:
    """A service instance as part of a node or of a health answer."""
    row: Row = {"Kind": service.kind} if service.kind else {}
    row |= {"ID": service.id, "Service": service.service, "Tags": service.tags, "Address": service.address}
    if service.tagged_addresses:
        row["TaggedAddresses"] = _tagged(service)
    row |= {"Meta": _sorted(service.meta), "Port": service.port}
    if service.socket_path:
        row["SocketPath"] = service.socket_path
    row |= {
        "Weights": _weights(service),
        "EnableTagOverride": service.enable_tag_override,
        "Proxy": NO_PROXY,
        "Connect": NO_CONNECT,
        "CreateIndex": service.create_index,
        "ModifyIndex": service.modify_index,
    }
    return row


def placement_json(placement: Placement) -> Row:
    """A service instance with its node in one flat row, as /v1/catalog/service gives it."""
    node, service = placement.node, placement.service
    row: Row = {
        "ID": node.id,
        "Node": node.node,
        "Address": node.address,
        "Datacenter": node.datacenter,
        "TaggedAddresses": _sorted(node.tagged_addresses) if node.tagged_addresses else None,
        "NodeMeta": _sorted(node.meta),
        "ServiceKind": service.kind,
        "ServiceID": service.id,
        "ServiceName": service.service,
        "ServiceTags": service.tags,
        "ServiceAddress": service.address,
    }
    if service.tagged_addresses:
        row["ServiceTaggedAddresses"] = _tagged(service)
    row |= {
        "ServiceWeights": _weights(service),
        "ServiceMeta": _sorted(service.meta),
        "ServicePort": service.port,
        "ServiceSocketPath": service.socket_path,
        "ServiceEnableTagOverride": service.enable_tag_override,
        "ServiceProxy": NO_PROXY,
        "ServiceConnect": NO_CONNECT,
        "CreateIndex": service.create_index,
        "ModifyIndex": service.modify_index,
    }
    return row


def check_json(check: CheckRecord) -> Row:
    """A check, of a node or of a service."""
    definition = check.definition
    return {
        "Node": check.node,
        "CheckID": check.check_id,
        "Name": check.name,
        "Status": check.status,
        "Notes": check.notes,
        "Output": check.output,
        "ServiceID": check.service_id,
        "ServiceName": check.service_name,
        "ServiceTags": check.service_tags,
        "Type": check.type,
        "Interval": _duration(definition.interval_ns),
        "Timeout": _duration(definition.timeout_ns),
        "ExposedPort": 0,
        "Definition": definition_json(definition),
        "CreateIndex": check.create_index,
        "ModifyIndex": check.modify_index,
    }


def definition_json(definition: CheckDefinition) -> Row:
    """How a check is run: only what is set, ``{}`` if nothing is; durations as Go writes them."""
    if vars(definition) == _NO_DEFINITION:
        return {}
    row = {
        "HTTP": definition.http,
        "TLSServerName": definition.tls_server_name,
        "TLSSkipVerify": definition.tls_skip_verify,
        "Header": {name: values for name, values in sorted(definition.header)},
        "Method": definition.method,
        "Body": definition.body,
        "DisableRedirects": definition.disable_redirects,
        "TCP": definition.tcp,
        "Interval": _duration(definition.interval_ns),
        "Timeout": _duration(definition.timeout_ns),
        "DeregisterCriticalServiceAfter": _duration(definition.deregister_critical_service_after_ns),
    }
    return {name: value for name, value in row.items() if value}


def instance_json(instance: Instance) -> Row:
    """A service instance with its node and all its checks."""
    return {
        "Node": node_json(instance.node),
        "Service": service_json(instance.service),
        "Checks": [check_json(check) for check in instance.checks],
    }


def session_json(session: SessionRecord) -> Row:
    """A session; the lock-delay is a number of nanoseconds, the TTL is as it was given."""
    checks = [{"ID": check_id, "Namespace": ""} for check_id in session.service_checks]
    return {
        "ID": session.id,
        "Name": session.name,
        "Node": session.node,
        "LockDelay": session.lock_delay_ns,
        "Behavior": session.behavior,
        "TTL": session.ttl,
        "NodeChecks": session.node_checks,
        "ServiceChecks": checks or None,
        "CreateIndex": session.create_index,
        "ModifyIndex": session.modify_index,
    }


def query_json(query: PreparedQuery) -> Row:
    """A prepared query."""
    service, template = query.service, query.template
    row: Row = {"ID": query.id, "Name": query.name, "Session": query.session, "Token": query.token}
    row["Template"] = {
        "Type": template.type,
        "Regexp": template.regexp,
        "RemoveEmptyTags": template.remove_empty_tags,
    }
    row["Service"] = {
        "Service": service.service,
        "Failover": {"NearestN": service.failover.nearest_n, "Datacenters": service.failover.datacenters or None},
        "OnlyPassing": service.only_passing,
        "IgnoreCheckIDs": service.ignore_check_ids or None,
        "Near": service.near,
        "Tags": service.tags or None,
        "NodeMeta": _sorted(service.node_meta) or None,
        "ServiceMeta": _sorted(service.service_meta) or None,
        "Connect": service.connect,
    }
    row |= {"DNS": {"TTL": query.dns_ttl}, "CreateIndex": query.create_index, "ModifyIndex": query.modify_index}
    return row


def _duration(ns: int) -> str:
    return go_duration(ns) if ns else ""


def _weights(service: ServiceRecord) -> Row:
    return {"Passing": service.weights.passing, "Warning": service.weights.warning}


def _tagged(service: ServiceRecord) -> Row:
    addresses = sorted(service.tagged_addresses, key=lambda tagged: tagged.name)
    return {tagged.name: {"Address": tagged.address, "Port": tagged.port} for tagged in addresses}


def _sorted(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """Go writes maps in the order of their keys."""
    return mapping if len(mapping) < 2 else {key: mapping[key] for key in sorted(mapping)}
