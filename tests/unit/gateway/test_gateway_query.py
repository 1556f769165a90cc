from __future__ import annotations

import json

import pytest

from lictor_messages.answers import Rendered, Written
from lictor_messages.catalog import Instance, NodeRecord, ServiceRecord
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    ListPreparedQueries,
    PreparedQueries,
    PreparedQuery,
    QueryExecuted,
    QueryFailover,
    QueryTemplate,
    ServiceQuery,
    UpdatePreparedQuery,
)
from lictor_messages.refusals import Refused

ID = "0a1b2c3d-0000-4000-8000-000000000001"
BODY = {
    "Name": "geo-db",
    "Session": ID,
    "Template": {"Type": "name_prefix_match", "Regexp": "^geo-db-(.*)$", "RemoveEmptyTags": True},
    "Service": {
        "Service": "mysql",
        "Failover": {"NearestN": 2, "Datacenters": ["dc2"]},
        "OnlyPassing": True,
        "IgnoreCheckIDs": ["x"],
        "Near": "_agent",
        "Tags": ["primary", "!old"],
        "NodeMeta": {"a": "b"},
        "ServiceMeta": {"c": "d"},
    },
    "DNS": {"TTL": "10s"},
}
QUERY = PreparedQuery(
    id=ID,
    name="geo-db",
    session=ID,
    template=QueryTemplate(type="name_prefix_match", regexp="^geo-db-(.*)$", remove_empty_tags=True),
    service=ServiceQuery(
        service="mysql",
        failover=QueryFailover(nearest_n=2, datacenters=("dc2",)),
        only_passing=True,
        ignore_check_ids=("x",),
        near="_agent",
        tags=("primary", "!old"),
        node_meta={"a": "b"},
        service_meta={"c": "d"},
    ),
    dns_ttl="10s",
)
NO_BOOLEAN = "Error parsing 'connect' value: strconv.ParseBool: parsing \"{}\": invalid syntax"


def test_create_chooses_the_id_and_answers_it(desk):
    request = desk.http("POST", "/v1/query", BODY)
    command = desk.upstream()
    assert isinstance(command, CreatePreparedQuery)
    assert command.query == QUERY.model_copy(update={"id": command.query.id})
    desk.answer(Written(index=4))
    assert json.loads(desk.answers[request].body) == {"ID": command.query.id}


def test_update_and_delete_name_the_query_in_the_path_and_answer_nothing(desk, header):
    request = desk.http("PUT", f"/v1/query/{ID}", BODY)
    assert desk.upstream() == UpdatePreparedQuery(query=QUERY)
    desk.answer(Written(index=4))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"")
    assert not header(desk.answers[request], "Content-Type")
    request = desk.http("DELETE", f"/v1/query/{ID}")
    assert desk.upstream() == DeletePreparedQuery(id=ID)
    desk.answer(Refused(code="Invalid", text=f"Cannot modify non-existent prepared query: '{ID}'"))
    assert desk.answers[request].status == 500


def test_ids_of_queries_and_their_sessions_are_found_whatever_their_case(desk):
    desk.http("PUT", f"/v1/query/{ID.upper()}", {**BODY, "Session": ID.upper()})
    assert desk.upstream() == UpdatePreparedQuery(query=QUERY)
    desk.http("DELETE", f"/v1/query/{ID.upper()}")
    assert desk.upstream() == DeletePreparedQuery(id=ID)
    desk.http("GET", f"/v1/query/{ID.upper()}")
    assert desk.upstream().id == ID


@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("/v1/query", ListPreparedQueries(rendered=True)),
        (f"/v1/query/{ID}", GetPreparedQuery(id=ID, rendered=True)),
        ("/v1/query/geo-db-x/execute?limit=3&near=_agent&stale", ExecutePreparedQuery(
            name_or_id="geo-db-x", limit=3, near="_agent", agent="n1", source_ip="127.0.0.1", consistency="stale"
        )),
        ("/v1/query/a/b/execute?index=7", ExecutePreparedQuery(name_or_id="a/b", agent="n1", source_ip="127.0.0.1")),
        ("/v1/query/geo-db-x/explain", ExplainPreparedQuery(name_or_id="geo-db-x")),
    ],
)  # fmt: skip
def test_reads_are_asked_of_a_server(desk, target, query):
    desk.http("GET", target)
    assert desk.upstream() == query


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        (f"/v1/query/{ID}", Rendered(index=3, body=b"", found=False)),
        ("/v1/query/none/execute", QueryExecuted(index=3, found=False)),
        ("/v1/query/none/explain", PreparedQueries(index=3, queries=())),
    ],
)
def test_an_unknown_query_is_404_in_consuls_words(desk, target, missing):
    request = desk.http("GET", target)
    desk.answer(missing)
    assert (desk.answers[request].status, desk.answers[request].body) == (404, b"Query not found")


def test_what_was_found_has_consuls_shape(desk, header):
    request = desk.http("GET", "/v1/query/q/execute")
    node = NodeRecord(node="n1", address="10.0.0.1")
    instance = Instance(node=node, service=ServiceRecord(node="n1", id="web", service="web"), checks=())
    desk.answer(QueryExecuted(index=6, service="web", instances=(instance,), dns_ttl="10s", datacenter="dc1"))
    body = json.loads(desk.answers[request].body)
    assert [name for name in body][:5] == ["Service", "Nodes", "DNS", "Datacenter", "Failovers"]
    meta = {name: body[name] for name in [name for name in body][5:]}
    assert meta == {
        "Index": 6,
        "LastContact": 0,
        "KnownLeader": True,
        "ConsistencyLevel": "leader",
        "NotModified": False,
        "Backend": 0,
        "ResultsFilteredByACLs": False,
    }
    assert (body["Service"], body["DNS"], body["Datacenter"], body["Failovers"]) == ("web", {"TTL": "10s"}, "dc1", 0)
    assert body["Nodes"][0]["Node"]["Node"] == "n1"
    assert body["Nodes"][0]["Checks"] == []
    assert header(desk.answers[request], "X-Consul-Effective-Consistency") == "leader"


def test_a_query_without_failover_shows_that_it_has_none(desk):
    request = desk.http("GET", "/v1/query/q/explain")
    desk.answer(PreparedQueries(index=6, queries=(PreparedQuery(id=ID, name="q", service=ServiceQuery(service="w")),)))
    assert json.loads(desk.answers[request].body)["Query"]["Service"]["Failover"] == {
        "NearestN": 0,
        "Datacenters": None,
    }


@pytest.mark.parametrize("failover", [None, {}, {"Targets": []}, {"NearestN": 0, "Datacenters": None}])
def test_no_failover_may_be_given_in_any_form(desk, failover):
    desk.http("POST", "/v1/query", {"Name": "x", "Service": {"Service": "web", "Failover": failover}})
    assert desk.upstream().query.service.failover == QueryFailover()


@pytest.mark.parametrize(
    ("parameter", "connect"),
    [
        *[("connect=true", True), ("connect=1", True), ("connect=T", True), ("connect=TRUE", True)],
        *[("connect=false", False), ("connect=0", False), ("connect", False), ("connect=", False), ("", False)],
    ],
)
def test_instances_of_the_mesh_alone_may_be_asked_for(desk, parameter, connect):
    desk.http("GET", f"/v1/query/q/execute?{parameter}")
    assert desk.upstream().connect is connect


def test_explain_wraps_the_query(desk):
    request = desk.http("GET", "/v1/query/q/explain")
    desk.answer(PreparedQueries(index=6, queries=(QUERY,)))
    query = json.loads(desk.answers[request].body)["Query"]
    assert query == BODY | {
        "ID": ID,
        "Token": "",
        "Service": BODY["Service"] | {"Connect": False},
        "CreateIndex": 0,
        "ModifyIndex": 0,
    }


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "words"),
    [
        ("POST", "/v1/query", {"ID": ID}, 500, "ID must be empty when creating a new prepared query"),
        ("POST", "/v1/query", {"Nme": "x"}, 400, 'Request decode failed: json: unknown field "Nme"'),
        ("GET", "/v1/query/short", b"", 500, "failed prepared query lookup: index error: UUID must be 36 characters"),
        ("GET", "/v1/query/x/execute?limit=x", b"", 500, 'Bad limit: strconv.Atoi: parsing "x": invalid syntax'),
        *(
            ("GET", f"/v1/query/x/execute?connect={given}", b"", 500, NO_BOOLEAN.format(given))
            for given in ("maybe", "yes", "2", "tRUE", "null", "on")
        ),
        ("PUT", "/v1/query", b"", 405, "method PUT not allowed"),
    ],
)
def test_bad_query_requests_get_consuls_words(desk, method, target, body, status, words):
    answer = desk.answers[desk.http(method, target, body)]
    assert (answer.status, answer.body.decode()) == (status, words)
