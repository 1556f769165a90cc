"""The key-value table: entries, and tombstones that keep the index of a prefix from falling after a delete.

Who may lock a key is settled in ``locks``; here a lock is just two more fields of an entry.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Protocol

from lictor_actors.store.indexes import Indexes
from lictor_actors.store.ordered import Ordered, keys_under
from lictor_actors.store.rows import row_of
from lictor_messages.answers import Written
from lictor_messages.kv import DeleteKey, Entries, Entry, GetKey, KeyNames, ListKeyNames, ListKeys, PutKey
from lictor_messages.refusals import Refused

KVS = "kvs"
TOMBSTONES = "tombstones"
_MODIFY_INDEX = attrgetter("modify_index")
REAPED = "reaped"
"""The newest tombstone that was ever reaped: no list of keys may report less."""


class Locking(Protocol):
    """Writes to keys that take a lock or give it back."""

    def put(self, command: PutKey, index: int) -> Written | Refused:
        """Set a key, if its lock can be taken, or is held and given back."""


class KeyTable:
    """Keys in order. A tombstone says at which index something at, or under, its key was deleted."""

    __slots__ = ("entries", "held", "indexes", "locking", "tombstones")

    def __init__(self, indexes: Indexes) -> None:
        self.entries: Ordered[str, Entry] = Ordered()
        self.tombstones: Ordered[str, int] = Ordered()
        self.held: dict[str, dict[str, None]] = {}
        """Session → the keys it has locked; a session without keys has no row."""
        self.indexes = indexes
        self.locking: Locking | None = None

    # writes

    def put_or_lock(self, command: PutKey, index: int) -> Written | Refused:
        """Set a key; with a session, take its lock or give it back."""
        if command.acquire is None and command.release is None:
            return self.put(command, index)
        assert self.locking is not None, "a store has sessions"
        return self.locking.put(command, index)

    def put(self, command: PutKey, index: int) -> Written:
        """Set a key; who holds it goes on holding it."""
        old = self.entries.get(command.key)
        if not cas_holds(command.cas, old):
            return Written(ok=False, index=index)
        session, lock_index = (old.session, old.lock_index) if old is not None else ("", 0)
        self.write(command.key, command.value, command.flags, session, lock_index, index)
        return Written(index=index)

    def write(self, key: str, value: bytes, flags: int, session: str, lock_index: int, index: int) -> None:
        """Set all that a key holds; writing what is already there moves no index."""
        old = self.entries.get(key)
        if old is not None:
            if (old.value, old.flags, old.session, old.lock_index) == (value, flags, session, lock_index):
                return
            if old.session != session:
                self._unhold(old)
        fields = {
            "key": key,
            "value": value,
            "flags": flags,
            "lock_index": lock_index,
            "session": session,
            "create_index": old.create_index if old is not None else index,
            "modify_index": index,
        }
        self.entries[key] = row_of(Entry, fields)
        if session:
            self.held.setdefault(session, {})[key] = None
        self.tombstones.pop(key, None)  # the entry itself now holds the prefix's index up
        self._changed(key, index)

    def load(self, entry: Entry) -> None:
        """Take a row as it is."""
        self.entries[entry.key] = entry
        if entry.session:
            self.held.setdefault(entry.session, {})[entry.key] = None

    def delete(self, command: DeleteKey, index: int) -> Written:
        """Delete a key or a tree; what is absent counts as deleted, also with ``cas``."""
        if command.recurse:
            self._delete_tree(command.key, index)
            return Written(index=index)
        old = self.entries.get(command.key)
        if old is None:
            return Written(index=index)
        if command.cas is not None and command.cas != old.modify_index:
            return Written(ok=False, index=index)
        self._bury(command.key, (command.key,), index)
        return Written(index=index)

    def _delete_tree(self, prefix: str, index: int) -> None:
        """One tombstone stands for a whole tree: below it nothing is left, so deeper lists report the table.

        Older tombstones in the tree have to go: they would let the index of a deeper list fall back to theirs.
        """
        doomed = tuple(keys_under(self.entries, prefix))
        if not doomed:
            return
        for stone in tuple(keys_under(self.tombstones, prefix)):
            del self.tombstones[stone]
        self._bury(prefix, doomed, index)

    def _bury(self, stone: str, keys: tuple[str, ...], index: int) -> None:
        for key in keys:
            self._unhold(self.entries.pop(key))
            self._changed(key, index)
        self.indexes.tables[TOMBSTONES] = index
        if stone:
            self.tombstones[stone] = index

    def _unhold(self, entry: Entry) -> None:
        if not entry.session:
            return
        keys = self.held[entry.session]
        del keys[entry.key]
        if not keys:
            del self.held[entry.session]

    def _changed(self, key: str, index: int) -> None:
        self.indexes.tables[KVS] = index  # nobody watches the table: keys and prefixes are watched one by one
        self.indexes.touch_path("key", key)

    # reads

    def get(self, query: GetKey) -> Entries:
        """One key, at its own ModifyIndex; at the table's if it is absent."""
        entry = self.entries.get(query.key)
        if entry is None:
            return Entries(index=max(1, self.table_index()), entries=())
        return Entries(index=entry.modify_index, entries=(entry,))

    def list(self, query: ListKeys) -> Entries:
        """All entries under a prefix."""
        entries = tuple(map(self.entries.__getitem__, keys_under(self.entries, query.prefix)))
        return Entries(index=self._prefix_index(query.prefix, entries), entries=entries)

    def names(self, query: ListKeyNames) -> KeyNames:
        """Names under a prefix, cut after the separator; what is cut away counts for the index all the same."""
        keys = tuple(keys_under(self.entries, query.prefix))
        index = self._prefix_index(query.prefix, tuple(map(self.entries.__getitem__, keys)))
        if query.separator:
            keys = cut_at(keys, query)
        return KeyNames(index=index, keys=keys)

    def table_index(self) -> int:
        """The index of the last write to any key."""
        return self.indexes.table(KVS, TOMBSTONES)

    def key_version(self, query: GetKey) -> int:
        """What ``get`` would report, without building an answer."""
        entry = self.entries.get(query.key)
        return self.table_index() if entry is None else entry.modify_index

    def list_version(self, _: ListKeys | ListKeyNames) -> int:
        """A number that stays the same while every list and its index do."""
        return max(self.table_index(), self.indexes.reaped_at)

    def _prefix_index(self, prefix: str, entries: tuple[Entry, ...]) -> int:
        newest = 0
        if prefix:
            written = max(map(_MODIFY_INDEX, entries), default=0)
            buried = max((self.tombstones[key] for key in keys_under(self.tombstones, prefix)), default=0)
            newest = max(written, buried)
        if not newest:
            return max(1, self.table_index())
        return max(newest, self.indexes.tables.get(REAPED, 0))


def cas_holds(cas: int | None, old: Entry | None) -> bool:
    """Whether a compare-and-set goes through: ``cas`` is the ModifyIndex, or 0 for a key that must not exist."""
    if cas is None:
        return True
    return old is None if cas == 0 else old is not None and old.modify_index == cas


def cut_at(keys: tuple[str, ...], query: ListKeyNames) -> tuple[str, ...]:
    """The names up to the separator that follows the prefix, each once."""
    return tuple(dict.fromkeys(_cut(key, len(query.prefix), query.separator) for key in keys))


def _cut(key: str, start: int, separator: str) -> str:
    at = key.find(separator, start)
    return key if at < 0 else key[: at + len(separator)]
