"""Keys and sessions over HTTP: Consul's /v1/kv and /v1/session."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.client.http.call import HttpCall, HttpReply, Translation, call
from lictor_actors.client.results import Named
from lictor_actors.consul.structs.kv import ENTRY, NEW_SESSION, SESSION
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.kv import DeleteKey, Entries, GetKey, KeyNames, ListKeyNames, ListKeys, PutKey
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
    Sessions,
)


def _entries(_: Message, reply: HttpReply) -> Entries:
    return Entries(entries=tuple(map(ENTRY.shown, reply.rows())), **reply.figures)


def _names(_: Message, reply: HttpReply) -> KeyNames:
    return KeyNames(keys=tuple(reply.rows()), **reply.figures)


def _written(_: Message, reply: HttpReply) -> Written:
    return Written(ok=reply.json() is True)


def _put(command: PutKey) -> HttpCall:
    return call(command, "PUT", "kv", command.key, params=_conditions(command), body=command.value)


def _conditions(command: PutKey) -> Iterator[tuple[str, str]]:
    if command.flags:
        yield "flags", str(command.flags)
    for name, value in (("cas", command.cas), ("acquire", command.acquire), ("release", command.release)):
        if value is not None:
            yield name, str(value)


def _delete(command: DeleteKey) -> HttpCall:
    params = [("recurse", "")] if command.recurse else []
    params += [("cas", str(command.cas))] if command.cas is not None else []
    return call(command, "DELETE", "kv", command.key, params=params)


def _list_names(query: ListKeyNames) -> HttpCall:
    params = [("keys", "")] + ([("separator", query.separator)] if query.separator else [])
    return call(query, "GET", "kv", query.prefix, params=params)


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
    GetKey: Translation(lambda q: call(q, "GET", "kv", q.key), _entries, also=(404,)),
    ListKeys: Translation(lambda q: call(q, "GET", "kv", q.prefix, params=[("recurse", "")]), _entries, also=(404,)),
    ListKeyNames: Translation(_list_names, _names, also=(404,)),
    PutKey: Translation(_put, _written),
    DeleteKey: Translation(_delete, _written),
    CreateSession: Translation(_create, _created),
    DestroySession: Translation(lambda c: call(c, "PUT", "session", "destroy", c.id), _written),
    RenewSession: Translation(lambda q: call(q, "PUT", "session", "renew", q.id), _sessions, also=(404,)),
    GetSession: Translation(lambda q: call(q, "GET", "session", "info", q.id), _sessions),
    ListNodeSessions: Translation(lambda q: call(q, "GET", "session", "node", q.node), _sessions),
    ListSessions: Translation(lambda q: call(q, "GET", "session", "list"), _sessions),
}
