"""Keys and values as clients see them: Consul's /v1/kv."""

from __future__ import annotations

from typing import Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration
from lictor_actors.client.questions import ask, ok, read, to_bytes
from lictor_actors.client.results import ReadOptions, Rows, query_fields
from lictor_messages.answers import Written
from lictor_messages.kv import DeleteKey, Entries, Entry, GetKey, KeyNames, ListKeyNames, ListKeys, PutKey


class KeyValues(Api[M]):
    """Keys and values."""

    @both
    def get(self, key: str, **options: Unpack[ReadOptions]) -> Ask[Entry | None]:
        """One key, None if it does not exist."""
        return read(
            GetKey(key=key, **query_fields(options)), Entries, lambda a: a.entries[0] if a.entries else None, options
        )

    @both
    def list(self, prefix: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[Entry]]:
        """All entries under a prefix, in the order of their keys."""
        return read(ListKeys(prefix=prefix, **query_fields(options)), Entries, lambda a: Rows.of(a, a.entries), options)

    @both
    def keys(self, prefix: str = "", *, separator: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[str]]:
        """Names under a prefix, cut after the first ``separator`` behind it."""
        return read(
            ListKeyNames(prefix=prefix, separator=separator, **query_fields(options)),
            KeyNames,
            lambda a: Rows.of(a, a.keys),
            options,
        )

    @both
    def put(
        self,
        key: str,
        value: bytes | str = b"",
        *,
        flags: int = 0,
        cas: int | None = None,
        dc: str = "",
        timeout: Duration | None = None,
    ) -> Ask[bool]:
        """Set a key; with ``cas`` only if its ModifyIndex is that, else False."""
        return ask(PutKey(key=key, value=to_bytes(value), flags=flags, cas=cas, dc=dc), Written, ok, timeout)

    @both
    def cas(
        self, key: str, value: bytes | str, index: int, *, flags: int = 0, dc: str = "", timeout: Duration | None = None
    ) -> Ask[bool]:
        """Set a key if it has not changed since ``index`` (its ModifyIndex; 0: if it does not exist)."""
        return ask(PutKey(key=key, value=to_bytes(value), flags=flags, cas=index, dc=dc), Written, ok, timeout)

    @both
    def acquire(
        self, key: str, session: str, value: bytes | str = b"", *, flags: int = 0, timeout: Duration | None = None
    ) -> Ask[bool]:
        """Lock a key for a session and set it; False if another holds it, or lost it so recently (its lock-delay)."""
        return ask(PutKey(key=key, value=to_bytes(value), flags=flags, acquire=session), Written, ok, timeout)

    @both
    def release(
        self, key: str, session: str, value: bytes | str = b"", *, flags: int = 0, timeout: Duration | None = None
    ) -> Ask[bool]:
        """Unlock a key and set it; False if this session does not hold it."""
        return ask(PutKey(key=key, value=to_bytes(value), flags=flags, release=session), Written, ok, timeout)

    @both
    def delete(
        self,
        key: str,
        *,
        recurse: bool = False,
        cas: int | None = None,
        dc: str = "",
        timeout: Duration | None = None,
    ) -> Ask[bool]:
        """Delete a key, or with ``recurse`` all keys that start with it."""
        return ask(DeleteKey(key=key, recurse=recurse, cas=cas, dc=dc), Written, ok, timeout)
