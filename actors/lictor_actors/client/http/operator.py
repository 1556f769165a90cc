"""What operators ask and change, over HTTP: Consul's /v1/operator."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpCall, HttpReply, Row, Translation, call, given, written
from lictor_actors.client.http_only import ChangeKeyrings
from lictor_actors.consul.go_times import parse_go_time
from lictor_actors.consul.structs.operator import AUTOPILOT
from lictor_messages import autopilot as a
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.durations import parse_go_duration
from lictor_messages.keyring import KeyringReport, RunKeyring
from lictor_messages.usage import CountUsage, Usage

UNHEALTHY = 429
_METHODS = {"install": "POST", "use": "PUT", "remove": "DELETE"}
MESH_INSTANCES = "ConnectServiceInstances"


def _done(_: Message, __: HttpReply) -> Written:
    return Written()


def _remove_peer(command: a.RemovePeer) -> HttpCall:
    which = given({"id": command.id, "address": command.address})
    return call(command, "DELETE", "operator", "raft", "peer", params=which.items())


def _transfer(command: a.TransferLeadership) -> HttpCall:
    return call(command, "POST", "operator", "raft", "transfer-leader", params=given({"id": command.id}).items())


# -- autopilot --------------------------------------------------------------------


def _configured(_: Message, reply: HttpReply) -> a.AutopilotConfigured:
    return a.AutopilotConfigured(configuration=AUTOPILOT.shown(reply.json()))


def _configure(command: a.SetAutopilotConfiguration) -> HttpCall:
    params = [("cas", str(command.cas))] if command.cas is not None else []
    row = AUTOPILOT.row(command.configuration)
    return call(command, "PUT", "operator", "autopilot", "configuration", params=params, body=row)


def _health(_: Message, reply: HttpReply) -> a.AutopilotHealth:
    found = reply.json()
    return a.AutopilotHealth(
        healthy=found["Healthy"],
        failure_tolerance=found["FailureTolerance"],
        servers=tuple(map(_server, found["Servers"] or ())),
    )


def _server(row: Row) -> a.ServerHealth:
    """Its name in the Raft configuration, and how far it has committed, are not told."""
    return a.ServerHealth(
        node="",
        id=row["ID"],
        name=row["Name"],
        address=row["Address"],
        version=row["Version"],
        status=row["SerfStatus"],
        leader=row["Leader"],
        voter=row["Voter"],
        healthy=row["Healthy"],
        last_contact_ns=parse_go_duration(row["LastContact"]),
        last_term=row["LastTerm"],
        last_index=row["LastIndex"],
        stable_since_ns=parse_go_time(row["StableSince"]),
    )


# -- gossip keys, usage -----------------------------------------------------------


def _relayed(message: RunKeyring | ChangeKeyrings) -> list[tuple[str, str]]:
    return [("relay-factor", str(message.relay_factor))] if message.relay_factor else []


def _list_keys(query: RunKeyring) -> HttpCall:
    return call(query, "GET", "operator", "keyring", params=[("local-only", "true"), *_relayed(query)])


def _keys(_: Message, reply: HttpReply) -> KeyringReport:
    row = reply.json()[0]
    return KeyringReport(
        dc=row["Datacenter"],
        nodes=row["NumNodes"],
        messages=row.get("Messages") or {},
        keys=row["Keys"] or {},
        primary_keys=row["PrimaryKeys"] or {},
    )


def _change_keys(message: ChangeKeyrings) -> HttpCall:
    body = {"Key": message.key}
    return call(message, _METHODS[message.verb], "operator", "keyring", params=_relayed(message), body=body)


def _usage(_: Message, reply: HttpReply) -> Usage:
    (counts,) = reply.json()["Usage"].values()
    mesh = sorted((counts.get(MESH_INSTANCES) or {}).items())
    return Usage(
        nodes=counts["Nodes"],
        services=counts["Services"],
        service_instances=counts["ServiceInstances"],
        billable_service_instances=counts.get("BillableServiceInstances", 0),
        mesh_instances=tuple((kind, count) for kind, count in mesh if count),
        **reply.figures,
    )


TRANSLATIONS: dict[type[Message], Translation] = {
    a.RemovePeer: Translation(_remove_peer, _done),
    a.TransferLeadership: Translation(_transfer, _done),
    a.GetAutopilotConfiguration: Translation(
        lambda q: call(q, "GET", "operator", "autopilot", "configuration"), _configured
    ),
    a.SetAutopilotConfiguration: Translation(_configure, written),
    a.GetAutopilotHealth: Translation(
        lambda q: call(q, "GET", "operator", "autopilot", "health"), _health, also=(UNHEALTHY,)
    ),
    RunKeyring: Translation(_list_keys, _keys),
    ChangeKeyrings: Translation(_change_keys, _done),
    CountUsage: Translation(lambda q: call(q, "GET", "operator", "usage"), _usage),
}
