"""Sessions over HTTP: Consul's /v1/session."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpCall, HttpReply, Translation, call, written
from lictor_actors.client.results import Named
from lictor_actors.consul.structs.sessions import NEW_SESSION, SESSION
from lictor_messages.base import Message
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
    Sessions,
)


def _create(command: CreateSession) -> HttpCall:
    row = NEW_SESSION.row(command.session)
    # An empty list of checks is something else than none: it does without the node's own.
    return call(
        command,
        "PUT",
        "session",
        "create",
        body={name: value for name, value in row.items() if value not in (None, "")},
    )


def _created(_: CreateSession, reply: HttpReply) -> Named:
    return Named(id=reply.json()["ID"])


def _sessions(_: Message, reply: HttpReply) -> Sessions:
    return Sessions(sessions=tuple(map(SESSION.shown, reply.rows())), **reply.figures)


TRANSLATIONS: dict[type[Message], Translation] = {
    CreateSession: Translation(_create, _created),
    DestroySession: Translation(lambda c: call(c, "PUT", "session", "destroy", c.id), written),
    RenewSession: Translation(lambda q: call(q, "PUT", "session", "renew", q.id), _sessions, also=(404,)),
    GetSession: Translation(lambda q: call(q, "GET", "session", "info", q.id), _sessions),
    ListNodeSessions: Translation(lambda q: call(q, "GET", "session", "node", q.node), _sessions),
    ListSessions: Translation(lambda q: call(q, "GET", "session", "list"), _sessions),
}
