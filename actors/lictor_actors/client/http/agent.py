"""The agent and its events over HTTP: Consul's /v1/agent and /v1/event."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from lictor_actors.client.errors import InvalidArgument
from lictor_actors.client.http.call import HttpCall, HttpReply, Row, Translation, blocking, call, given
from lictor_actors.consul.structs.agent import AGENT_SERVICE, CHECK_DEFINITION, SERVICE_DEFINITION, STATUS_UPDATE
from lictor_actors.consul.structs.catalog import CHECK
from lictor_actors.consul.structs.members import STATUS_NUMBERS
from lictor_messages import agent as a
from lictor_messages import members as m
from lictor_messages.base import Message
from lictor_messages.datacenters import FireEventElsewhere

_STATUS = {number: status for status, number in STATUS_NUMBERS.items()}


def _accepted(_: Message, __: HttpReply) -> a.Accepted:
    return a.Accepted()


def _register_service(message: a.RegisterService) -> HttpCall:
    body = given(SERVICE_DEFINITION.row(message.service))
    # The check of a service is of that service: Consul takes no id of another one here, nor a token.
    body["Checks"] = [given(CHECK_DEFINITION.row(check), "ServiceID", "Token") for check in message.checks]
    params = [("replace-existing-checks", "true")] if message.replace_existing_checks else []
    return call(message, "PUT", "agent", "service", "register", params=params, body=body)


def _register_check(message: a.RegisterCheck) -> HttpCall:
    row = given(CHECK_DEFINITION.row(message.check), "CheckID")
    return call(message, "PUT", "agent", "check", "register", body=row | given({"ID": message.check.id}))


def _update_check(message: a.UpdateCheck) -> HttpCall:
    return call(message, "PUT", "agent", "check", "update", message.id, body=STATUS_UPDATE.row(message))


def _services(_: Message, reply: HttpReply) -> a.LocalServices:
    rows = sorted(reply.json().items())
    return a.LocalServices(services=tuple(AGENT_SERVICE.shown(row, node="") for _, row in rows))


def _checks(_: Message, reply: HttpReply) -> a.LocalChecks:
    return a.LocalChecks(checks=tuple(CHECK.shown(row) for _, row in sorted(reply.json().items())))


def _described(_: Message, reply: HttpReply) -> a.AgentDescription:
    found = reply.json()
    config, stats = found["Config"], found["Stats"]
    counts = stats.get("agent", {})
    return a.AgentDescription(
        node=config["NodeName"],
        node_id=config["NodeID"],
        dc=config["Datacenter"],
        server=config["Server"],
        version=config["Version"],
        member=member_of(found["Member"]),
        known_servers=int(stats.get("consul", {}).get("known_servers", 0)),
        services=int(counts.get("services", 0)),
        checks=int(counts.get("checks", 0)),
        stats={name: value for name, value in counts.items() if name not in ("services", "checks")},
        meta=found["Meta"] or {},
    )


def member_of(row: Row) -> m.Member:
    """A member as Serf shows it: lanes and incarnation are not told."""
    return m.Member(
        name=row["Name"],
        dc=row["Tags"].get("dc", ""),
        address=row["Addr"],
        port=row["Port"],
        gossip="",
        rest="",
        tags=row["Tags"],
        status=_STATUS[row["Status"]],
    )


def _members(_: Message, reply: HttpReply) -> m.Members:
    found = sorted(map(member_of, reply.rows()), key=lambda member: member.name)
    return m.Members(members=tuple(found), alive=sum(member.status == "alive" for member in found))


def _wan(message: m.ListMembers | m.Join | m.ForceLeave) -> list[tuple[str, str]]:
    return [("wan", "1")] if message.wan else []


def _join(message: m.Join) -> HttpCall:
    if len(message.addresses) != 1:
        raise InvalidArgument("addresses: over HTTP an agent joins through one address at a time")
    return call(message, "PUT", "agent", "join", message.addresses[0], params=_wan(message))


def _force_leave(message: m.ForceLeave) -> HttpCall:
    params = _wan(message) + ([("prune", "")] if message.prune else [])
    return call(message, "PUT", "agent", "force-leave", message.node, params=params)


def _fire(message: m.FireEvent | FireEventElsewhere) -> HttpCall:
    event = message.event if isinstance(message, FireEventElsewhere) else message
    filters = {"node": event.node_filter, "service": event.service_filter, "tag": event.tag_filter}
    return call(message, "PUT", "event", "fire", event.name, params=given(filters).items(), body=event.payload)


_FIRE = Translation(_fire, lambda _, reply: m.EventFired(id=reply.json()["ID"]))


def _list_events(message: a.ListEvents) -> HttpCall:
    params = [*given({"name": message.name}).items(), *blocking(message.min_index, message.wait_ns)]
    return call(message, "GET", "event", "list", params=params)


def _events(_: Message, reply: HttpReply) -> a.Events:
    return a.Events(events=tuple(map(_event, reply.rows())), **reply.figures)


def _event(row: dict[str, Any]) -> m.UserEvent:
    return m.UserEvent(
        id=row["ID"],
        name=row["Name"],
        payload=b64decode(row["Payload"] or ""),
        node_filter=row["NodeFilter"],
        service_filter=row["ServiceFilter"],
        tag_filter=row["TagFilter"],
        ltime=row["LTime"],
    )


TRANSLATIONS: dict[type[Message], Translation] = {
    a.RegisterService: Translation(_register_service, _accepted),
    a.DeregisterService: Translation(lambda q: call(q, "PUT", "agent", "service", "deregister", q.id), _accepted),
    a.RegisterCheck: Translation(_register_check, _accepted),
    a.DeregisterCheck: Translation(lambda q: call(q, "PUT", "agent", "check", "deregister", q.id), _accepted),
    a.UpdateCheck: Translation(_update_check, _accepted),
    a.ListLocalServices: Translation(lambda q: call(q, "GET", "agent", "services"), _services),
    a.ListLocalChecks: Translation(lambda q: call(q, "GET", "agent", "checks"), _checks),
    a.DescribeAgent: Translation(lambda q: call(q, "GET", "agent", "self"), _described),
    a.LeaveCluster: Translation(lambda q: call(q, "PUT", "agent", "leave"), _accepted),
    a.ListEvents: Translation(_list_events, _events),
    m.ListMembers: Translation(lambda q: call(q, "GET", "agent", "members", params=_wan(q)), _members),
    m.Join: Translation(_join, lambda _, __: m.Joined(count=1)),
    m.ForceLeave: Translation(_force_leave, lambda _, __: m.ForcedOut()),
    m.FireEvent: _FIRE,
    FireEventElsewhere: _FIRE,
}
