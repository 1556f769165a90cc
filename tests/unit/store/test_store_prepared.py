"""Prepared queries in the store: kept, found, filled in, run."""

from __future__ import annotations

import pytest

from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.watches import Watches
from lictor_messages.answers import Written
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    ListPreparedQueries,
    PreparedQuery,
    QueryFailover,
    QueryTemplate,
    ServiceQuery,
    UpdatePreparedQuery,
)
from lictor_messages.refusals import Refused
from lictor_messages.sessions import CreateSession, DestroySession, SessionRecord

SESSION = "0a1b2c3d-0000-4000-8000-00000000000a"
TEMPLATE = QueryTemplate(type="name_prefix_match")


def numbered(number):
    return f"0a1b2c3d-0000-4000-8000-{number:012d}"


def prepared(number=1, service="web", **fields):
    asked = {name: fields.pop(name) for name in list(fields) if name in ServiceQuery.model_fields}
    return PreparedQuery(id=numbered(number), service=ServiceQuery(service=service, **asked), **fields)


def keep(log, *args, **fields):
    return log.apply(CreatePreparedQuery(query=prepared(*args, **fields)))


def run(log, name, **fields):
    return [i.service.id for i in log.ask(ExecutePreparedQuery(name_or_id=name, **fields)).instances]


def explained(log, name):
    return log.ask(ExplainPreparedQuery(name_or_id=name)).queries


# -- kept


def test_a_query_is_kept_listed_replaced_and_deleted(log):
    assert keep(log, name="q").ok
    (row,) = log.ask(GetPreparedQuery(id=numbered(1))).queries
    assert (row.create_index, row.modify_index) == (log.index, log.index)
    created = log.index
    log.put("unrelated")
    assert log.ok(UpdatePreparedQuery(query=prepared(name="q2")))
    (row,) = log.ask(ListPreparedQueries()).queries
    assert (row.name, row.create_index, row.modify_index) == ("q2", created, log.index)
    assert explained(log, "q") == ()
    assert log.ok(DeletePreparedQuery(id=numbered(1)))
    assert log.ask(GetPreparedQuery(id=numbered(1))).queries == ()
    assert log.at(ListPreparedQueries()) == log.index


def test_the_same_again_moves_no_index(log):
    keep(log, name="q")
    index = log.at(GetPreparedQuery(id=numbered(1)))
    assert log.ok(UpdatePreparedQuery(query=prepared(name="q")))
    assert log.at(GetPreparedQuery(id=numbered(1))) == log.at(ListPreparedQueries()) == index


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (prepared(2, name="Q"), "name 'Q' aliases an existing query name"),
        (prepared(2, name=numbered(1)), f"name '{numbered(1)}' aliases an existing query ID"),
        (prepared(2, name=numbered(1).upper()), f"name '{numbered(1).upper()}' aliases an existing query ID"),
        (prepared(2, name="x", service=""), "Invalid prepared query: Must provide a Service name to query"),
        (prepared(2), "Invalid prepared query: Must be bound to a session"),
        (prepared(2, name="x", session=SESSION), f'invalid session "{SESSION}"'),
        (prepared(2, name="x", dns_ttl="x"), "Invalid prepared query: Bad DNS TTL 'x': time: invalid duration \"x\""),
        (prepared(2, name="x", dns_ttl="-1s"), "Invalid prepared query: DNS TTL '-1000000000', must be >=0"),
        (
            prepared(2, name="x", failover=QueryFailover(nearest_n=-1)),
            "Invalid prepared query: Bad NearestN '-1', must be >= 0",
        ),
        (prepared(2, name="x", template=QueryTemplate(type="x")), "Invalid prepared query: Bad Template.Type 'x'"),
        (prepared(2, template=TEMPLATE), "a query template with an empty name already exists"),
        (prepared(1, name="z"), "ID must be empty when creating a new prepared query"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_consuls_words(log, query, words):
    keep(log, 1, name="q")
    keep(log, 9, template=TEMPLATE)
    index = log.at(ListPreparedQueries())
    outcome = log.apply(CreatePreparedQuery(query=query))
    assert isinstance(outcome, Refused)
    assert (outcome.row.status, outcome.words) == (500, words)
    assert log.at(ListPreparedQueries()) == index


@pytest.mark.parametrize(
    ("regexp", "tag", "words"),
    [
        ("(", "x", "Bad Regexp"),
        ("", "${name.x}", "unknown variable accessed: name.x"),
        ("", "${name", "expected closing }"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(log, regexp, tag, words):
    outcome = keep(log, name="x", tags=(tag,), template=QueryTemplate(type="name_prefix_match", regexp=regexp))
    assert isinstance(outcome, Refused)
    assert words in outcome.words


@pytest.mark.parametrize(
    "command", [UpdatePreparedQuery(query=prepared(5, name="x")), DeletePreparedQuery(id=numbered(5))]
)
def test_what_is_not_there_cannot_be_modified(log, command):
    assert log.apply(command).words == f"Cannot modify non-existent prepared query: '{numbered(5)}'"


def test_a_query_goes_with_its_session(log):
    log.node("n1")
    log.ok(CreateSession(session=SessionRecord(id=SESSION, node="n1", node_checks=())))
    assert isinstance(keep(log, 1, session=SESSION), Written)
    assert isinstance(keep(log, 2, name="stays"), Written)
    log.ok(DestroySession(id=SESSION))
    assert [q.name for q in log.ask(ListPreparedQueries()).queries] == ["stays"]
    assert log.at(ListPreparedQueries()) == log.index
    assert log.store.queries.by_session == {}


def test_a_query_is_at_its_own_index_and_what_it_finds_at_the_services(log):
    keep(log, 1, name="q")
    kept = log.index
    log.node("n1")
    log.service("n1", "web")
    registered = log.index
    keep(log, 2, name="other")
    assert (log.at(GetPreparedQuery(id=numbered(1))), log.at(ListPreparedQueries())) == (kept, log.index)
    assert log.at(ExecutePreparedQuery(name_or_id="q")) == registered


def test_answers_may_be_for_no_time_at_all(log):
    assert keep(log, name="q", dns_ttl="0s").ok
    assert log.ask(ExecutePreparedQuery(name_or_id="q")).dns_ttl == "0s"


def test_the_template_for_every_name_may_be_replaced(log):
    keep(log, 1, template=TEMPLATE)
    assert log.ok(UpdatePreparedQuery(query=prepared(1, "db", template=TEMPLATE)))
    assert explained(log, "any")[0].service.service == "db"


@pytest.mark.parametrize("asked", [GetPreparedQuery(id=numbered(1)), ListPreparedQueries()])
def test_whoever_watches_a_query_is_woken_by_what_happens_to_it(log, asked):
    keep(log, 1, name="q")
    watches = Watches()

    def woken_by(command):
        log.store.take_touched()
        watches.park(asked.model_copy(update={"min_index": log.at(asked)}), "me")
        assert log.ok(command)
        return bool(watches.wake(log.store))

    assert woken_by(UpdatePreparedQuery(query=prepared(1, name="q2")))
    assert woken_by(DeletePreparedQuery(id=numbered(1)))


def test_nobody_is_woken_by_what_happens_to_another_query(log):
    keep(log, 1, name="q")
    log.store.take_touched()
    asked = GetPreparedQuery(id=numbered(1))
    watches = Watches()
    watches.park(asked.model_copy(update={"min_index": log.at(asked)}), "me")
    keep(log, 2, name="other")
    assert not watches.wake(log.store)


def test_a_query_has_an_id_that_can_be_one(log):
    """Doorways choose ids; whoever writes to the log past them is held to the same rule."""
    query = PreparedQuery(id="short", name="q", service=ServiceQuery(service="web"))
    assert isinstance(log.apply(CreatePreparedQuery(query=query)), Refused)


# -- found


def test_a_query_is_found_by_id_and_by_name_whatever_its_case(log):
    keep(log, 1, name="Q")
    assert explained(log, numbered(1)) == explained(log, numbered(1).upper()) == explained(log, "Q") != ()
    assert explained(log, "q") == explained(log, "Q")
    assert explained(log, "q2") == ()
    assert not log.ask(ExecutePreparedQuery(name_or_id="q2")).found


def test_the_longest_prefix_wins_and_an_exact_name_before_it(log):
    keep(log, 1, "any", template=TEMPLATE)
    keep(log, 2, "geo", name="geo-", template=TEMPLATE)
    keep(log, 3, "db", name="geo-db", template=TEMPLATE)
    keep(log, 4, "exact", name="geo-db-1")
    found = {name: explained(log, name)[0].service.service for name in ("x", "geo-x", "GEO-DB-2", "geo-db-1")}
    assert found == {"x": "any", "geo-x": "geo", "GEO-DB-2": "db", "geo-db-1": "exact"}


def test_a_template_is_not_run_by_its_id(log):
    keep(log, 1, template=TEMPLATE)
    with pytest.raises(QueryRefused, match="can only be resolved up by name"):
        explained(log, numbered(1))


# -- filled in


def test_every_text_of_a_template_is_filled_in(log):
    keep(
        log,
        service="${name.suffix}",
        name="geo-",
        tags=("${match(1)}", "${match(2)}", "${match(7)}", "$${raw}", "${ name.full }"),
        near="${name.prefix}",
        node_meta={"dc": "${match(1)}"},
        failover=QueryFailover(datacenters=("${match(2)}",)),
        template=QueryTemplate(type="name_prefix_match", regexp="^geo-(.*?)-([^-]+)?$", remove_empty_tags=False),
    )
    (query,) = explained(log, "geo-db-eu")
    assert query.service == ServiceQuery(
        service="db-eu",
        tags=("db", "eu", "", "${raw}", "geo-db-eu"),
        near="geo-",
        node_meta={"dc": "db"},
        failover=QueryFailover(datacenters=("eu",)),
    )
    assert explained(log, "geo-none")[0].service.tags[:2] == ("", "")


def test_empty_tags_can_be_left_out(log):
    template = QueryTemplate(type="name_prefix_match", regexp="x(y)", remove_empty_tags=True)
    keep(log, template=template, tags=("a", "${match(1)}"))
    assert explained(log, "nothing")[0].service.tags == ("a",)


# -- run


@pytest.fixture
def three(log):
    """web on three nodes: passing, warning, critical."""
    for number, status in enumerate(("passing", "warning", "critical"), 1):
        log.node(f"n{number}", meta={"rack": str(number)})
        log.service(f"n{number}", "web", id=f"w{number}", tags=(f"T{number}", "all"), meta={"v": str(number)})
        log.check(f"n{number}", f"c{number}", status, service_id=f"w{number}")
    return log


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({}, ["w1", "w2"]),
        ({"only_passing": True}, ["w1"]),
        ({"ignore_check_ids": ("C3",)}, ["w1", "w2", "w3"]),
        ({"only_passing": True, "ignore_check_ids": ("c2",)}, ["w1", "w2"]),
        ({"tags": ("all", "t2")}, ["w2"]),
        ({"tags": ("ALL", "!T2")}, ["w1"]),
        ({"node_meta": {"rack": "2"}}, ["w2"]),
        ({"service_meta": {"v": "1"}}, ["w1"]),
        ({"service_meta": {"none": "1"}}, []),
    ],
)
def test_a_run_finds_what_is_healthy_and_fits(three, fields, ids):
    keep(three, name="q", **fields)
    assert run(three, "q") == ids


@pytest.mark.parametrize(("kept", "asked"), [(True, False), (False, True), (True, True)])
def test_what_is_asked_for_the_mesh_finds_no_instance_outside_it(three, kept, asked):
    keep(three, name="q", connect=kept)
    answer = three.ask(ExecutePreparedQuery(name_or_id="q", connect=asked))
    assert (answer.found, answer.service, answer.instances) == (True, "web", ())


def test_a_critical_node_check_rules_its_instances_out(three):
    keep(three, name="q")
    three.check("n1", "serfHealth", "critical")
    assert run(three, "q") == ["w2"]


def test_a_run_tells_service_and_ttl_and_counts_no_datacenter_that_was_not_asked(three):
    keep(three, name="q", service="none", dns_ttl="5s", failover=QueryFailover(nearest_n=2, datacenters=("dc9",)))
    answer = three.ask(ExecutePreparedQuery(name_or_id="q"))
    assert (answer.service, answer.dns_ttl, answer.instances, answer.failovers) == ("none", "5s", (), 0)
