"""What may be registered, in Consul's words, and what a registration does."""

from __future__ import annotations

import pytest

from lictor_messages.catalog import (
    CheckRecord,
    Deregister,
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Register,
    ServiceRecord,
)
from lictor_messages.refusals import Refused

ID_1 = "11111111-1111-1111-1111-111111111111"
ID_2 = "22222222-2222-2222-2222-222222222222"


def registering(node="x", address="10.0.0.1", service=None, checks=(), skip=False, node_id=""):
    return Register(
        node=NodeRecord(node=node, address=address, id=node_id),
        skip_node_update=skip,
        service=service,
        checks=checks,
    )


def service(name, **fields):
    return ServiceRecord(**{"node": "", "id": "", "service": name, **fields})


def check(check_id, **fields):
    return CheckRecord(**{"node": "", "check_id": check_id, "name": "", **fields})


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (registering(node=""), "Must provide node"),
        (registering(address=""), "Must provide address if SkipNodeUpdate is not set"),
        (registering(node_id="nope"), "Bad node ID: uuid string is wrong length"),
        (registering(node_id="1" * 36), "Bad node ID: uuid is improperly formatted"),
        (registering(node_id="z" + ID_1[1:]), "Bad node ID: encoding/hex: invalid byte: U+007A 'z'"),
        (registering(service=service("", id="i")), "Must provide service name with ID"),
        (registering(service=service("web", address="0.0.0.0")), "Invalid service address"),
        (registering(service=service("web", address="::")), "Invalid service address"),
        (registering(node="x2", checks=(check("c", node="other"),)), 'check node "other" does not match node "x2"'),
        (
            registering(node="x3", checks=(check("c", service_id="zz"),)),
            'failed inserting check: Missing service registration on node "x3"',
        ),
        (Deregister(node=""), "Must provide node"),
    ],
)
def test_a_refused_command_says_why_and_writes_nothing(log, command, text):
    before = log.store.digest()
    assert log.apply(command) == Refused(code="Invalid", text=text)
    assert log.store.digest() == before


def test_service_and_check_ids_default_to_their_names(log):
    log.apply(registering(service=service("web"), checks=(check("", name="alive"),)))
    (placement,) = log.ask(ListServiceNodes(service="web")).placements
    assert (placement.service.id, placement.service.node) == ("web", "x")
    (row,) = log.ask(ListNodeChecks(node="x")).checks
    assert (row.check_id, row.node) == ("alive", "x")


def test_a_service_check_gets_its_service_s_name_and_tags(log):
    log.service("x", "web", id="web1", tags=("a", "b"))
    log.check("x", "c", service_id="web1")
    (row,) = log.ask(ListNodeChecks(node="x")).checks
    assert (row.service_name, row.service_tags) == ("web", ("a", "b"))


def test_an_empty_service_is_no_service(log):
    assert log.ok(registering(service=service("")))
    assert log.ask(ListServices()).services == ()


def test_skip_node_update_leaves_a_known_node_and_creates_an_unknown_one(log):
    log.node("x", "10.0.0.1", meta={"a": "b"})
    assert log.ok(registering(address="10.9.9.9", skip=True, checks=(check("c"),)))
    assert log.ask(ListNodes()).nodes[0].address == "10.0.0.1"
    assert log.ok(registering(node="new", address="", skip=True))
    assert [node.node for node in log.ask(ListNodes()).nodes] == ["new", "x"]


def test_a_registration_without_id_does_not_take_the_node_s_id_away(log):
    log.node("x", id=ID_1)
    log.node("x", "10.0.0.2")
    assert log.ask(ListNodes()).nodes[0].id == ID_1


@pytest.mark.parametrize(
    ("id_", "health", "new_id", "taken"),
    [
        (ID_1, None, ID_2, True),
        (ID_1, "critical", ID_2, True),
        (ID_1, "passing", ID_2, False),
        (ID_1, "warning", ID_2, False),
        (ID_1, "passing", ID_1.upper(), True),
        (ID_1, "passing", "", True),
        (ID_1, None, "", True),
        ("", "passing", ID_2, True),
        ("", "critical", ID_2, True),
        ("", None, ID_2, True),
        ("", None, "", True),
        (ID_1, "critical", ID_1, True),
    ],
)
def test_a_name_is_reserved_by_the_id_that_gossip_knows_to_be_well(log, id_, health, new_id, taken):
    log.node("x", "10.0.0.1", id=id_)
    if health is not None:
        log.check("x", "serfHealth", health)
    outcome = log.apply(registering(address="10.0.0.2", node_id=new_id))
    assert isinstance(outcome, Refused) is not taken
    if taken:
        (node,) = log.ask(ListNodes()).nodes
        assert (node.id, node.address) == (new_id or id_, "10.0.0.2")
    else:
        assert f"Node name x is reserved by node {ID_1} with name x (10.0.0.1)" in outcome.text


@pytest.mark.parametrize("check_id", ["web", "serfhealth", "_node_maintenance", "serfHealth2"])
@pytest.mark.parametrize("status", ["passing", "critical"])
def test_another_check_does_not_reserve_a_name(log, check_id, status):
    log.node("x", id=ID_1)
    log.check("x", check_id, status)
    assert log.ok(registering(node_id=ID_2))
    assert log.ask(ListNodeServices(node="2222")).node.node == "x"
    assert log.ask(ListNodeServices(node="1111")).node is None
    assert log.ok(registering(node="y", node_id=ID_1))
    assert [node.id for node in log.ask(ListNodes()).nodes] == [ID_2, ID_1]


def test_a_node_without_id_may_be_given_one(log):
    log.node("x")
    assert log.ok(registering(node_id=ID_1))
    assert log.ask(ListNodeServices(node="1111")).node.node == "x"


def test_the_same_id_under_a_new_name_renames_the_node(log):
    log.node("old", id=ID_1)
    log.service("old", "web")
    assert log.ok(registering(node="new", node_id=ID_1))
    assert [node.node for node in log.ask(ListNodes()).nodes] == ["new"]
    assert log.ask(ListServiceNodes(service="web")).placements == ()


def test_deregister_removes_a_service_with_its_checks(log):
    log.service("x", "web")
    log.check("x", "c", service_id="web")
    log.check("x", "n")
    log.deregister("x", service_id="web")
    assert [row.check_id for row in log.ask(ListNodeChecks(node="x")).checks] == ["n"]
    assert log.ask(ListNodeServices(node="x")).services == ()


def test_deregister_of_a_node_removes_everything_on_it(log):
    log.service("x", "web")
    log.check("x", "c", service_id="web")
    log.check("x", "n")
    log.deregister("x")
    assert log.ask(ListNodes()).nodes == ()
    assert log.ask(ListServices()).services == ()
    assert log.ask(ListChecksInState(state="any")).checks == ()


def test_names_are_found_whatever_their_case(log):
    log.service("Node1", "Web")
    log.check("node1", "C")
    assert len(log.ask(ListServiceHealth(service="wEB")).instances) == 1
    assert log.ask(ListNodeServices(node="NODE1")).node.node == "Node1"
    log.deregister("NODE1", check_id="c")
    assert log.ask(ListNodeChecks(node="node1")).checks == ()
