"""Keys and values."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message, Record
from lictor_messages.json_names import Json

VALUE_MOST = 524_288
"""Bytes of a value, by any door: the default of Consul's limits.kv_max_value_size."""

TARGET_MOST = 524_288
"""Bytes of an HTTP request's target."""
KEY_MOST = TARGET_MOST - len("/v1/kv/")
"""Bytes of a key, by any door: more could be written on the bus, and never be asked for over HTTP."""


class Entry(Record):
    """One key. ``lock_index`` counts acquisitions; ``session`` holds the lock, "" if none does."""

    key: Annotated[str, Json("Key")]
    value: Annotated[bytes, Json("Value", "base64", empty="null")] = b""
    flags: Annotated[int, Json("Flags", "unsigned", before="Value")] = 0
    lock_index: Annotated[int, Json("LockIndex", "index", before="Key")] = 0
    session: Annotated[str, Json("Session", empty="omitted")] = ""
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class PutKey(Command, kind="kv.put_key", on=WIRE | STORED):
    """Set a key; with ``cas`` only if its ModifyIndex is that (0: only if it is absent).

    With ``acquire`` or ``release``, the id of a session, only if that session gets the lock or gives it back.
    Outcome: Written, or Refused Invalid for a session that does not exist.
    """

    key: str
    value: bytes = b""
    flags: int = 0
    cas: int | None = None
    acquire: str | None = None
    release: str | None = None


class DeleteKey(Command, kind="kv.delete_key", on=WIRE | STORED):
    """Delete a key, or with ``recurse`` all keys that start with it. Outcome: Written."""

    key: str
    recurse: bool = False
    cas: int | None = None


class ReapTombstones(Command, kind="kv.reap_tombstones", on=STORED):
    """The leader's own: forget what was deleted at or before this log index. Outcome: Written."""

    upto: int


class ReapDue(Message):
    """The leader's timer: tombstones may be old enough to be reaped."""


class GetKey(Query, kind="kv.get_key", on=WIRE):
    """One key; answered by Entries (none or one)."""

    key: str


class ListKeys(Query, kind="kv.list_keys", on=WIRE):
    """All entries under a prefix; answered by Entries."""

    prefix: str


class ListKeyNames(Query, kind="kv.list_key_names", on=WIRE):
    """Names under a prefix, cut after the first ``separator``; answered by KeyNames."""

    prefix: str
    separator: str = ""


class Entries(Answer, kind="kv.entries", on=WIRE):
    """Entries in the order of their keys."""

    entries: tuple[Entry, ...]


class KeyNames(Answer, kind="kv.key_names", on=WIRE):
    """Key names in order."""

    keys: tuple[str, ...]
