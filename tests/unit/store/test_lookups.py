"""What the catalog's queries select, and in which order."""

from __future__ import annotations

import pytest

from lictor_actors.store.errors import QueryRefused
from lictor_messages.catalog import (
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceChecks,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
)


@pytest.fixture
def cluster(log):
    """Two racks: web on n1 (twice) and n2, db on n2."""
    log.node("n2", meta={"rack": "b"}, id="22222222-0000-0000-0000-000000000000")
    log.node("n1", meta={"rack": "a"}, id="11111111-0000-0000-0000-000000000000")
    log.service("n2", "web", id="w", tags=("Blue", "v1"))
    log.service("n1", "web", id="w2", tags=("green",))
    log.service("n1", "web", id="w1", tags=("blue",))
    log.service("n2", "db")
    return log


def placed(answer):
    return [(row.node.node, row.service.id) for row in answer]


def test_nodes_come_by_name(cluster):
    assert [node.node for node in cluster.ask(ListNodes()).nodes] == ["n1", "n2"]


def test_instances_come_by_node_then_by_service_id(cluster):
    assert placed(cluster.ask(ListServiceNodes(service="web")).placements) == [("n1", "w1"), ("n1", "w2"), ("n2", "w")]


def test_every_tag_must_be_there_whatever_its_case(cluster):
    assert placed(cluster.ask(ListServiceNodes(service="web", tags=("BLUE",))).placements) == [
        ("n1", "w1"),
        ("n2", "w"),
    ]
    assert placed(cluster.ask(ListServiceHealth(service="web", tags=("blue", "v1"))).instances) == [("n2", "w")]


def test_node_meta_selects(cluster):
    rack = (("rack", "a"),)
    assert [node.node for node in cluster.ask(ListNodes(node_meta=rack)).nodes] == ["n1"]
    assert placed(cluster.ask(ListServiceNodes(service="web", node_meta=rack)).placements) == [
        ("n1", "w1"),
        ("n1", "w2"),
    ]
    assert [row.service for row in cluster.ask(ListServices(node_meta=rack)).services] == ["web"]
    cluster.check("n1", "c1")
    cluster.check("n2", "c2")
    assert [c.check_id for c in cluster.ask(ListChecksInState(state="passing", node_meta=rack)).checks] == ["c1"]


def test_services_come_with_the_union_of_their_tags(cluster):
    rows = {row.service: row.tags for row in cluster.ask(ListServices()).services}
    assert rows == {"db": (), "web": ("Blue", "blue", "green", "v1")}


def test_services_take_a_filter_on_their_instances(cluster):
    rows = cluster.ask(ListServices(filter="ServiceTags is not empty and NodeMeta.rack == a")).services
    assert [(row.service, row.tags) for row in rows] == [("web", ("blue", "green"))]


def test_an_instance_carries_its_node_s_checks_before_its_own(cluster):
    cluster.check("n2", "a-service", service_id="w")
    cluster.check("n2", "z-node")
    cluster.check("n2", "other", service_id="db")
    instance = cluster.ask(ListServiceHealth(service="web")).instances[-1]
    assert [check.check_id for check in instance.checks] == ["z-node", "a-service"]


@pytest.mark.parametrize("status", ["warning", "critical"])
def test_passing_leaves_out_warnings_and_criticals_also_of_the_node(cluster, status):
    cluster.check("n1", "node", status)
    cluster.check("n2", "mine", "passing", service_id="w")
    assert placed(cluster.ask(ListServiceHealth(service="web", passing=True)).instances) == [("n2", "w")]
    cluster.check("n2", "mine", status, service_id="w")
    assert cluster.ask(ListServiceHealth(service="web", passing=True)).instances == ()
    assert len(cluster.ask(ListServiceHealth(service="web")).instances) == 3


def test_service_checks_leave_out_the_nodes_checks(cluster):
    cluster.check("n2", "node")
    cluster.check("n2", "mine", service_id="w")
    assert [check.check_id for check in cluster.ask(ListServiceChecks(service="web")).checks] == ["mine"]


def test_node_checks_hold_those_of_its_services_too(cluster):
    cluster.check("n2", "node")
    cluster.check("n2", "mine", service_id="w")
    assert [check.check_id for check in cluster.ask(ListNodeChecks(node="n2")).checks] == ["mine", "node"]


def test_checks_by_state(cluster):
    cluster.check("n1", "ok")
    cluster.check("n2", "bad", "critical")
    assert [check.check_id for check in cluster.ask(ListChecksInState(state="critical")).checks] == ["bad"]
    assert [check.check_id for check in cluster.ask(ListChecksInState(state="any")).checks] == ["ok", "bad"]
    assert cluster.ask(ListChecksInState(state="unheard-of")).checks == ()


def test_a_node_is_found_by_the_start_of_its_id_from_four_characters_on(cluster):
    assert cluster.ask(ListNodeServices(node="1111")).node.node == "n1"
    assert cluster.ask(ListNodeServices(node="111")).node is None
    cluster.node("n3", id="11112222-0000-0000-0000-000000000000")
    assert cluster.ask(ListNodeServices(node="1111")).node is None
    assert cluster.ask(ListNodeServices(node="11112")).node.node == "n3"


def test_every_list_takes_a_filter(cluster):
    cluster.check("n1", "ok")
    cluster.check("n2", "bad", "critical", service_id="w")
    ask = cluster.ask
    assert [n.node for n in ask(ListNodes(filter="Meta.rack == b")).nodes] == ["n2"]
    assert placed(ask(ListServiceNodes(service="web", filter="ServiceID == w1")).placements) == [("n1", "w1")]
    assert [s.id for s in ask(ListNodeServices(node="n2", filter="Service == db")).services] == ["db"]
    assert [c.check_id for c in ask(ListNodeChecks(node="n2", filter="Status != critical")).checks] == []
    assert [c.check_id for c in ask(ListServiceChecks(service="web", filter='Name == ""')).checks] == ["bad"]
    assert [c.check_id for c in ask(ListChecksInState(state="any", filter="Node == n1")).checks] == ["ok"]
    assert placed(ask(ListServiceHealth(service="web", filter="Checks.Status == critical")).instances) == [("n2", "w")]


def test_a_bad_filter_is_refused_even_if_there_is_no_row_to_try_it_on(log):
    for query in (ListNodes(filter="Foo == 1"), ListNodeServices(node="nobody", filter="Foo == 1")):
        with pytest.raises(QueryRefused, match='Selector "Foo" is not valid') as refused:
            log.ask(query)
        assert refused.value.refusal.code == "Invalid"


def test_checks_stand_in_the_order_of_their_ids_however_they_come_and_go(log):
    log.node("n1")
    log.service("n1", "web")
    ids = [f"C{number:02}" for number in (5, 1, 9, 3, 7, 0)]
    for check_id in ids:
        log.check("n1", check_id, service_id="web")
    log.check("n1", "c05", "critical", service_id="web")
    log.deregister("n1", check_id="C09")
    bearing = log.store.catalog.checks_of("n1", "web")
    assert [(check.check_id, check.status) for check in bearing] == [
        ("C00", "passing"),
        ("C01", "passing"),
        ("C03", "passing"),
        ("c05", "critical"),
        ("C07", "passing"),
    ]
