"""/v1/agent/self: what this agent says of itself. It asks itself, then gossip, and on a server both pools and Raft."""

from __future__ import annotations

import platform
from collections import Counter
from typing import Any, NamedTuple, get_args

from lictor_actors.consul.structs.members import MEMBER
from lictor_actors.roles.api.question import HttpQuestion, json_answer
from lictor_actors.roles.api.request import HttpRequest
from lictor_messages.addresses import lane_url
from lictor_messages.agent import AgentDescription, DescribeAgent
from lictor_messages.durations import go_duration
from lictor_messages.members import ListMembers, Member, Members
from lictor_messages.refusals import Code
from lictor_messages.status import GetRaftConfiguration, RaftConfiguration
from lictor_messages.web import GatewayOptions, HttpAnswered

Stats = dict[str, dict[str, str]]
RUNTIME = {
    "arch": platform.machine(),
    "cpu_count": "1",
    "max_procs": "1",
    "os": platform.system().lower(),
    "version": f"python{platform.python_version()}",
}
ACTORS = 4
"""What runs side by side in a node, as goroutines do in Consul: prober, agent, checker, gateway, beside a server."""
SERF_ZEROS = (
    "coordinate_resets",
    "event_queue",
    "event_time",
    "intent_queue",
    "member_time",
    "query_queue",
    "query_time",
)
"""Serf's clocks and queues, which this gossip does not have."""
NO_XDS = {"SupportedProxies": {}, "Port": -1, "Ports": {"Plaintext": -1, "TLS": -1}}
RAFT_PROTOCOL = "3"
NEVER = (
    *("ACLEnableKeyListPolicy", "AutoEncryptTLS", "ConnectEnabled", "EnableLocalScriptChecks"),
    *("EnableRemoteScriptChecks", "ReadReplica"),
)
HIDDEN = "hidden"
SECRETS = {
    "ACLInitialManagementToken": HIDDEN,
    "ACLTokens": dict.fromkeys(
        ("ACLAgentRecoveryToken", "ACLAgentToken", "ACLDefaultToken", "ACLReplicationToken", "DNSToken"), HIDDEN
    ),
    "EncryptKey": HIDDEN,
}
"""Set or not, as in Consul: not even that is told."""
CLOSED = ("DNSPort", "GRPCPort", "GRPCTLSPort", "SerfPortWAN")


class Pools(NamedTuple):
    """Members of this datacenter's pool, and of that of all servers of all datacenters."""

    lan: tuple[Member, ...]
    wan: tuple[Member, ...] = ()
    key_id: str = ""
    """Of the key by which gossip of this datacenter is encrypted."""
    wan_key_id: str = ""


def about_self(request: HttpRequest) -> HttpQuestion:
    """Who this agent is and what it knows."""
    return HttpQuestion(DescribeAgent(), _described)


def _described(agent: AgentDescription, _: HttpRequest) -> HttpQuestion:
    def met(answer: Members, request: HttpRequest) -> HttpQuestion | HttpAnswered:
        return (
            _with_others(agent, answer)
            if agent.server
            else _self(agent, Pools(answer.members, key_id=answer.key_id), None, request)
        )

    return HttpQuestion(ListMembers(), met)


def _with_others(agent: AgentDescription, lan: Members) -> HttpQuestion:
    """The servers of all datacenters: none where this one is in no such pool."""

    def met(answer: Members, _: HttpRequest) -> HttpQuestion:
        return _with_raft(agent, Pools(lan.members, answer.members, lan.key_id, answer.key_id))

    return HttpQuestion(ListMembers(wan=True), met)


def _with_raft(agent: AgentDescription, members: Pools) -> HttpQuestion:
    """Without an answer from Raft the rest is said all the same: people look here when something is wrong."""

    def said(answer: RaftConfiguration, request: HttpRequest) -> HttpAnswered:
        return _self(agent, members, answer, request)

    def silent(request: HttpRequest) -> HttpAnswered:
        return _self(agent, members, None, request)

    return HttpQuestion(GetRaftConfiguration(consistency="stale"), said, final=dict.fromkeys(get_args(Code), silent))


def _self(
    agent: AgentDescription, members: Pools, raft: RaftConfiguration | None, request: HttpRequest
) -> HttpAnswered:
    body = {
        "Config": {
            "Datacenter": agent.dc,
            "PrimaryDatacenter": request.options.primary_dc or agent.dc,
            "NodeName": agent.node,
            "NodeID": agent.node_id,
            "Revision": "",
            "Server": agent.server,
            "Version": agent.version,
        },
        "DebugConfig": _debug(agent, request.options),
        "Coord": None,
        "Member": MEMBER.row(agent.member),
        "Stats": _stats(agent, members, raft, request.options),
        "Meta": dict(agent.meta),
        "xDS": NO_XDS,
    }
    return json_answer(body, request)


def _locks(options: GatewayOptions) -> dict[str, bool]:
    return {
        "ACLsEnabled": options.acl,
        "EncryptVerifyIncoming": options.encrypt_verify_incoming,
        "EncryptVerifyOutgoing": options.encrypt_verify_outgoing,
    }


def _debug(agent: AgentDescription, options: GatewayOptions) -> dict[str, Any]:
    """Of Consul's fields those that are settled here."""
    member = agent.member
    lan = lane_url(member.address, member.port)
    expect = int(member.tags.get("expect", "0"))
    port = int(member.tags.get("port", "-1"))
    return {
        **dict.fromkeys(NEVER, False),
        **dict.fromkeys(CLOSED, -1),
        **SECRETS,
        **_http(options),
        **_locks(options),
        "RetryJoinWAN": [],
        "SegmentName": "",
        "AdvertiseAddrLAN": member.address,
        "AdvertiseAddrWAN": member.address,
        "Bootstrap": expect == 1,
        "BootstrapExpect": expect,
        "Datacenter": agent.dc,
        "DefaultQueryTime": go_duration(options.default_query_time_ns),
        "DisableCoordinates": True,
        "DisableRemoteExec": True,
        "DiscoveryMaxStale": go_duration(options.discovery_max_stale_ns),
        "EnableDebug": options.enable_debug,
        "KVMaxValueSize": options.kv_max_value_size,
        "MaxQueryTime": go_duration(options.max_query_time_ns),
        "NodeID": agent.node_id,
        "NodeName": agent.node,
        "PrimaryDatacenter": options.primary_dc or agent.dc,
        "RPCAdvertiseAddr": lane_url(member.address, port),
        "RPCHoldTimeout": go_duration(options.rpc_hold_timeout_ns),
        "Revision": "",
        "SerfAdvertiseAddrLAN": lan,
        "SerfBindAddrLAN": lan,
        "SerfPortLAN": member.port,
        "ServerMode": agent.server,
        "ServerPort": port,
        "TxnMaxReqLen": options.txn_max_req_len,
        "Version": agent.version,
    }


def _http(options: GatewayOptions) -> dict[str, Any]:
    return {
        "HTTPAddrs": _urls(options.http_addr),
        "HTTPMaxConnsPerClient": options.max_conns_per_client,
        "HTTPResponseHeaders": dict(options.response_headers),
        "HTTPSAddrs": _urls(options.https_addr),
        "HTTPSPort": _port(options.https_addr),
    }


def _urls(places: str) -> list[str]:
    return [place if "://" in place else f"tcp://{place}" for place in places.split()]


def _port(places: str) -> int:
    """Of the first listener that has one, -1 if there is none."""
    return next((int(place.rpartition(":")[2]) for place in places.split() if "://" not in place), -1)


def _stats(agent: AgentDescription, members: Pools, raft: RaftConfiguration | None, options: GatewayOptions) -> Stats:
    acl = "enabled" if options.acl else "disabled"
    stats: Stats = {
        "agent": {"services": str(agent.services), "checks": str(agent.checks), **agent.stats},
        "build": {"prerelease": "", "revision": "", "version": agent.version, "version_metadata": ""},
        "consul": {"acl": acl, "known_servers": str(agent.known_servers), "server": _said(agent.server)},
        "runtime": RUNTIME | {"goroutines": str(ACTORS + agent.server)},
        "serf_lan": _serf(members.lan, members.key_id),
    }
    if agent.server:
        known = {agent.dc, *(member.dc for member in members.wan)}
        stats["consul"] |= {**_leadership(agent, raft), "known_datacenters": str(len(known))}
        stats["raft"] = _raft(agent, raft)
    if members.wan:
        stats["serf_wan"] = _serf(members.wan, members.wan_key_id)
    return stats


def _leadership(agent: AgentDescription, raft: RaftConfiguration | None) -> dict[str, str]:
    leader = next((server for server in raft.servers if server.leader), None) if raft is not None else None
    return {
        "bootstrap": _said(agent.member.tags.get("expect") == "1"),
        "leader": _said(leader is not None and leader.node == agent.node),
        "leader_addr": leader.address if leader is not None else "",
    }


def _raft(agent: AgentDescription, raft: RaftConfiguration | None) -> dict[str, str]:
    servers = raft.servers if raft is not None else ()
    mine = next((server for server in servers if server.node == agent.node), None)
    last, commit = (str(mine.last_index), str(mine.commit_index)) if mine is not None else ("0", "0")
    return {
        **_log(raft),
        "applied_index": commit,
        "commit_index": commit,
        "fsm_pending": "0",
        "last_contact": f"{raft.last_contact_ms}ms" if raft and raft.last_contact_ms else "0",
        "last_log_index": last,
        "latest_configuration": ", ".join(f"{server.id} {server.address}" for server in servers),
        "num_peers": str(sum(server.voter for server in servers if server is not mine)),
        "protocol_version": RAFT_PROTOCOL,
        "protocol_version_max": RAFT_PROTOCOL,
        "protocol_version_min": "0",
        "snapshot_version_max": "1",
        "snapshot_version_min": "0",
        "state": "Leader" if mine is not None and mine.leader else "Follower",
    }


def _log(raft: RaftConfiguration | None) -> dict[str, str]:
    return {
        "last_log_term": str(raft.last_term if raft else 0),
        "last_snapshot_index": str(raft.snapshot_index if raft else 0),
        "last_snapshot_term": str(raft.snapshot_term if raft else 0),
        "latest_configuration_index": str(raft.configuration_index if raft else 0),
        "term": str(raft.term if raft else 0),
    }


def _serf(members: tuple[Member, ...], key_id: str) -> dict[str, str]:
    count = Counter(member.status for member in members)
    return {
        **dict.fromkeys(SERF_ZEROS, "0"),
        "encrypted": _said(bool(key_id)),
        **({"encrypted_by": f"key {key_id}"} if key_id else {}),
        "failed": str(count["failed"]),
        "health_score": "0",
        "left": str(count["left"]),
        "members": str(len(members)),
    }


def _said(value: bool) -> str:
    return "true" if value else "false"
