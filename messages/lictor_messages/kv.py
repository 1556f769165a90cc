"""Keys and values."""

from __future__ import annotations

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import Record


class Entry(Record):
    """One key. ``lock_index`` counts acquisitions; ``session`` holds the lock, "" if nobody does."""

    key: str
    value: bytes = b""
    flags: int = 0
    lock_index: int = 0
    session: str = ""
    create_index: int = 0
    modify_index: int = 0


class PutKey(Command):
    """Set a key; with ``cas`` only if its ModifyIndex is that (0: only if it is absent). Outcome: Written."""

    key: str
    value: bytes = b""
    flags: int = 0
    cas: int | None = None


class DeleteKey(Command):
    """Delete a key, or with ``recurse`` all keys that start with it. Outcome: Written."""

    key: str
    recurse: bool = False
    cas: int | None = None


class GetKey(Query):
    """One key; answered by Entries (none or one)."""

    key: str


class ListKeys(Query):
    """All entries under a prefix; answered by Entries."""

    prefix: str


class ListKeyNames(Query):
    """Names under a prefix, cut after the first ``separator``; answered by KeyNames."""

    prefix: str
    separator: str = ""


class Entries(Answer):
    """Entries in the order of their keys."""

    entries: tuple[Entry, ...]


class KeyNames(Answer):
    """Key names in order."""

    keys: tuple[str, ...]
