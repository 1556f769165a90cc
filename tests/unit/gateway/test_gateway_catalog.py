from __future__ import annotations

import pytest

from lictor_messages.answers import Rendered, Written
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import (
    CheckDefinition,
    CheckRecord,
    Deregister,
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceChecks,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Register,
    ServiceRecord,
    TaggedAddress,
    Weights,
)
from lictor_messages.members import ListMembers, Member, Members
from lictor_messages.refusals import Refused
from lictor_messages.status import (
    Datacenters,
    GetLeader,
    Leader,
    Peers,
    RaftConfiguration,
    RaftServer,
)

R = {"rendered": True}


@pytest.mark.parametrize(
    "path",
    ["catalog/datacenters", "catalog/services", "catalog/service/web", "catalog/node-services/n", "health/service/web"],
)
def test_what_consul_has_a_cache_for_is_answered_afresh_and_says_so(desk, header, path):
    answer = Datacenters(names=("dc1",)) if path.endswith("datacenters") else Rendered(body=b"[]", index=7)
    for query, told in (("?cached", "MISS"), ("", "")):
        request = desk.http("GET", f"/v1/{path}{query}")
        desk.answer(answer)
        assert header(desk.answers[request], "X-Cache") == told


@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("/v1/catalog/nodes", ListNodes(**R)),
        ("/v1/catalog/nodes?near=_agent&filter=Node==n1", ListNodes(filter="Node==n1", near="n1", **R)),
        (
            "/v1/catalog/nodes?node-meta=a:1&node-meta=b:x:y&node-meta=c",
            ListNodes(node_meta=(("a", "1"), ("b", "x:y"), ("c", "")), **R),
        ),
        ("/v1/catalog/services", ListServices(**R)),
        ("/v1/catalog/service/web?tag=a&tag=b", ListServiceNodes(service="web", tags=("a", "b"), **R)),
        ("/v1/catalog/node/n1", ListNodeServices(node="n1", **R)),
        ("/v1/catalog/node-services/n1", ListNodeServices(node="n1", as_list=True, **R)),
        ("/v1/health/node/n1?stale", ListNodeChecks(node="n1", consistency="stale", **R)),
        ("/v1/health/checks/web", ListServiceChecks(service="web", **R)),
        ("/v1/health/state/any", ListChecksInState(state="any", **R)),
        ("/v1/health/service/web", ListServiceHealth(service="web", **R)),
        ("/v1/health/service/web?passing", ListServiceHealth(service="web", passing=True, **R)),
        ("/v1/health/service/web?passing=1", ListServiceHealth(service="web", passing=True, **R)),
        ("/v1/health/service/web?passing=false", ListServiceHealth(service="web", **R)),
    ],
)
def test_reads_become_queries(desk, target, query):
    request = desk.http("GET", target)
    assert desk.upstream() == query
    desk.answer(Rendered(index=4, body=b"[]"))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"[]")


@pytest.mark.parametrize(
    ("target", "query"),
    [
        (
            "/v1/catalog/gateway-services/web?stale",
            ListServiceNodes(service="web", connect=True, consistency="stale", **R),
        ),
        ("/v1/health/ingress/web?near=n2", ListServiceHealth(service="web", connect=True, near="n2", **R)),
    ],
)
def test_nothing_stands_behind_gateways_even_where_there_is_such_a_service(desk, header, target, query):
    request = desk.http("GET", target)
    assert desk.upstream() == query
    desk.answer(Rendered(index=4, body=b'[{"ServiceName":"web"}]'))
    answer = desk.answers[request]
    assert (answer.status, answer.body, header(answer, "X-Consul-Index")) == (200, b"[]", "4")


@pytest.mark.parametrize("target", ["/v1/catalog/gateway-services/web", "/v1/health/ingress/web"])
def test_what_stands_behind_gateways_is_refused_without_rights(desk, target):
    request = desk.http("GET", target)
    desk.answer(Refused(code="PermissionDenied", text="Permission denied"))
    assert desk.answers[request].status == 403


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/v1/catalog/nodes", "leader"),
        ("/v1/catalog/nodes?stale", "stale"),
        ("/v1/health/state/any?consistent", "consistent"),
        ("/v1/health/service/web", ""),
        ("/v1/kv/x", ""),
    ],
)
def test_which_answers_say_how_consistent_they_are(desk, header, target, said):
    request = desk.http("GET", target)
    desk.answer(Rendered(index=4, body=b"[]"))
    assert header(desk.answers[request], "X-Consul-Effective-Consistency") == said


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("/v1/catalog/service/", 400, "Missing service name"),
        ("/v1/catalog/node/", 400, "Missing node name"),
        ("/v1/catalog/gateway-services/", 400, "Missing gateway name"),
        ("/v1/health/ingress/", 400, "Missing service name"),
        ("/v1/health/service/web?passing=maybe", 400, "Invalid value for ?passing"),
        ("/v1/catalog/nodes?index=x", 400, "Invalid index"),
    ],
)
def test_bad_reads_get_consuls_words(desk, target, status, words):
    answer = desk.get(target)
    assert (answer.status, answer.body.decode()) == (status, words)


def test_a_full_registration(desk):
    request = desk.http(
        "PUT",
        "/v1/catalog/register",
        {
            "Datacenter": "dc1",
            "Node": "db1",
            "address": "10.0.0.1",
            "ID": "40e4a748-2192-161a-0510-9bf59fe950b5",
            "NodeMeta": {"rack": "r1"},
            "TaggedAddresses": {"lan": "10.0.0.1"},
            "SkipNodeUpdate": True,
            "Service": {
                "ID": "pg1",
                "Service": "pg",
                "Tags": ["primary"],
                "Port": 5432,
                "Weights": {"Passing": 3, "Warning": 0},
                "TaggedAddresses": {"wan": {"Address": "1.2.3.4", "Port": 1}},
            },
            "Check": {
                "CheckID": "up",
                "Name": "is up",
                "Status": "passing",
                "ServiceID": "pg1",
                "Definition": {"TCP": "10.0.0.1:5432", "Interval": "5s", "Timeout": 1_000_000_000},
            },
        },
    )
    assert desk.upstream() == Register(
        node=NodeRecord(
            node="db1",
            address="10.0.0.1",
            id="40e4a748-2192-161a-0510-9bf59fe950b5",
            tagged_addresses=FrozenMap({"lan": "10.0.0.1"}),
            meta=FrozenMap({"rack": "r1"}),
        ),
        skip_node_update=True,
        service=ServiceRecord(
            node="db1",
            id="pg1",
            service="pg",
            tags=("primary",),
            port=5432,
            weights=Weights(passing=3, warning=0),
            tagged_addresses=(TaggedAddress(name="wan", address="1.2.3.4", port=1),),
        ),
        checks=(
            CheckRecord(
                node="",
                check_id="up",
                name="is up",
                status="passing",
                service_id="pg1",
                type="tcp",
                definition=CheckDefinition(tcp="10.0.0.1:5432", interval_ns=5 * 10**9, timeout_ns=10**9),
            ),
        ),
    )
    desk.answer(Written())
    desk.answer(Members(members=()))
    assert desk.answers[request].body == b"true"


def member(status: str) -> Member:
    return Member(name="db1", dc="dc1", address="a", port=1, gossip="g", rest="r", status=status)


@pytest.mark.parametrize(
    ("members", "warned"),
    [((), False), ((member("left"),), False), ((member("failed"),), False), ((member("alive"),), True)],
)
@pytest.mark.parametrize("what", ["register", "deregister"])
def test_a_write_that_a_living_agent_will_undo_says_so(desk, header, what, members, warned):
    request = desk.http("PUT", f"/v1/catalog/{what}", {"Node": "db1", "Address": "a"})
    desk.answer(Written())
    assert desk.upstream() == ListMembers(name="db1")
    desk.answer(Members(members=members))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"true")
    assert header(desk.answers[request], "X-Lictor-Will-Be-Undone").startswith("the agent of db1" if warned else "")
    assert bool(header(desk.answers[request], "X-Lictor-Will-Be-Undone")) == warned


def test_a_write_was_done_also_where_its_owner_cannot_be_asked_for(desk):
    request = desk.http("PUT", "/v1/catalog/deregister", {"Node": "db1"})
    desk.answer(Written())
    desk.answer(Refused(code="UnknownRequest"))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"true")


@pytest.mark.parametrize(
    ("check", "kind"),
    [
        ({"Definition": {"TCP": "a:1"}}, "tcp"),
        ({"Definition": {"HTTP": "http://a/"}}, "http"),
        ({"Definition": {"HTTP": "http://a/", "TCP": "a:1"}}, "http"),
        ({"Definition": {"Interval": "1s"}}, ""),
        ({"Definition": {}}, ""),
        ({"Definition": None}, ""),
        ({}, ""),
        ({"Type": "ttl"}, "ttl"),
        ({"Type": "", "Definition": {"TCP": "a:1"}}, "tcp"),
        ({"Definition": {"UDP": "a:1"}}, "udp"),
        ({"Definition": {"GRPC": "a:1/s"}}, "grpc"),
        ({"Definition": {"H2PING": "a:1"}}, "h2ping"),
        ({"Definition": {"AliasService": "web"}}, "alias"),
        ({"Type": "mine", "Definition": {"TCP": "a:1"}}, "mine"),
    ],
)
def test_the_type_of_a_check_follows_from_its_definition(desk, check, kind):
    desk.http("PUT", "/v1/catalog/register", {"Node": "n9", "Address": "a", "Check": {"CheckID": "c", **check}})
    assert desk.upstream().checks[0].type == kind


def test_deregistration(desk):
    desk.http("PUT", "/v1/catalog/deregister", {"Node": "db1", "ServiceID": "pg1"})
    assert desk.upstream() == Deregister(node="db1", service_id="pg1")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "Request decode failed: EOF"),
        (b'{"Node":', 400, "Request decode failed: unexpected EOF"),
        (b'{"Node":"x', 400, "Request decode failed: unexpected EOF"),
        (b"nope", 400, "Request decode failed: invalid character 'o' in literal null (expecting 'u')"),
        (b"{Node:1}", 400, "Request decode failed: invalid character 'N' looking for beginning of object key string"),
        (b'{"Foo":1}', 400, 'Request decode failed: json: unknown field "Foo"'),
        (b'{"Service":{"Foo":1}}', 400, 'Request decode failed: json: unknown field "Foo"'),
        (
            b'{"Node":1}',
            400,
            "Request decode failed: json: cannot unmarshal number into Go struct field RegisterRequest.Node of type "
            "string",
        ),
        (
            b'{"Service":{"Port":"80"}}',
            400,
            "Request decode failed: json: cannot unmarshal string into Go struct field NodeService.Port of type int",
        ),
        (
            b'{"Service":{"Port":80.5}}',
            400,
            "Request decode failed: json: cannot unmarshal number 80.5 into Go struct field NodeService.Port of type "
            "int",
        ),
        (b"[]", 400, "Request decode failed: json: cannot unmarshal array into Go value of type RegisterRequest"),
        (b"[" * 100_000, 400, "Request decode failed: json: exceeded max depth"),
        (b'{"Check":{"Status":"so-so"}}', 400, "Bad check status"),
    ],
)
def test_bad_bodies_get_gos_words(desk, body, status, words):
    answer = desk.put("/v1/catalog/register", body)
    assert (answer.status, answer.body.decode()) == (status, words)


def test_half_a_surrogate_pair_becomes_the_replacement_character(desk):
    desk.http("PUT", "/v1/catalog/register", b'{"Node":"a\\ud800"}')
    message = desk.upstream()
    assert isinstance(message, Register)
    assert message.node.node == "a\ufffd"


def test_data_after_the_first_value_is_ignored(desk):
    desk.http("PUT", "/v1/catalog/deregister", b'{"Node":"a"} and more')
    assert desk.upstream() == Deregister(node="a")


# -- status and operator -------------------------------------------------------


def test_status_has_no_headers_of_a_query(desk, header):
    request = desk.http("GET", "/v1/status/leader")
    desk.answer(Leader(index=9, node="n1.dc1", address="10.0.0.1:8300"))
    assert desk.answers[request].body == b'"10.0.0.1:8300"'
    assert not header(desk.answers[request], "X-Consul-Index")


def test_without_a_leader_its_address_is_empty_at_once(desk):
    request = desk.http("GET", "/v1/status/leader")
    assert desk.upstream() == GetLeader(consistency="stale")
    desk.answer(Refused(code="NoLeader"))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b'""')


def test_peers_and_datacenters_are_lists(desk):
    request = desk.http("GET", "/v1/status/peers")
    desk.answer(Peers(addresses=("10.0.0.1:8300", "10.0.0.2:8300")))
    assert desk.answers[request].body == b'["10.0.0.1:8300","10.0.0.2:8300"]'
    request = desk.http("GET", "/v1/catalog/datacenters")
    desk.answer(Datacenters(names=("dc1",)))
    assert desk.answers[request].body == b'["dc1"]'


def test_the_raft_configuration(desk):
    request = desk.http("GET", "/v1/operator/raft/configuration")
    server = RaftServer(id="u", node="n1", address="10.0.0.1:8300", leader=True, last_index=12, commit_index=11)
    desk.answer(RaftConfiguration(index=3, servers=(server,)))
    assert desk.answers[request].body == (
        b'{"Servers":[{"ID":"u","Node":"n1","Address":"10.0.0.1:8300","Leader":true,"ProtocolVersion":"3",'
        b'"Voter":true,"LastIndex":12,"CommitIndex":11}],"Index":0}'
    )


@pytest.mark.parametrize("target", ["register", "deregister", "register?dc=dc1", "deregister?dc=dc1"])
def test_a_body_says_for_which_datacenter_it_is(desk, target):
    desk.http("PUT", f"/v1/catalog/{target}", b'{"Datacenter":"dc2","Node":"x","Address":"10.0.0.1"}')
    assert desk.asked[-1].body.dc == "dc2"
    if target.startswith("register"):
        assert desk.asked[-1].body.node.datacenter == "dc2"
