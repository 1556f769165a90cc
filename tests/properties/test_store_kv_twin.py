"""The key table against a slow twin: a plain dict, a list of deletes, and the index rules spelt out by scanning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.store.store import Store
from lictor_messages.kv import DeleteKey, GetKey, ListKeyNames, ListKeys, PutKey

KEYS = ("a", "a/", "a/b", "a/b/c", "a/bc", "b", "b/x", "ü")
PREFIXES = ("", "a", "a/", "a/b", "a/b/", "b", "b/", "zz", "ü")

cas = st.one_of(st.none(), st.integers(0, 30))
# A tree's own tombstone replaces those in it: with them the index of a deeper list would fall.
commands = st.lists(
    st.one_of(
        st.builds(
            PutKey,
            key=st.sampled_from(KEYS),
            value=st.sampled_from((b"", b"1", b"2")),
            flags=st.integers(0, 1),
            cas=cas,
        ),
        st.builds(DeleteKey, key=st.sampled_from(KEYS), cas=cas),
        st.builds(DeleteKey, key=st.sampled_from(PREFIXES), recurse=st.just(True)),
    ),
    max_size=30,
)


class Twin:
    """key → (value, flags, created, modified), the stones, and the table's index."""

    def __init__(self):
        self.rows = {}
        self.stones = []
        self.table = 0

    def apply(self, command, index):
        if isinstance(command, PutKey):
            return self.put(command, index)
        if command.recurse:
            if any(key.startswith(command.key) for key in self.rows):
                self.stones = [stone for stone in self.stones if not stone[0].startswith(command.key)]
            return self.remove([key for key in self.rows if key.startswith(command.key)], command.key, index)
        row = self.rows.get(command.key)
        if row is not None and command.cas is not None and command.cas != row[3]:
            return False
        return self.remove([command.key] if row else [], command.key, index)

    def put(self, command, index):
        row = self.rows.get(command.key)
        if command.cas is not None and command.cas != (row[3] if row else 0):
            return False
        if row is None or row[:2] != (command.value, command.flags):
            self.rows[command.key] = (command.value, command.flags, row[2] if row else index, index)
            self.table = index
        return True

    def remove(self, keys, stone, index):
        for key in keys:
            del self.rows[key]
            self.table = index
        if keys and stone:
            self.stones.append((stone, index))
        return True

    def index(self, prefix):
        under = [row[3] for key, row in self.rows.items() if key.startswith(prefix)]
        under += [index for stone, index in self.stones if stone.startswith(prefix)]
        return max(under) if prefix and under else max(1, self.table)


def rows(entries):
    return [(e.key, (e.value, e.flags, e.create_index, e.modify_index)) for e in entries]


def names(keys, prefix, separator):
    cut = []
    for key in keys:
        head, found, _ = key[len(prefix) :].partition(separator)
        name = prefix + head + found
        if name not in cut:
            cut.append(name)
    return tuple(cut)


@given(commands)
def test_the_key_table_is_its_slow_twin(log):
    store, twin = Store(), Twin()
    seen = dict.fromkeys(PREFIXES, 0)
    for index, command in enumerate(log, start=1):
        assert store.apply(index, index, command).ok == twin.apply(command, index)
        store.check()
        for key in KEYS:
            answer = store.evaluate(GetKey(key=key))
            row = twin.rows.get(key)
            assert rows(answer.entries) == ([(key, row)] if row else [])
            assert answer.index == (row[3] if row else max(1, twin.table))
        for prefix in PREFIXES:
            expected = sorted((key, row) for key, row in twin.rows.items() if key.startswith(prefix))
            answer = store.evaluate(ListKeys(prefix=prefix))
            assert rows(answer.entries) == expected
            assert answer.index == twin.index(prefix)
            cut = store.evaluate(ListKeyNames(prefix=prefix, separator="/"))
            assert cut.keys == names([key for key, _ in expected], prefix, "/")
            assert cut.index == answer.index >= seen[prefix], "an index went backwards"
            seen[prefix] = answer.index
