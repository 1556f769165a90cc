"""Snapshots over HTTP: Consul's /v1/snapshot."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpCall, HttpReply, Translation, call, given
from lictor_actors.client.http_only import RestoreSnapshot, SaveSnapshot, SnapshotArchive
from lictor_messages.answers import Written
from lictor_messages.base import Message


def _save(message: SaveSnapshot) -> HttpCall:
    stale = [("stale", "")] if message.stale else []
    return call(message, "GET", "snapshot", params=[*given({"dc": message.dc}).items(), *stale])


def _restore(message: RestoreSnapshot) -> HttpCall:
    return call(message, "PUT", "snapshot", params=given({"dc": message.dc}).items(), body=message.data)


def _archive(_: Message, reply: HttpReply) -> SnapshotArchive:
    return SnapshotArchive(data=reply.body)


TRANSLATIONS: dict[type[Message], Translation] = {
    SaveSnapshot: Translation(_save, _archive),
    RestoreSnapshot: Translation(_restore, lambda _, __: Written()),
}
