"""Golden JSON: the bytes of a node, a service, a check and a key as Consul writes them."""

from __future__ import annotations

import orjson

from lictor_actors.consul.json_rows import check_json
from lictor_actors.store.render import render, to_json
from lictor_messages.catalog import (
    CheckDefinition,
    CheckRecord,
    Checks,
    Instance,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Nodes,
    NodeServices,
    Placement,
    ServiceHealth,
    ServiceNodes,
    ServiceRecord,
    Services,
    ServiceTags,
    TaggedAddress,
    Weights,
)
from lictor_messages.kv import Entries, Entry, GetKey, KeyNames, ListKeyNames, ListKeys

NODE = NodeRecord(
    node="n1",
    address="10.0.0.1",
    id="8ed2acbf-6a5c-4cb5-a3b8-0a2d3dd80a5f",
    tagged_addresses={"wan": "1.2.3.4", "lan": "10.0.0.1"},
    meta={"rack": "1", "consul-network-segment": ""},
    create_index=5,
    modify_index=6,
)
SERVICE = ServiceRecord(node="n1", id="web1", service="web", port=80, create_index=7, modify_index=8)
RICH = ServiceRecord(
    node="n1",
    id="web2",
    service="web",
    tags=("a", "b"),
    address="10.0.0.9",
    port=8080,
    meta={"z": "1", "a": "2"},
    tagged_addresses=(
        TaggedAddress(name="wan", address="1.1.1.1", port=1),
        TaggedAddress(name="lan", address="10.0.0.9", port=2),
    ),
    weights=Weights(passing=10, warning=2),
    enable_tag_override=True,
    create_index=7,
    modify_index=9,
)
CHECK = CheckRecord(
    node="n1",
    check_id="serfHealth",
    name="Serf Health Status",
    status="passing",
    output="Agent alive and reachable",
    create_index=5,
    modify_index=5,
)

NODE_JSON = (
    b'{"ID":"8ed2acbf-6a5c-4cb5-a3b8-0a2d3dd80a5f","Node":"n1","Address":"10.0.0.1","Datacenter":"dc1",'
    b'"TaggedAddresses":{"lan":"10.0.0.1","wan":"1.2.3.4"},"Meta":{"consul-network-segment":"","rack":"1"},'
    b'"CreateIndex":5,"ModifyIndex":6}'
)
SERVICE_JSON = (
    b'{"ID":"web1","Service":"web","Tags":[],"Address":"","Meta":null,"Port":80,'
    b'"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,'
    b'"Proxy":{"Mode":"","MeshGateway":{},"Expose":{}},"Connect":{},"CreateIndex":7,"ModifyIndex":8}'
)
RICH_JSON = (
    b'{"ID":"web2","Service":"web","Tags":["a","b"],"Address":"10.0.0.9",'
    b'"TaggedAddresses":{"lan":{"Address":"10.0.0.9","Port":2},"wan":{"Address":"1.1.1.1","Port":1}},'
    b'"Meta":{"a":"2","z":"1"},"Port":8080,"Weights":{"Passing":10,"Warning":2},"EnableTagOverride":true,'
    b'"Proxy":{"Mode":"","MeshGateway":{},"Expose":{}},"Connect":{},"CreateIndex":7,"ModifyIndex":9}'
)
CHECK_JSON = (
    b'{"Node":"n1","CheckID":"serfHealth","Name":"Serf Health Status","Status":"passing","Notes":"",'
    b'"Output":"Agent alive and reachable","ServiceID":"","ServiceName":"","ServiceTags":[],"Type":"",'
    b'"Interval":"","Timeout":"","ExposedPort":0,"Definition":{},"CreateIndex":5,"ModifyIndex":5}'
)


def test_nodes():
    assert render(ListNodes(), Nodes(nodes=(NODE,))) == (b"[" + NODE_JSON + b"]", True)
    assert render(ListNodes(), Nodes(nodes=())) == (b"[]", True)


def test_a_node_without_tagged_addresses_has_null():
    body, _ = render(ListNodes(), Nodes(nodes=(NodeRecord(node="n", address="a"),)))
    assert b'"TaggedAddresses":null,"Meta":null' in body


def test_health_of_a_service():
    answer = ServiceHealth(instances=(Instance(node=NODE, service=RICH, checks=(CHECK,)),))
    body = b'[{"Node":' + NODE_JSON + b',"Service":' + RICH_JSON + b',"Checks":[' + CHECK_JSON + b"]}]"
    assert render(ListServiceHealth(service="web"), answer) == (body, True)
    assert render(ListServiceHealth(service="web"), ServiceHealth(instances=())) == (b"[]", True)


def test_catalog_service_rows_are_flat():
    body, found = render(
        ListServiceNodes(service="web"), ServiceNodes(placements=(Placement(node=NODE, service=RICH),))
    )
    assert found
    assert body == (
        b'[{"ID":"8ed2acbf-6a5c-4cb5-a3b8-0a2d3dd80a5f","Node":"n1","Address":"10.0.0.1","Datacenter":"dc1",'
        b'"TaggedAddresses":{"lan":"10.0.0.1","wan":"1.2.3.4"},"NodeMeta":{"consul-network-segment":"","rack":"1"},'
        b'"ServiceKind":"","ServiceID":"web2","ServiceName":"web","ServiceTags":["a","b"],'
        b'"ServiceAddress":"10.0.0.9",'
        b'"ServiceTaggedAddresses":{"lan":{"Address":"10.0.0.9","Port":2},"wan":{"Address":"1.1.1.1","Port":1}},'
        b'"ServiceWeights":{"Passing":10,"Warning":2},"ServiceMeta":{"a":"2","z":"1"},"ServicePort":8080,'
        b'"ServiceSocketPath":"","ServiceEnableTagOverride":true,'
        b'"ServiceProxy":{"Mode":"","MeshGateway":{},"Expose":{}},"ServiceConnect":{},"CreateIndex":7,"ModifyIndex":9}]'
    )


def test_services_map_names_to_tags():
    rows = (ServiceTags(service="consul", tags=()), ServiceTags(service="web", tags=("a",)))
    assert render(ListServices(), Services(services=rows)) == (b'{"consul":[],"web":["a"]}', True)
    assert render(ListServices(), Services(services=())) == (b"{}", True)


def test_a_node_with_its_services_as_a_map_and_as_a_list():
    answer = NodeServices(node=NODE, services=(SERVICE,))
    assert render(ListNodeServices(node="n1"), answer)[0] == (
        b'{"Node":' + NODE_JSON + b',"Services":{"web1":' + SERVICE_JSON + b"}}"
    )
    assert render(ListNodeServices(node="n1", as_list=True), answer)[0] == (
        b'{"Node":' + NODE_JSON + b',"Services":[' + SERVICE_JSON + b"]}"
    )


def test_an_unknown_node_is_null():
    assert render(ListNodeServices(node="x"), NodeServices(node=None)) == (b"null", True)


def test_checks_with_a_definition_write_durations_as_go_does():
    definition = CheckDefinition(
        http="http://x/", interval_ns=90_000_000_000, timeout_ns=1_500_000_000, header=(("X", ("1", "2")),)
    )
    row = check_json(CHECK.model_copy(update={"definition": definition, "type": "http"}))
    assert row["Definition"] == {
        "HTTP": "http://x/",
        "Header": {"X": ("1", "2")},
        "Interval": "1m30s",
        "Timeout": "1.5s",
    }
    assert (row["Interval"], row["Timeout"]) == ("", ""), "that is how its agent runs it, and no agent does"
    assert render(ListNodeChecks(node="n1"), Checks(checks=())) == (b"[]", True)


def test_a_key_has_its_value_in_base64_and_its_session_only_while_locked():
    entry = Entry(key="a/b", value=b"hello", flags=2**64 - 1, create_index=3, modify_index=4)
    assert render(GetKey(key="a/b"), Entries(entries=(entry,)))[0] == (
        b'[{"LockIndex":0,"Key":"a/b","Flags":18446744073709551615,"Value":"aGVsbG8=","CreateIndex":3,"ModifyIndex":4}]'
    )
    locked = entry.model_copy(update={"session": "s", "lock_index": 1, "value": b""})
    assert render(GetKey(key="a/b"), Entries(entries=(locked,)))[0].startswith(
        b'[{"LockIndex":1,"Key":"a/b","Flags":18446744073709551615,"Value":null,"Session":"s","CreateIndex":3'
    )


def test_no_key_is_a_miss_and_the_root_s_names_are_an_empty_list():
    assert render(GetKey(key="a"), Entries(entries=())) == (b"", False)
    assert render(ListKeys(prefix="a"), Entries(entries=())) == (b"", False)
    assert render(ListKeyNames(prefix="a"), KeyNames(keys=())) == (b"", False)
    assert render(ListKeyNames(prefix=""), KeyNames(keys=())) == (b"[]", True)
    assert render(ListKeyNames(prefix="a"), KeyNames(keys=("a/1", "a/2"))) == (b'["a/1","a/2"]', True)


def test_markup_is_escaped_as_go_escapes_it():
    text = "<a href='x'>&\u2028\u2029é"
    body = to_json([text])
    assert body == "[\"\\u003ca href='x'\\u003e\\u0026\\u2028\\u2029é\"]".encode()
    assert orjson.loads(body) == [text]
