"""A snapshot that comes in parts through the log: repeats, strangers, silence, and what was answered before it."""

from hashlib import sha256

import pytest

from lictor_actors.store.snapshot.freeze import START, encode, freeze
from lictor_actors.store.snapshot.staged import KEPT_NS
from lictor_actors.store.store import Store
from lictor_messages.answers import Written
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.snapshots import RestoreStaged, StageRestore


@pytest.fixture
def picture() -> bytes:
    """Of a store with one key."""
    store = Store()
    store.apply(1, 1, PutKey(key="k", value=b"kept"))
    data, place = encode(freeze(store), START, 1 << 20)
    assert place is None
    return data


def restore(data: bytes, name: str = "one", **changed: object) -> RestoreStaged:
    return RestoreStaged(**{"id": name, "parts": 1, "digest": sha256(data).hexdigest(), **changed})


def value(store: Store) -> bytes:
    (entry,) = store.evaluate(GetKey(key="k")).entries
    return entry.value


def staged(data: bytes, at_ns: int = 10) -> Store:
    store = Store()
    store.apply(5, 5, PutKey(key="k", value=b"later"))
    assert store.apply(6, at_ns, StageRestore(id="one", part=0, data=data)) == Written(index=6)
    return store


def test_a_restore_that_is_asked_for_again_is_done_already(picture: bytes) -> None:
    """Its first answer was lost on the way, and the outcomes of that minute with it."""
    store = staged(picture)
    assert store.apply(7, 11, restore(picture)).ok
    store.apply(8, 12, PutKey(key="k", value=b"newer"))
    assert store.apply(9, 13, restore(picture)) == Written(index=9)
    assert value(store) == b"newer"


def test_what_was_staged_has_to_be_what_was_sent(picture: bytes) -> None:
    store = staged(picture)
    refused = store.apply(7, 11, restore(picture, digest="0" * 64))
    assert refused.words == "failed to restore snapshot: what was staged is not what was sent"
    assert value(store) == b"later"


def test_parts_whose_sender_has_gone_silent_are_dropped(picture: bytes) -> None:
    store = staged(picture)
    store.apply(7, 10 + KEPT_NS, PutKey(key="x"))
    assert store.staged
    store.apply(8, 11 + KEPT_NS, PutKey(key="x"))
    assert not store.staged
    assert store.staged.parts == []


def test_a_write_of_before_a_restore_that_comes_again_is_not_done_again(picture: bytes) -> None:
    store = staged(picture)
    first = store.apply_once(7, 11, "gateway@n1.dc1", "r", PutKey(key="k", value=b"once"))
    store.apply_once(8, 12, "gateway@n1.dc1", "s", restore(picture))
    assert store.apply_once(9, 13, "gateway@n1.dc1", "r", PutKey(key="k", value=b"once")) == first
    assert value(store) == b"kept"
