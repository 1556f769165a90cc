"""The catalog and health over HTTP: Consul's /v1/catalog and /v1/health."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpCall, HttpReply, Row, Translation, call, given, written
from lictor_actors.consul.structs.catalog import CHECK, DEREGISTER, INDEXES, NODE, REGISTER, SERVICE
from lictor_messages import catalog as c
from lictor_messages.base import Message


def _nodes(_: Message, reply: HttpReply) -> c.Nodes:
    return c.Nodes(nodes=tuple(map(NODE.shown, reply.rows())), **reply.figures)


def _services(_: Message, reply: HttpReply) -> c.Services:
    found = (c.ServiceTags(service=name, tags=tuple(tags)) for name, tags in sorted((reply.json() or {}).items()))
    return c.Services(services=tuple(found), **reply.figures)


def _placements(_: Message, reply: HttpReply) -> c.ServiceNodes:
    return c.ServiceNodes(placements=tuple(map(_placement, reply.rows())), **reply.figures)


def _placement(row: Row) -> c.Placement:
    """The row is flat: names of the service begin with Service, and the indexes are the service's."""
    of_service = {_of_service(name): value for name, value in row.items() if name.startswith(("Service", *INDEXES))}
    of_node = {name: value for name, value in row.items() if name not in INDEXES} | {"Meta": row.get("NodeMeta")}
    return c.Placement(node=NODE.shown(of_node), service=SERVICE.shown(of_service, node=row["Node"]))


def _of_service(name: str) -> str:
    return "Service" if name == "ServiceName" else name.removeprefix("Service")


def _node_services(_: Message, reply: HttpReply) -> c.NodeServices:
    found = reply.json()
    if not found:
        return c.NodeServices(node=None, **reply.figures)
    node = NODE.shown(found["Node"])
    rows = sorted((found["Services"] or {}).items())
    services = tuple(SERVICE.shown(row, node=node.node) for _, row in rows)
    return c.NodeServices(node=node, services=services, **reply.figures)


def _checks(_: Message, reply: HttpReply) -> c.Checks:
    return c.Checks(checks=tuple(map(CHECK.shown, reply.rows())), **reply.figures)


def _instances(_: Message, reply: HttpReply) -> c.ServiceHealth:
    return c.ServiceHealth(instances=tuple(map(instance_of, reply.rows())), **reply.figures)


def instance_of(row: Row) -> c.Instance:
    """An instance with its node and its checks."""
    node = NODE.shown(row["Node"])
    checks = tuple(map(CHECK.shown, row["Checks"] or ()))
    return c.Instance(node=node, service=SERVICE.shown(row["Service"], node=node.node), checks=checks)


def _tagged(query: c.ListServiceNodes | c.ListServiceHealth) -> list[tuple[str, str]]:
    return [("tag", tag) for tag in query.tags]


def _health(query: c.ListServiceHealth) -> HttpCall:
    params = [*_tagged(query), *([("passing", "true")] if query.passing else [])]
    return call(query, "GET", "health", "connect" if query.connect else "service", query.service, params=params)


def _register(command: c.Register) -> HttpCall:
    body = given(REGISTER.row(command.node), "Datacenter") | {"SkipNodeUpdate": command.skip_node_update}
    if command.service is not None:
        body["Service"] = given(SERVICE.row(command.service), *INDEXES)
    body["Checks"] = [given(CHECK.row(check), *INDEXES) for check in command.checks]
    return call(command, "PUT", "catalog", "register", body=_in_datacenter(command, body))


def _deregister(command: c.Deregister) -> HttpCall:
    return call(command, "PUT", "catalog", "deregister", body=_in_datacenter(command, given(DEREGISTER.row(command))))


def _in_datacenter(command: c.Register | c.Deregister, body: Row) -> Row:
    return body | ({"Datacenter": command.dc} if command.dc else {})


TRANSLATIONS: dict[type[Message], Translation] = {
    c.ListNodes: Translation(lambda q: call(q, "GET", "catalog", "nodes"), _nodes),
    c.ListServices: Translation(lambda q: call(q, "GET", "catalog", "services"), _services),
    c.ListServiceNodes: Translation(
        lambda q: call(q, "GET", "catalog", "service", q.service, params=_tagged(q)), _placements
    ),
    c.ListNodeServices: Translation(lambda q: call(q, "GET", "catalog", "node", q.node), _node_services),
    c.Register: Translation(_register, written),
    c.Deregister: Translation(_deregister, written),
    c.ListServiceHealth: Translation(_health, _instances),
    c.ListNodeChecks: Translation(lambda q: call(q, "GET", "health", "node", q.node), _checks),
    c.ListServiceChecks: Translation(lambda q: call(q, "GET", "health", "checks", q.service), _checks),
    c.ListChecksInState: Translation(lambda q: call(q, "GET", "health", "state", q.state), _checks),
}
