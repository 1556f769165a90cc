from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from lictor_actors.consul.structs.members import tags_shown
from lictor_actors.hosts.world.jobs import MACHINE
from lictor_messages.agent import (
    Accepted,
    AgentDescription,
    CheckSpec,
    DeregisterCheck,
    DeregisterService,
    DescribeAgent,
    Events,
    LeaveCluster,
    ListEvents,
    ListLocalChecks,
    ListLocalServices,
    LocalChecks,
    LocalServices,
    RegisterCheck,
    RegisterService,
    SetMaintenance,
    UpdateCheck,
    WatchLocalService,
)
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import CheckRecord, Locality, ServicePort, ServiceRecord, Weights
from lictor_messages.jobs import JobFailed
from lictor_messages.machine import MachineRead
from lictor_messages.members import (
    EventFired,
    FireEvent,
    ForcedOut,
    ForceLeave,
    Join,
    Joined,
    ListMembers,
    ListSuspicions,
    Member,
    Members,
    Suspicions,
    SuspicionSeen,
    UserEvent,
)
from lictor_messages.pool import AskPool, PoolAnswer, PoolAnswered
from lictor_messages.refusals import Refused
from lictor_messages.reload import Reload
from lictor_messages.status import GetRaftConfiguration, RaftConfiguration, RaftServer
from lictor_messages.txn import Transact
from lictor_messages.web import LogTail

WEB = ServiceRecord(node="n1", id="web1", service="web", tags=("a",), port=80)
N1 = Member(
    name="n1",
    dc="dc1",
    address="10.0.0.1",
    port=8301,
    gossip="tcp://10.0.0.1:8301",
    rest="tcp://10.0.0.1:8300",
    tags=FrozenMap({"role": "consul", "dc": "dc1"}),
)
N2 = N1.model_copy(update={"name": "n2", "tags": FrozenMap({"role": "node"}), "status": "failed"})


def check(check_id, status, service_id="web1"):
    return CheckRecord(node="n1", check_id=check_id, name=check_id, status=status, service_id=service_id)


def test_self(desk):
    request = desk.http("GET", "/v1/agent/self")
    assert desk.upstream() == DescribeAgent()
    desk.answer(
        AgentDescription(
            node="n1", node_id="u", dc="dc1", server=True, version="1.22.0", member=N1, known_servers=3, services=1,
            checks=2, stats=FrozenMap({"check_ttls": "1"}),
        )
    )  # fmt: skip
    assert desk.upstream() == ListMembers()
    desk.answer(Members(members=(N1, N2)))
    assert desk.upstream() == ListMembers(wan=True)
    desk.answer(Members(members=(N1, N1.model_copy(update={"dc": "dc2"}))))
    assert desk.upstream() == GetRaftConfiguration(consistency="stale")
    mine = RaftServer(id="u", node="n1", address="10.0.0.1:8300", leader=True, last_index=9, commit_index=8)
    other = RaftServer(id="v", node="n3", address="10.0.0.3:8300", leader=False)
    desk.answer(RaftConfiguration(servers=(mine, other)))
    body = json.loads(desk.answers[request].body)
    assert {"Config", "DebugConfig", "Coord", "Member", "Stats", "Meta", "xDS"} == set(body)
    assert body["Config"]["NodeName"] == "n1"
    assert body["Config"]["Server"] is True
    assert body["DebugConfig"]["EncryptVerifyIncoming"] is body["DebugConfig"]["EncryptVerifyOutgoing"] is True
    assert body["DebugConfig"]["ACLsEnabled"] is False
    assert body["DebugConfig"]["SerfAdvertiseAddrLAN"] == "tcp://10.0.0.1:8301"
    assert body["DebugConfig"]["ACLTokens"]["ACLAgentToken"] == body["DebugConfig"]["EncryptKey"] == "hidden"
    assert body["Member"]["Status"] == 1
    stats = body["Stats"]
    assert {"agent", "build", "consul", "raft", "runtime", "serf_lan", "serf_wan"} == set(stats)
    assert stats["consul"] == {
        "acl": "disabled",
        "known_servers": "3",
        "server": "true",
        "bootstrap": "false",
        "known_datacenters": "2",
        "leader": "true",
        "leader_addr": "10.0.0.1:8300",
    }
    assert stats["agent"] == {"services": "1", "checks": "2", "check_ttls": "1"}
    raft = stats["raft"]
    assert (raft["state"], raft["num_peers"], raft["last_log_index"], raft["commit_index"]) == ("Leader", "1", "9", "8")
    assert (stats["serf_lan"]["members"], stats["serf_lan"]["failed"], stats["serf_wan"]["members"]) == ("2", "1", "2")
    assert all(isinstance(value, str) for part in stats.values() for value in part.values())


@pytest.mark.parametrize("code", ["NoLeader", "NotLeader", "NotReady", "TimedOut", "ActorCrashed"])
def test_self_is_told_without_raft_too(desk, code):
    request = desk.http("GET", "/v1/agent/self")
    desk.answer(
        AgentDescription(
            node="n1", node_id="u", dc="dc1", server=True, version="1", member=N1, known_servers=0, services=0, checks=0
        )
    )
    desk.answer(Members(members=(N1,)))
    desk.answer(Members(members=()))
    desk.answer(Refused(code=code))
    stats = json.loads(desk.answers[request].body)["Stats"]
    assert (stats["consul"]["leader"], stats["consul"]["leader_addr"], stats["raft"]["state"]) == (
        "false",
        "",
        "Follower",
    )


def test_a_client_says_nothing_of_raft(desk):
    request = desk.http("GET", "/v1/agent/self")
    desk.answer(
        AgentDescription(
            node="n1",
            node_id="u",
            dc="dc1",
            server=False,
            version="1",
            member=N2,
            known_servers=1,
            services=0,
            checks=0,
        )
    )
    desk.answer(Members(members=(N1, N2)))
    stats = json.loads(desk.answers[request].body)["Stats"]
    assert stats["consul"] == {"acl": "disabled", "known_servers": "1", "server": "false"}
    assert "raft" not in stats


def test_a_server_that_asks_for_tokens_says_so_in_gossip_and_the_rest_of_consuls_tags_stand_beside_it():
    assert tags_shown({"role": "consul", "acls": "1"})["acls"] == "1"
    assert tags_shown({"role": "consul"})["acls"] == "0"
    assert "acls" not in tags_shown({"role": "node"})


def test_members_in_serfs_shape(desk):
    request = desk.http("GET", "/v1/agent/members")
    desk.answer(Members(members=(N1, N2)))
    rows = json.loads(desk.answers[request].body)
    assert rows[0] == {
        "Name": "n1",
        "Addr": "10.0.0.1",
        "Port": 8301,
        "Tags": {
            "acls": "0",
            "dc": "dc1",
            "ft_fs": "1",
            "ft_si": "1",
            "raft_vsn": "3",
            "role": "consul",
            "segment": "",
            "vsn_max": "3",
            "vsn_min": "2",
        },
        "Status": 1,
        "ProtocolMin": 1,
        "ProtocolMax": 5,
        "ProtocolCur": 2,
        "DelegateMin": 2,
        "DelegateMax": 5,
        "DelegateCur": 4,
    }
    assert rows[1]["Status"] == 4
    for members, names in (((N1,), ["n1.dc1"]), ((), None)):
        request = desk.http("GET", "/v1/agent/members?wan=1")
        assert desk.asked[-1].body == ListMembers(wan=True)
        desk.answer(Members(members=members))
        rows = json.loads(desk.answers[request].body)
        assert (rows and [row["Name"] for row in rows]) == names


def test_who_suspected_whom(desk):
    request = desk.http("GET", "/v1/internal/lictor/suspicions")
    assert desk.upstream() == ListSuspicions()
    seen = SuspicionSeen(
        node="n2.dc1",
        incarnation=7,
        accuser="n1.dc1",
        confirmers=("n3.dc1",),
        wanted=2,
        began_ns=1_700_000_000_500_000_000,
        age_ns=1_500_000_000,
        lasts_ns=8_000_000_000,
        outcome="failed",
        by="n3.dc1",
    )
    desk.answer(Suspicions(suspicions=(seen,)))
    assert json.loads(desk.answers[request].body) == [
        {
            "Node": "n2",
            "Incarnation": 7,
            "Accuser": "n1",
            "Confirmers": ["n3"],
            "ConfirmationsWanted": 2,
            "BeganAt": 1_700_000_000.5,
            "Age": "1.5s",
            "LastsAtMost": "8s",
            "Outcome": "failed",
            "EndedBy": "n3",
        }
    ]


def test_the_pool_is_asked(desk):
    target = "/v1/internal/lictor/query/where?node=n2&tag=role=consul&acks&relay-factor=2&timeout=5s"
    request = desk.http("PUT", target, b"n9")
    assert desk.upstream() == AskPool(
        name="where",
        payload=b"n9",
        nodes=("n2.dc1",),
        tags=FrozenMap(role="consul"),
        acks=True,
        relay_factor=2,
        timeout_ns=5_000_000_000,
    )
    said = PoolAnswer(node="n2.dc1", payload=b"here")
    desk.answer(PoolAnswered(asked=("n2.dc1",), acks=("n2.dc1",), answers=(said,), deadline_ns=5_000_000_000))
    assert json.loads(desk.answers[request].body) == {
        "Asked": ["n2"],
        "Acks": ["n2"],
        "Answers": [{"Node": "n2", "Payload": "aGVyZQ=="}],
        "Deadline": "5s",
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("tag=role", "Invalid tag 'role': give NAME=PATTERN"),
        ("relay-factor=6", "Invalid relay-factor '6': give a number from 0 to 5"),
        ("timeout=soon", "Invalid timeout 'soon': give a duration like 5s"),
        ("timeout=2m", "Invalid timeout '2m': give at most 1m0s"),
        ("dc=dc2", "A query stays in its datacenter: ask an agent of dc2"),
    ],
)
def test_a_query_that_cannot_be_asked_is_refused_by_its_field(desk, wrong, words):
    request = desk.http("PUT", f"/v1/internal/lictor/query/where?{wrong}")
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (400, words)


def test_services_by_id_in_the_agents_shape(desk):
    request = desk.http("GET", "/v1/agent/services")
    assert desk.upstream() == ListLocalServices()
    desk.answer(LocalServices(services=(WEB,)))
    assert json.loads(desk.answers[request].body) == {
        "web1": {
            "ID": "web1",
            "Service": "web",
            "Tags": ["a"],
            "Meta": {},
            "Port": 80,
            "Address": "",
            "Weights": {"Passing": 1, "Warning": 1},
            "EnableTagOverride": False,
            "Datacenter": "dc1",
        }
    }


def test_an_agents_checks_have_no_definition(desk):
    request = desk.http("GET", "/v1/agent/checks")
    run = {"type": "http", "interval": "1s"}
    desk.answer(LocalChecks(checks=(check("a", "passing").model_copy(update=run),)))
    (row,) = json.loads(desk.answers[request].body).values()
    assert (row["Type"], row["Interval"], row["Timeout"], row["Definition"]) == ("http", "1s", "", {})


def test_services_and_checks_take_filters(desk):
    other = WEB.model_copy(update={"id": "db1", "service": "db"})
    request = desk.http("GET", "/v1/agent/services?filter=Service%20==%20db")
    desk.answer(LocalServices(services=(WEB, other)))
    assert list(json.loads(desk.answers[request].body)) == ["db1"]
    request = desk.http("GET", "/v1/agent/checks?filter=Status==critical")
    desk.answer(LocalChecks(checks=(check("a", "passing"), check("b", "critical"))))
    assert list(json.loads(desk.answers[request].body)) == ["b"]
    request = desk.http("GET", "/v1/agent/services?filter=Foo==db")
    desk.answer(LocalServices(services=(WEB,)))
    assert desk.answers[request].status == 500
    assert b'Selector "Foo" is not valid' in desk.answers[request].body


def test_one_service_has_a_content_hash_that_follows_its_content(desk, header):
    hashes = []
    for record in (WEB, WEB, WEB.model_copy(update={"port": 81})):
        request = desk.http("GET", "/v1/agent/service/web1")
        desk.answer(LocalServices(services=(record,)))
        answer = desk.answers[request]
        assert json.loads(answer.body)["ContentHash"] == header(answer, "X-Consul-ContentHash")
        hashes.append(header(answer, "X-Consul-ContentHash"))
    assert hashes[0] == hashes[1] != hashes[2]


def test_an_unknown_service_is_404(desk):
    request = desk.http("GET", "/v1/agent/service/zz")
    desk.answer(LocalServices(services=(WEB,)))
    assert (desk.answers[request].status, desk.answers[request].body) == (404, b"unknown service ID: zz")


def test_a_full_registration_of_a_service(desk, header):
    request = desk.http(
        "PUT",
        "/v1/agent/service/register?replace-existing-checks=true",
        {
            "name": "web",
            "ID": "web1",
            "Tags": ["a", "b"],
            "enable_tag_override": True,
            "Meta": {"v": "1"},
            "Port": 80,
            "Weights": {"Passing": 10, "Warning": 1},
            "Connect": None,
            "Check": {"HTTP": "http://x/", "interval": "10s", "deregister_critical_service_after": "90m"},
            "Checks": [{"TTL": "15.0s"}, {"TCP": "x:1", "Interval": 1_000_000_000}, {}],
        },
    )
    assert desk.upstream() == RegisterService(
        service=ServiceRecord(
            node="n1",
            id="web1",
            service="web",
            tags=("a", "b"),
            port=80,
            meta=FrozenMap({"v": "1"}),
            weights=Weights(passing=10, warning=1),
            enable_tag_override=True,
        ),
        checks=(
            CheckSpec(http="http://x/", interval_ns=10 * 10**9, deregister_critical_service_after_ns=5400 * 10**9),
            CheckSpec(ttl_ns=15 * 10**9),
            CheckSpec(tcp="x:1", interval_ns=10**9),
        ),
        replace_existing_checks=True,
    )
    desk.answer(Accepted())
    answer = desk.answers[request]
    assert (answer.status, answer.body, header(answer, "Content-Type")) == (200, b"", "")


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("service", {"Name": "w", "Foo": 1}, 400, 'Request decode failed: json: unknown field "Foo"'),
        ("service", {"Name": "w", "Check": {"Foo": 1}}, 400, 'Request decode failed: json: unknown field "Foo"'),
        ("service", b"{", 400, "Request decode failed: unexpected EOF"),
        (
            "service",
            {"Name": "w", "Check": {"TTL": "nope"}},
            400,
            'Request decode failed: time: invalid duration "nope"',
        ),
        (
            "service",
            {"Name": ["w"]},
            400,
            "Request decode failed: json: cannot unmarshal array into Go struct field ServiceDefinition.Name of type "
            "string",
        ),
        (
            "service",
            {"Name": "w", "Tags": "a"},
            400,
            "Request decode failed: json: cannot unmarshal string into Go struct field ServiceDefinition.Tags of type "
            "[]string",
        ),
        (
            "service",
            {"Name": "w", "Port": 10**30},
            400,
            f"Request decode failed: json: cannot unmarshal number {1e30} into Go struct field ServiceDefinition.Port "
            "of type int",
        ),
        (
            "check",
            {"Name": "c", "OSService": "x"},
            400,
            "Invalid check: Lictor does not run OSService checks: let Args run a program that looks",
        ),
    ],
)
def test_bad_registrations_get_consuls_words(desk, path, body, status, words):
    answer = desk.put(f"/v1/agent/{path}/register", body)
    assert (answer.status, answer.body.decode()) == (status, words)
    assert not desk.asked


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Args": "echo hi"}, "CheckDefinition.Args is a list, because no shell reads it"),
        ({"script_args": "echo hi"}, "CheckDefinition.ScriptArgs is a list, because no shell reads it"),
        ({"Script": "echo hi"}, 'json: unknown field "Script": use Args with a list'),
        ({"Args": [1]}, "json: cannot unmarshal number into Go struct field CheckDefinition.Args of type string"),
    ],
)
def test_a_line_of_shell_is_refused_with_the_reason(desk, given, words):
    answer = desk.put("/v1/agent/check/register", {"Name": "c", "Interval": "1s", **given})
    assert (answer.status, answer.body.decode()[: len(words) + 23]) == (400, f"Request decode failed: {words}")


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"Args": ["true", "x"]}, "args", ("true", "x")),
        ({"script_args": ["true"]}, "args", ("true",)),
        ({"UDP": "x:1"}, "udp", "x:1"),
        ({"grpc": "x:1/s", "grpc_use_tls": True}, "grpc_use_tls", True),
        ({"H2PING": "x:1"}, "h2ping_use_tls", True),
        ({"h2_ping": "x:1"}, "h2ping", "x:1"),
        ({"h2ping": "x:1", "h2ping_use_tls": False}, "h2ping_use_tls", False),
        ({"tcp": "x:1", "tcp_use_tls": True}, "tcp_use_tls", True),
        ({"alias_node": "n2", "alias_service": "db"}, "alias_service", "db"),
        ({"TCP": "x:1", "failures_before_warning": 2}, "failures_before_warning", 2),
    ],
)
def test_every_kind_of_check_is_asked_of_the_agent(desk, given, field, value):
    desk.http("PUT", "/v1/agent/check/register", {"Name": "c", **given})
    assert getattr(desk.upstream().check, field) == value


def test_a_reload_is_the_agents_and_says_what_is_wrong(desk):
    request = desk.http("PUT", "/v1/agent/reload")
    assert desk.upstream() == Reload()
    desk.answer(Refused(code="Invalid", text="services: web has no name"))
    assert (desk.answers[request].status, desk.answers[request].body) == (500, b"services: web has no name")


MESH_PATHS = pytest.mark.parametrize("path", ["/v1/agent/service/register", "/v1/catalog/register", "/v1/txn"])


def ask_for_service(desk, path, **parts):
    """Register an instance with these parts in one of three ways; returns the request."""
    service = {"Name" if "agent" in path else "Service": "w", **parts}
    body = {"Node": "n9", "Address": "a", "Service": service} if "catalog" in path else service
    body = [{"Service": {"Verb": "set", "Node": "n9", "Service": service}}] if "txn" in path else body
    return desk.http("PUT", path, json.dumps(body).encode())


def asked_service(desk):
    asked = desk.upstream()
    return asked.operations[0].service.service if isinstance(asked, Transact) else asked.service


@MESH_PATHS
@pytest.mark.parametrize("sidecar", [{}, {"Port": 1}])
def test_a_sidecar_is_refused_by_name(desk, path, sidecar):
    before = len(desk.asked)
    request = ask_for_service(desk, path, Connect={"SidecarService": sidecar})
    assert len(desk.asked) == before
    assert desk.answers[request].status == 400
    assert b"SidecarService needs the service mesh" in desk.answers[request].body


@MESH_PATHS
@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        ({"Connect": {"Native": True}}, {"connect_native": True}),
        ({"Connect": {"Native": False}}, {"connect_native": False}),
        ({"Connect": None, "Proxy": None, "Locality": None, "Ports": None}, {"proxy": "", "locality": None}),
        ({"Proxy": {"Mode": "", "MeshGateway": {"Mode": ""}, "Expose": {"Checks": False}}}, {"proxy": ""}),
        ({"Proxy": {"Upstreams": [{"DestinationName": "db"}]}}, {"proxy": '{"Upstreams":[{"DestinationName":"db"}]}'}),
        ({"Kind": "ingress-gateway"}, {"kind": "ingress-gateway"}),
        ({"Locality": {"Region": "r", "Zone": "z"}}, {"locality": Locality(region="r", zone="z")}),
        (
            {"Ports": [{"Name": "http", "Port": 80, "Default": True}, {"Name": "metrics", "Port": 90}]},
            {"ports": (ServicePort(name="http", port=80, default=True), ServicePort(name="metrics", port=90))},
        ),
    ],
)
def test_what_an_instance_says_of_itself_is_kept(desk, path, parts, kept):
    ask_for_service(desk, path, **parts)
    service = asked_service(desk)
    assert {name: getattr(service, name) for name in kept} == kept


@pytest.mark.parametrize("path", ["/v1/catalog/register", "/v1/txn"])
@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"Ports": [{"Name": " ", "Port": 80, "Default": True}]}, "Ports.Name cannot be empty"),
        ({"Ports": [{"Name": "a", "Default": True}]}, "Ports.Port must be non-zero"),
        (
            {"Ports": [{"Name": "a", "Port": 1, "Default": True}, {"Name": "a", "Port": 2}]},
            'Ports.Name "a" has to be unique',
        ),
        (
            {"Ports": [{"Name": "a", "Port": 1, "Default": True}, {"Name": "b", "Port": 2, "Default": True}]},
            "only one port can be marked as default",
        ),
        ({"Ports": [{"Name": "a", "Port": 1}]}, "one of the Ports must be marked as Default"),
        (
            {"Kind": "connect-proxy", "Port": 1},
            "1 error occurred:\n\t* Proxy.DestinationServiceName must be non-empty for Connect proxy services\n\n",
        ),
        (
            {"Kind": "connect-proxy", "Proxy": {"DestinationServiceName": "w"}, "Connect": {"Native": True}},
            "2 errors occurred:\n\t* Port or SocketPath must be set for a Connect proxy\n"
            "\t* A Proxy cannot also be Connect Native, only typical services\n\n",
        ),
    ],
)
def test_ports_and_proxies_that_cannot_be(desk, path, parts, words):
    request = ask_for_service(desk, path, **parts)
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (500, words)


@pytest.mark.parametrize("path", ["/v1/catalog/register", "/v1/txn"])
def test_the_catalog_takes_weights_that_cannot_be_for_none(desk, path):
    ask_for_service(desk, path, Weights={"Passing": 0, "Warning": 0})
    assert asked_service(desk).weights == Weights(passing=1, warning=1)


def test_those_who_know_of_one_port_see_the_default_one(desk):
    ask_for_service(desk, "/v1/catalog/register", Ports=[{"Name": "http", "Port": 80, "Default": True}])
    assert asked_service(desk).port == 80


@pytest.mark.parametrize(
    ("target", "body", "message"),
    [
        ("service/deregister/web/1", b"", DeregisterService(id="web/1")),
        ("check/deregister/service:web", b"", DeregisterCheck(id="service:web")),
        ("check/pass/c", b"", UpdateCheck(id="c", status="passing")),
        ("check/warn/c?note=so+so", b"", UpdateCheck(id="c", status="warning", output="so so")),
        ("check/fail/c?note=%3Cdown%3E", b"", UpdateCheck(id="c", status="critical", output="<down>")),
        (
            "check/update/c",
            b'{"status":"critical","Output":"o"}',
            UpdateCheck(id="c", status="critical", output="o"),
        ),
        (
            "check/register",
            b'{"Name":"c","id":"i","ServiceID":"s","TTL":"1s"}',
            RegisterCheck(check=CheckSpec(id="i", name="c", service_id="s", ttl_ns=10**9)),
        ),
        ("leave", b"", LeaveCluster()),
        ("force-leave/n9", b"", ForceLeave(node="n9")),
        ("force-leave/n9?prune", b"", ForceLeave(node="n9", prune=True)),
        ("join/10.0.0.9:8301", b"", Join(addresses=("10.0.0.9:8301",))),
    ],
)
def test_orders_to_the_agent_answer_with_nothing(desk, target, body, message):
    request = desk.http("PUT", f"/v1/agent/{target}", body)
    assert desk.upstream() == message
    desk.answer(Joined(count=1) if isinstance(message, Join) else ForcedOut())
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"")


def test_a_join_that_reaches_nobody_is_500_with_every_error(desk):
    request = desk.http("PUT", "/v1/agent/join/x")
    desk.answer(Joined(count=0, errors=("x: refused",)))
    answer = desk.answers[request]
    assert (answer.status, answer.body) == (500, b"1 error occurred:\n\t* Failed to join x: refused\n\n")


@pytest.mark.parametrize(
    ("target", "wish"),
    [
        ("maintenance?enable=true&reason=disk", SetMaintenance(enable=True, reason="disk")),
        ("maintenance?enable=false", SetMaintenance(enable=False)),
        ("service/maintenance/a/b?enable=1", SetMaintenance(enable=True, service_id="a/b")),
    ],
)
def test_maintenance(desk, target, wish):
    request = desk.http("PUT", f"/v1/agent/{target}")
    assert desk.upstream() == wish
    desk.answer(Accepted())
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"")


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("maintenance", b"Missing value for enable"),
        ("maintenance?enable=", b'Invalid value for enable: ""'),
        ("service/maintenance/web1?enable=maybe", b'Invalid value for enable: "maybe"'),
        ("service/maintenance/?enable=true", b"Missing service ID"),
    ],
)
def test_maintenance_that_cannot_be_meant(desk, target, text):
    answer = desk.put(f"/v1/agent/{target}")
    assert (answer.status, answer.body) == (400, text)


@pytest.mark.parametrize(("check_id", "service_id"), [("_node_maintenance", ""), ("_service_maintenance:web1", "web1")])
def test_a_service_in_maintenance_is_neither_passing_nor_just_critical(desk, check_id, service_id):
    request = desk.http("GET", "/v1/agent/health/service/id/web1?format=text")
    desk.answer(LocalServices(services=(WEB,)))
    desk.answer(LocalChecks(checks=(check("c", "critical"), check(check_id, "critical", service_id))))
    assert (desk.answers[request].status, desk.answers[request].body) == (503, b"maintenance")


def test_force_leave_of_a_stranger(desk):
    request = desk.http("PUT", "/v1/agent/force-leave/zz")
    desk.answer(Refused(code="NotFound"))
    answer = desk.answers[request]
    assert (answer.status, answer.body) == (500, b"agent: No node found with name 'zz'")


def test_a_slow_leave_has_time(desk):
    request = desk.http("PUT", "/v1/agent/leave")
    desk.pass_time(20)
    desk.answer(Accepted())
    assert desk.answers[request].status == 200


def test_a_bad_status_is_400(desk):
    answer = desk.put("/v1/agent/check/update/c", {"Status": "fine"})
    assert (answer.status, answer.body) == (400, b"Invalid check status: 'fine'")


# -- /v1/agent/health ----------------------------------------------------------


def ask_health(desk, target, services, checks):
    request = desk.http("GET", target)
    assert desk.upstream() == ListLocalServices()
    desk.answer(LocalServices(services=services))
    assert desk.upstream() == ListLocalChecks()
    desk.answer(LocalChecks(checks=checks))
    return desk.answers[request]


@pytest.mark.parametrize(
    ("checks", "status", "word"),
    [
        ((), 200, "passing"),
        ((check("a", "passing"),), 200, "passing"),
        ((check("a", "passing"), check("b", "warning")), 429, "warning"),
        ((check("a", "warning"), check("n", "critical", "")), 503, "critical"),
        ((check("a", "passing"), check("o", "critical", "other")), 200, "passing"),
    ],
)
def test_health_of_a_local_service_is_a_status_code(desk, header, checks, status, word):
    for target in ("name/web", "id/web1"):
        answer = ask_health(desk, f"/v1/agent/health/service/{target}", (WEB,), checks)
        assert (answer.status, header(answer, "X-Consul-Reason")) == (status, word)
        text = ask_health(desk, f"/v1/agent/health/service/{target}?format=text", (WEB,), checks)
        assert (text.status, text.body.decode()) == (status, word)
    assert json.loads(answer.body)["AggregatedStatus"] == word


def test_health_of_an_unknown_service_is_404(desk, header):
    answer = ask_health(desk, "/v1/agent/health/service/name/zz", (WEB,), ())
    assert (answer.status, answer.body) == (404, b"[]")
    assert header(answer, "X-Consul-Reason") == "ServiceName zz Not Found"


def test_health_without_a_name_is_500(desk):
    answer = desk.get("/v1/agent/health/service/name/")
    assert (answer.status, answer.body) == (500, b"Bad request: Missing service Name")


# -- events ----------------------------------------------------------------------


def test_an_event_is_fired_with_a_fresh_uuid(desk):
    ids = []
    for _ in range(2):
        request = desk.http("PUT", "/v1/event/fire/deploy?node=n.*&service=web&tag=a", b"v2")
        fired = desk.upstream()
        assert isinstance(fired, FireEvent)
        assert fired.model_copy(update={"id": ""}) == FireEvent(
            id="", name="deploy", payload=b"v2", node_filter="n.*", service_filter="web", tag_filter="a"
        )
        desk.answer(EventFired(id=fired.id))
        assert json.loads(desk.answers[request].body) == {
            "ID": fired.id,
            "Name": "deploy",
            "Payload": "djI=",
            "NodeFilter": "n.*",
            "ServiceFilter": "web",
            "TagFilter": "a",
            "Version": 1,
            "LTime": 0,
        }
        ids.append(fired.id)
    assert ids[0] != ids[1]
    assert all(len(i) == 36 and i[14] == "4" and i[19] in "89ab" for i in ids)


@pytest.mark.parametrize(
    ("target", "body", "status", "words"),
    [
        ("/v1/event/fire/", b"", 400, "Missing name"),
        (
            "/v1/event/fire/e",
            bytes(512),
            500,
            "error broadcasting event: user event exceeds configured limit of 512 bytes before encoding",
        ),
    ],
)
def test_bad_events(desk, target, body, status, words):
    answer = desk.put(target, body)
    assert (answer.status, answer.body.decode()) == (status, words)


def test_the_event_list_carries_its_index_and_blocks(desk, header):
    request = desk.http("GET", "/v1/event/list?name=deploy&index=18446744073709551615&wait=60s")
    assert desk.upstream() == ListEvents(name="deploy", min_index=2**64 - 1, wait_ns=60 * 10**9)
    desk.pass_time(62)
    assert request not in desk.answers
    desk.answer(Events(index=77, events=(UserEvent(id="u", name="deploy", ltime=4),)))
    answer = desk.answers[request]
    assert header(answer, "X-Consul-Index") == "77"
    assert not header(answer, "X-Consul-KnownLeader")
    row = json.loads(answer.body)[0]
    assert (row["LTime"], row["Payload"]) == (4, None)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", ListLocalServices()),
        ("?hash=", ListLocalServices()),
        ("?wait=1s", ListLocalServices()),
        ("?index=5&wait=1s", ListLocalServices()),
        ("?hash=ab", WatchLocalService(id="web1", hash="ab", wait_ns=300 * 10**9)),
        ("?hash=ab&wait=3s", WatchLocalService(id="web1", hash="ab", wait_ns=3 * 10**9)),
        ("?hash=ab&wait=1ms", WatchLocalService(id="web1", hash="ab", wait_ns=10**6)),
        ("?hash=ab&wait=0s", WatchLocalService(id="web1", hash="ab", wait_ns=300 * 10**9)),
        ("?hash=ab&wait=20m", WatchLocalService(id="web1", hash="ab", wait_ns=600 * 10**9)),
        ("?hash=a%2Fb&wait=1s", WatchLocalService(id="web1", hash="a/b", wait_ns=10**9)),
    ],
)
def test_a_service_is_waited_for_by_its_hash(desk, query, asked):
    desk.http("GET", f"/v1/agent/service/web1{query}")
    assert desk.upstream() == asked


@pytest.mark.parametrize("query", ["?hash=ab&wait=x", "?wait=5", "?hash=ab&wait=1d"])
def test_a_wait_that_is_none_is_refused(desk, query):
    answer = desk.get(f"/v1/agent/service/web1{query}")
    assert (answer.status, answer.body) == (400, b"Invalid wait time")


def filtered_members(desk, expression):
    request = desk.http("GET", f"/v1/agent/members?filter={quote(expression)}")
    desk.answer(Members(members=(N1, N2)))
    return desk.answers[request]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("Name == n2", ["n2"]),
        ("Status == 1", ["n1"]),
        ("Tags.role == consul", ["n1"]),
        ("Tags.vsn_max == 3", ["n1", "n2"]),
        ('Port == 8301 and Addr != "10.0.0.1"', []),
        ("ProtocolCur == 2", ["n1", "n2"]),
    ],
)
def test_members_are_chosen_by_what_is_shown_of_them(desk, expression, names):
    assert [row["Name"] for row in json.loads(filtered_members(desk, expression).body)] == names


def test_members_cannot_be_chosen_by_what_is_not_shown(desk):
    refused = filtered_members(desk, "Incarnation == 1")
    assert (refused.status, b'Selector "Incarnation" is not valid' in refused.body) == (500, True)


def test_members_of_all_datacenters_are_chosen_by_their_names_there(desk):
    request = desk.http("GET", "/v1/agent/members?wan=1&filter=Name==`n1.dc1`")
    desk.answer(Members(members=(N1, N2)))
    assert [row["Name"] for row in json.loads(desk.answers[request].body)] == ["n1.dc1"]


def test_the_machine_is_described_in_gopsutils_words(desk):
    request = desk.http("GET", "/v1/agent/host")
    job = desk.jobs.pop()
    assert request not in desk.answers
    desk.take(MachineRead(ticket=job.ticket, description=MACHINE), None)
    said = json.loads(desk.answers[request].body)
    assert said.keys() == {"Memory", "CPU", "Host", "Disk", "CollectionTime", "Errors"}
    assert said["Memory"]["usedPercent"] == 50.0
    assert said["CPU"] == [{"cpu": 0, "modelName": "simulated", "mhz": 0.0}]


def test_a_machine_that_cannot_be_read_is_told(desk):
    request = desk.http("GET", "/v1/agent/host")
    desk.take(JobFailed(ticket=desk.jobs.pop().ticket, error="no /proc"), None)
    assert desk.answers[request].status == 500
    assert desk.answers[request].body == b"the machine could not be read: no /proc"


def test_a_client_that_hangs_up_does_not_lose_the_machine_of_another(desk):
    first, second = desk.http("GET", "/v1/agent/host"), desk.http("GET", "/v1/agent/host")
    desk.gone(first)
    for job in list(desk.jobs):
        desk.take(MachineRead(ticket=job.ticket, description=MACHINE), None)
    assert first not in desk.answers
    assert desk.answers[second].status == 200


@pytest.mark.parametrize(
    ("query", "tail"),
    [
        ("", LogTail(level="INFO")),
        ("?loglevel=trace", LogTail(level="TRACE")),
        ("?loglevel=Err&logjson", LogTail(level="ERROR", json_lines=True)),
    ],
)
def test_the_log_is_followed_from_a_level_on(desk, query, tail):
    assert desk.get(f"/v1/agent/monitor{query}").log == tail


def test_a_log_level_that_does_not_exist_is_refused(desk):
    refused = desk.get("/v1/agent/monitor?loglevel=loud")
    assert (refused.status, refused.body) == (400, b"Bad request: Unknown log level: loud")
