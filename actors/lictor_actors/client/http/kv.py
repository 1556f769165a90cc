"""Keys over HTTP: Consul's /v1/kv."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.client.http.call import HttpCall, HttpReply, Translation, call, written
from lictor_actors.consul.structs.kv import ENTRY
from lictor_messages.base import Message
from lictor_messages.kv import DeleteKey, Entries, GetKey, KeyNames, ListKeyNames, ListKeys, PutKey


def _entries(_: Message, reply: HttpReply) -> Entries:
    return Entries(entries=tuple(map(ENTRY.shown, reply.rows())), **reply.figures)


def _names(_: Message, reply: HttpReply) -> KeyNames:
    return KeyNames(keys=tuple(reply.rows()), **reply.figures)


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


TRANSLATIONS: dict[type[Message], Translation] = {
    GetKey: Translation(lambda q: call(q, "GET", "kv", q.key), _entries, also=(404,)),
    ListKeys: Translation(lambda q: call(q, "GET", "kv", q.prefix, params=[("recurse", "")]), _entries, also=(404,)),
    ListKeyNames: Translation(_list_names, _names, also=(404,)),
    PutKey: Translation(_put, written),
    DeleteKey: Translation(_delete, written),
}
