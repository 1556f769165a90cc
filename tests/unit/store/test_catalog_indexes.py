"""One test per line of the table of indexes: which writes raise the index of which query, and which do not."""

from __future__ import annotations

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
from lictor_messages.usage import CountUsage

WEB = ListServiceNodes(service="web")
WEB_HEALTH = ListServiceHealth(service="web")
WEB_CHECKS = ListServiceChecks(service="web")


def test_no_catalog_index_is_ever_zero(log):
    for query in (
        ListNodes(),
        ListServices(),
        WEB,
        WEB_HEALTH,
        WEB_CHECKS,
        ListNodeServices(node="n1"),
        ListNodeChecks(node="n1"),
        ListChecksInState(state="any"),
    ):
        assert log.at(query) == 1


def test_nodes_report_the_nodes_table(log):
    log.node("n1")
    log.service("n1", "web")
    log.check("n1", "c")
    assert log.at(ListNodes()) == 11
    log.node("n2")
    assert log.at(ListNodes()) == 14


def test_a_node_s_services_report_nodes_and_services(log):
    log.node("n1")
    log.service("n1", "web")
    assert log.at(ListNodeServices(node="n1")) == 12
    log.node("n2")
    assert log.at(ListNodeServices(node="n1")) == 13
    log.check("n1", "c")
    assert log.at(ListNodeServices(node="n1")) == 13


def test_services_report_the_services_table_and_with_node_meta_the_nodes_too(log):
    log.service("n1", "web")
    log.node("n2")
    assert log.at(ListServices()) == 11
    assert log.at(ListServices(node_meta=(("rack", "1"),))) == 12


def test_a_service_sleeps_through_writes_to_others(log):
    log.service("n1", "web")
    log.node("n2")
    log.service("n2", "db")
    log.check("n2", "c")
    assert [log.at(q) for q in (WEB, WEB_HEALTH, WEB_CHECKS)] == [11, 11, 11]


def test_a_service_is_raised_by_a_new_instance_and_by_one_that_leaves(log):
    log.service("n1", "web")
    log.service("n2", "web")
    assert log.at(WEB) == 12
    log.deregister("n2", service_id="web")
    assert log.at(WEB) == 13
    assert len(log.ask(WEB).placements) == 1


def test_a_service_is_raised_by_its_checks(log):
    log.service("n1", "web")
    log.check("n1", "c", service_id="web")
    assert [log.at(q) for q in (WEB, WEB_HEALTH, WEB_CHECKS)] == [12, 12, 12]
    log.check("n1", "c", "critical", service_id="web")
    assert log.at(WEB_HEALTH) == 13
    log.deregister("n1", check_id="c")
    assert log.at(WEB_HEALTH) == 14


def test_a_service_is_raised_by_its_node_and_its_node_s_checks(log):
    log.service("n1", "web")
    log.node("n1", "10.0.0.99")
    assert log.at(WEB) == 12
    log.check("n1", "serfHealth")
    assert log.at(WEB) == 13
    log.deregister("n1", check_id="serfHealth")
    assert log.at(WEB) == 14


def test_a_check_that_moves_to_another_service_raises_both(log):
    log.service("n1", "web")
    log.service("n1", "db")
    log.check("n1", "c", service_id="web")
    log.check("n1", "c", service_id="db")
    assert log.at(WEB) == log.at(ListServiceNodes(service="db")) == 14
    assert log.ask(WEB_CHECKS).checks == ()


def test_the_last_instance_leaves_the_extinction_index(log):
    log.service("n1", "web")
    log.deregister("n1", service_id="web")
    log.node("n9")
    assert [log.at(q) for q in (WEB, WEB_HEALTH, WEB_CHECKS)] == [12, 12, 12]


def test_a_service_that_never_was_reports_the_last_extinction_of_any(log):
    log.service("n1", "web")
    log.deregister("n1", service_id="web")
    log.node("n9")
    assert log.at(ListServiceHealth(service="never")) == 12


def test_without_any_extinction_a_missing_service_reports_the_tables(log):
    log.node("n1")
    log.check("n1", "c")
    assert log.at(ListServiceNodes(service="never")) == 11
    assert log.at(ListServiceHealth(service="never")) == 12


def test_an_instance_under_a_new_name_leaves_the_old_service(log):
    log.service("n1", "web", id="i")
    log.service("n1", "db", id="i")
    assert log.ask(WEB).placements == ()
    assert log.at(WEB) == 12
    assert log.at(ListServiceNodes(service="db")) == 12


def test_health_of_nodes_and_states_report_the_checks_table(log):
    log.service("n1", "web")
    log.check("n1", "c")
    log.node("n2")
    assert log.at(ListNodeChecks(node="n1")) == 12
    assert log.at(ListChecksInState(state="any")) == 12
    assert log.at(ListNodeChecks(node="n2")) == 12


def test_a_node_that_goes_raises_everything_that_it_held(log):
    log.service("n1", "web")
    log.check("n1", "c")
    log.deregister("n1")
    for query in (ListNodes(), ListServices(), WEB_HEALTH, ListNodeChecks(node="n1"), ListNodeServices(node="n1")):
        assert log.at(query) == 13


def test_registering_the_same_again_moves_no_index(log):
    for _ in range(2):
        log.node("n1", meta={"rack": "1"})
        log.service("n2", "web", tags=("a",), port=80)
        log.check("n2", "c", service_id="web")
    assert log.at(ListNodes()) == 12
    assert log.at(ListServices()) == 12
    assert log.at(WEB_HEALTH) == 13
    assert log.at(ListChecksInState(state="any")) == 13


def test_removing_what_is_absent_moves_no_index(log):
    log.service("n1", "web")
    log.deregister("n1", service_id="nope")
    log.deregister("n1", check_id="nope")
    log.deregister("nope")
    assert log.at(ListNodes()) == log.at(ListServices()) == log.at(WEB) == 11


def test_the_version_of_a_query_is_its_index_found_without_the_answer(log):
    log.service("n1", "web")
    log.check("n1", "c", service_id="web")
    log.node("n2")
    for query in (WEB, WEB_HEALTH, WEB_CHECKS, ListNodes(), ListServices(), ListNodeServices(node="n1")):
        assert log.store.version(query) == log.at(query)


def test_usage_counts_nodes_names_and_instances_without_those_of_servers(log):
    assert log.at(CountUsage()) == 1
    log.node("n1")
    log.service("n1", "web")
    log.service("n2", "web")
    log.service("n2", "consul")
    said = log.store.evaluate(CountUsage())
    assert (said.nodes, said.services, said.service_instances, said.billable_service_instances) == (2, 2, 3, 2)
    before = log.at(CountUsage())
    log.check("n1", "c")
    assert log.at(CountUsage()) == before
