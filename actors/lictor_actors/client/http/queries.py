"""Prepared queries over HTTP: Consul's /v1/query."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpCall, HttpReply, Row, Translation, call, given
from lictor_actors.client.http.catalog import instance_of
from lictor_actors.client.results import Named
from lictor_actors.consul.structs.queries import QUERY
from lictor_messages import queries as q
from lictor_messages.answers import Written
from lictor_messages.base import Message


def _body(query: q.PreparedQuery) -> Row:
    row = given(QUERY.row(query), "ID", "CreateIndex", "ModifyIndex")
    row["Service"] = given(row["Service"])
    return row if query.template.type else given(row, "Template")


def _created(_: Message, reply: HttpReply) -> Named:
    return Named(id=reply.json()["ID"])


def _found(_: Message, reply: HttpReply) -> q.PreparedQueries:
    return q.PreparedQueries(queries=tuple(map(QUERY.shown, reply.rows())), **reply.figures)


def _explained(_: Message, reply: HttpReply) -> q.PreparedQueries:
    return q.PreparedQueries(queries=(QUERY.shown(reply.json()["Query"]),), **reply.figures)


def _execute(query: q.ExecutePreparedQuery) -> HttpCall:
    params = [("limit", str(query.limit))] if query.limit else []
    return call(query, "GET", "query", query.name_or_id, "execute", params=params)


def _executed(_: Message, reply: HttpReply) -> q.QueryExecuted:
    found = reply.json()
    return q.QueryExecuted(
        service=found["Service"],
        instances=tuple(map(instance_of, found["Nodes"] or ())),
        dns_ttl=found["DNS"]["TTL"],
        datacenter=found["Datacenter"],
        failovers=found["Failovers"],
        **reply.figures,
    )


TRANSLATIONS: dict[type[Message], Translation] = {
    q.CreatePreparedQuery: Translation(lambda c: call(c, "POST", "query", body=_body(c.query)), _created),
    q.UpdatePreparedQuery: Translation(
        lambda c: call(c, "PUT", "query", c.query.id, body=_body(c.query)), lambda _, __: Written()
    ),
    q.DeletePreparedQuery: Translation(lambda c: call(c, "DELETE", "query", c.id), lambda _, __: Written()),
    q.GetPreparedQuery: Translation(lambda a: call(a, "GET", "query", a.id), _found, also=(404,)),
    q.ListPreparedQueries: Translation(lambda a: call(a, "GET", "query"), _found),
    q.ExecutePreparedQuery: Translation(_execute, _executed),
    q.ExplainPreparedQuery: Translation(lambda a: call(a, "GET", "query", a.name_or_id, "explain"), _explained),
}
