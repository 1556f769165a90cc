"""The root of the service mesh: the first that was written stays."""

from __future__ import annotations

import pytest
from mesh_root import ROOT

from lictor_actors.store.families.connect_ca import CONNECT_CA, RootTable
from lictor_actors.store.indexes import Indexes
from lictor_messages.connect_ca import ListRoots, SetRoot


def test_there_is_none_before_one_is_written(log):
    answer = log.store.evaluate(ListRoots())
    assert (answer.roots, answer.index) == ((), 1)


def test_what_a_second_leader_brings_is_left(log):
    log.ok(SetRoot(root=ROOT))
    first = log.index
    log.put("k", b"")
    second = log.apply(SetRoot(root=ROOT.model_copy(update={"id": "ee:ff"})))
    assert second.ok is False
    answer = log.store.evaluate(ListRoots())
    [root] = answer.roots
    assert root == ROOT.model_copy(update={"create_index": first, "modify_index": first})
    assert answer.index == first


def test_a_root_ahead_of_its_table_is_found():
    roots = RootTable(Indexes())
    roots.load(ROOT.model_copy(update={"create_index": 5, "modify_index": 5}))
    with pytest.raises(AssertionError, match="ahead of its table"):
        CONNECT_CA.check(roots)
