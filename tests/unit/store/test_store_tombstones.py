"""Tombstones are forgotten through the log, and no index falls for it."""

from __future__ import annotations

import pytest

from lictor_actors.store.watches import Watches
from lictor_messages.kv import ListKeys, ReapTombstones


@pytest.fixture
def deleted(log):
    """a/old was written, then a/new, and a/new was deleted."""
    log.put("a/old")
    log.put("a/new")
    log.delete("a/new")
    return log


def test_only_tombstones_up_to_the_index_are_reaped(deleted):
    upto = deleted.index
    deleted.put("b/1")
    deleted.delete("b/1")
    deleted.ok(ReapTombstones(upto=upto))
    assert list(deleted.store.kv.tombstones) == ["b/1"]


def test_the_index_of_a_list_does_not_fall_when_its_tombstones_go(deleted):
    before = deleted.at(ListKeys(prefix="a/"))
    deleted.ok(ReapTombstones(upto=deleted.index))
    assert deleted.at(ListKeys(prefix="a/")) == before
    assert deleted.store.kv.tombstones == {}


def test_it_does_not_fall_either_when_several_go_at_once(deleted):
    for key in ("a/2", "a/1"):
        deleted.put(key)
        deleted.delete(key)
    before = deleted.at(ListKeys(prefix="a/"))
    deleted.ok(ReapTombstones(upto=deleted.index))
    assert deleted.at(ListKeys(prefix="a/")) == before


def test_an_empty_prefix_goes_back_to_the_tables_index(deleted):
    deleted.put("c/1")
    deleted.delete("c/1")
    buried = deleted.index
    deleted.put("z")
    assert deleted.at(ListKeys(prefix="c/")) == buried
    deleted.ok(ReapTombstones(upto=buried))
    assert deleted.at(ListKeys(prefix="c/")) == buried + 1


def test_a_rendered_list_is_out_of_date_after_reaping_but_nobody_is_woken(deleted):
    query = ListKeys(prefix="a/old")
    version, index = deleted.store.version(query), deleted.at(query)
    watches = Watches()
    watches.park(query.model_copy(update={"min_index": index}), "me")
    deleted.store.take_touched()
    deleted.ok(ReapTombstones(upto=deleted.index))
    assert deleted.at(query) > index
    assert deleted.store.version(query) != version
    assert watches.wake(deleted.store) == []


def test_nothing_to_reap_changes_nothing(deleted):
    """Not even what is kept of lists that were rendered."""
    query = ListKeys(prefix="a/")
    before = deleted.store.digest(), deleted.store.version(query)
    deleted.ok(ReapTombstones(upto=1))
    assert (deleted.store.digest(), deleted.store.version(query)) == before
