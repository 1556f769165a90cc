"""Blocked queries wake for what concerns them, once, together, and for nothing else."""

from __future__ import annotations

import pytest

from lictor_actors.store.watches import Watches
from lictor_messages.catalog import (
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceHealth,
    ListServices,
)
from lictor_messages.kv import GetKey, ListKeyNames, ListKeys


@pytest.fixture
def watches():
    return Watches()


def park(log, watches, query, ticket="t"):
    watches.wake(log.store)
    return watches.park(query.model_copy(update={"min_index": log.at(query)}), ticket)


def woken(log, watches):
    return [ticket for _, _, tickets in watches.wake(log.store) for ticket in tickets]


def test_equal_queries_share_one_evaluation_and_wake_in_the_order_of_parking(log, watches):
    log.put("a")
    for ticket in ("t1", "t2", "t3"):
        park(log, watches, GetKey(key="a"), ticket)
    log.put("a", b"2")
    ((query, answer, tickets),) = watches.wake(log.store)
    assert (query.key, query.min_index, answer.index, tickets) == ("a", 0, 12, ["t1", "t2", "t3"])
    assert len(watches) == 0
    log.put("a", b"3")
    assert watches.wake(log.store) == []


def test_rendered_and_typed_watchers_are_answered_apart(log, watches):
    park(log, watches, GetKey(key="a"), "typed")
    park(log, watches, GetKey(key="a", rendered=True), "rendered")
    log.put("a")
    assert [(query.rendered, tickets) for query, _, tickets in watches.wake(log.store)] == [
        (False, ["typed"]),
        (True, ["rendered"]),
    ]


def test_a_watcher_of_an_index_to_come_sleeps_on(log, watches):
    log.put("a")
    watches.park(GetKey(key="a", min_index=12), "later")
    watches.park(GetKey(key="a", min_index=11), "now")
    log.put("a", b"2")
    assert woken(log, watches) == ["now"]
    log.put("a", b"3")
    assert woken(log, watches) == ["later"]


def test_a_cancelled_watcher_is_not_woken_and_may_be_cancelled_again(log, watches):
    handle = park(log, watches, ListKeys(prefix="a"))
    watches.cancel(handle)
    watches.cancel(handle)
    log.put("a")
    assert woken(log, watches) == []
    assert len(watches) == 0


def test_a_key_wakes_its_own_watchers_and_those_of_its_prefixes(log, watches):
    for query in (
        GetKey(key="a/b"),
        GetKey(key="a/bc"),
        ListKeys(prefix="a/"),
        ListKeys(prefix="a/b"),
        ListKeyNames(prefix="", separator="/"),
        ListKeys(prefix="a/b/"),
        ListKeys(prefix="b"),
    ):
        park(log, watches, query, repr(query))
    log.put("a/b")
    assert sorted(woken(log, watches)) == sorted(
        map(
            repr,
            (
                GetKey(key="a/b"),
                ListKeys(prefix="a/"),
                ListKeys(prefix="a/b"),
                ListKeyNames(prefix="", separator="/"),
            ),
        )
    )


def test_a_missing_key_is_not_woken_by_other_keys(log, watches):
    park(log, watches, GetKey(key="missing"))
    log.put("other")
    assert woken(log, watches) == []
    log.put("missing")
    assert woken(log, watches) == ["t"]


def test_a_tree_wakes_the_watchers_of_all_that_it_held(log, watches):
    log.put("a/b/c")
    park(log, watches, GetKey(key="a/b/c"), "key")
    park(log, watches, ListKeys(prefix="a/b/"), "prefix")
    log.delete("a/", recurse=True)
    assert sorted(woken(log, watches)) == ["key", "prefix"]


def test_a_write_that_changes_nothing_wakes_nobody(log, watches):
    log.put("a", b"1")
    log.service("n1", "web")
    for query in (GetKey(key="a"), ListKeys(prefix=""), ListNodes(), ListServiceHealth(service="web")):
        park(log, watches, query)
    log.put("a", b"1")
    log.service("n1", "web")
    log.delete("nope")
    log.deregister("nope")
    assert woken(log, watches) == []


def test_a_service_wakes_for_its_instances_checks_and_nodes_only(log, watches):
    web = ListServiceHealth(service="web")
    log.service("n1", "web")
    log.service("n2", "db")
    park(log, watches, web)
    log.check("n2", "c")
    log.node("n2", "10.9.9.9")
    log.service("n2", "cache")
    log.deregister("n2", service_id="db")
    assert woken(log, watches) == []
    for change in (
        lambda: log.check("n1", "c"),
        lambda: log.node("n1", "10.8.8.8"),
        lambda: log.service("n2", "web"),
        lambda: log.deregister("n2", service_id="web"),
        lambda: log.deregister("n1"),
    ):
        change()
        assert woken(log, watches) == ["t"]
        park(log, watches, web)


def test_a_missing_service_sleeps_through_other_extinctions(log, watches):
    log.service("n1", "db")
    park(log, watches, ListServiceHealth(service="web"))
    log.deregister("n1", service_id="db")
    assert woken(log, watches) == []
    log.service("n1", "web")
    assert woken(log, watches) == ["t"]


def test_a_state_wakes_when_a_check_enters_leaves_or_changes_in_it(log, watches):
    log.check("n1", "c", "critical")
    critical = ListChecksInState(state="critical")
    park(log, watches, critical)
    log.check("n1", "other", "passing")
    log.check("n1", "other", "warning")
    assert woken(log, watches) == []
    log.check("n1", "c", "critical", output="worse")
    assert woken(log, watches) == ["t"]
    park(log, watches, critical)
    log.check("n1", "c", "passing")
    assert woken(log, watches) == ["t"]


def test_a_node_s_services_wake_for_that_node_by_name_and_by_id(log, watches):
    log.node("n1", id="11111111-0000-0000-0000-000000000000")
    log.node("n2")
    by_name, by_id = ListNodeServices(node="n1"), ListNodeServices(node="1111")
    park(log, watches, by_name, "name")
    park(log, watches, by_id, "id")
    log.service("n2", "db")
    log.check("n1", "c")
    assert woken(log, watches) == []
    log.service("n1", "web")
    assert sorted(woken(log, watches)) == ["id", "name"]


def test_an_id_that_becomes_ambiguous_wakes_its_watcher(log, watches):
    log.node("n1", id="11111111-0000-0000-0000-000000000000")
    park(log, watches, ListNodeServices(node="1111"))
    log.node("n2", id="11112222-0000-0000-0000-000000000000")
    assert woken(log, watches) == ["t"]


def test_tables_wake_their_lists(log, watches):
    log.node("n1")
    park(log, watches, ListNodes(), "nodes")
    park(log, watches, ListServices(), "services")
    park(log, watches, ListNodeChecks(node="n1"), "checks")
    log.service("n1", "web")
    assert woken(log, watches) == ["services"]
    log.check("n1", "c")
    assert woken(log, watches) == ["checks"]
    log.node("n2")
    assert woken(log, watches) == ["nodes"]


def test_nothing_is_kept_of_watchers_that_have_gone(log, watches):
    handles = [park(log, watches, ListKeys(prefix="p" * n)) for n in range(50)]
    for handle in handles:
        watches.cancel(handle)
    left = (watches._groups, watches._by_scope, watches._of, watches._prefix_lengths["key prefix"])
    assert not any(left)
