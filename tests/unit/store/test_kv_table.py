"""Keys: values, compare-and-set, trees, and the index rules of Consul's KV endpoints."""

from __future__ import annotations

import pytest

from lictor_messages.kv import GetKey, ListKeyNames, ListKeys


def keys(log, prefix=""):
    return [entry.key for entry in log.ask(ListKeys(prefix=prefix)).entries]


def test_a_put_creates_then_updates_and_keeps_the_create_index(log):
    log.put("a", b"1", flags=7)
    log.put("a", b"2", flags=8)
    (entry,) = log.ask(GetKey(key="a")).entries
    assert (entry.value, entry.flags, entry.create_index, entry.modify_index) == (b"2", 8, 11, 12)


def test_an_index_is_never_zero_even_in_an_empty_store(log):
    for query in (GetKey(key="a"), ListKeys(prefix="a"), ListKeys(prefix=""), ListKeyNames(prefix="")):
        assert log.at(query) == 1


def test_a_key_reports_its_own_modify_index_whatever_else_is_written(log):
    log.put("a")
    log.put("b")
    assert log.at(GetKey(key="a")) == 11


def test_a_missing_key_reports_the_table_and_deletes_count(log):
    log.put("a")
    log.put("b")
    assert log.at(GetKey(key="x")) == 12
    log.delete("b")
    assert log.at(GetKey(key="x")) == 13


def test_a_put_of_the_same_value_and_flags_moves_no_index(log):
    log.put("a", b"1", flags=1)
    assert log.put("a", b"1", flags=1)
    assert log.at(GetKey(key="a")) == 11
    assert log.at(ListKeys(prefix="")) == 11
    assert log.put("a", b"1", flags=2)
    assert log.at(GetKey(key="a")) == 13


def test_a_list_reports_the_newest_entry_under_its_prefix_only(log):
    log.put("a/1")
    log.put("a/2")
    log.put("b")
    assert log.at(ListKeys(prefix="a/")) == 12
    assert log.at(ListKeys(prefix="a/1")) == 11
    assert log.at(ListKeys(prefix="")) == 13


def test_a_delete_leaves_a_tombstone_so_that_the_list_index_rises(log):
    log.put("a/1")
    log.put("a/2")
    log.put("b")
    log.delete("a/2")
    log.put("c")
    assert keys(log, "a/") == ["a/1"]
    assert log.at(ListKeys(prefix="a/")) == 14
    assert log.at(ListKeys(prefix="b")) == 13


def test_a_prefix_without_entries_or_tombstones_reports_the_table(log):
    log.put("a")
    log.put("b")
    assert log.at(ListKeys(prefix="zz")) == 12


def test_the_root_list_reports_the_table_with_its_deletes(log):
    log.put("a")
    log.put("b")
    log.delete("a")
    assert log.at(ListKeys(prefix="")) == 13


def test_a_deleted_tree_raises_the_index_of_shorter_and_deeper_prefixes(log):
    log.put("a/b/1")
    log.put("a/b/2")
    log.put("a/c")
    log.delete("a/b/", recurse=True)
    log.put("z")
    assert keys(log) == ["a/c", "z"]
    assert log.at(ListKeys(prefix="a/")) == 14
    assert log.at(ListKeys(prefix="a/b/1")) >= 14


@pytest.mark.parametrize("tree", ["a/", ""])
def test_an_old_tombstone_inside_a_deleted_tree_does_not_pull_its_index_back(log, tree):
    log.put("a/b/old")
    log.delete("a/b/old")
    log.put("a/b/new")
    assert log.at(ListKeys(prefix="a/b/")) == 13
    log.delete(tree, recurse=True)
    assert log.at(ListKeys(prefix="a/b/")) == 14


def test_deleting_everything_by_the_empty_prefix(log):
    log.put("a")
    log.put("b")
    assert log.delete("", recurse=True)
    assert keys(log) == []
    assert log.at(ListKeys(prefix="")) == 13


@pytest.mark.parametrize("fields", [{}, {"recurse": True}, {"cas": 5}])
def test_deleting_what_is_absent_holds_and_moves_no_index(log, fields):
    log.put("a")
    assert log.delete("x", **fields)
    assert log.at(ListKeys(prefix="")) == 11


def test_a_rewritten_key_takes_its_tombstone_s_place(log):
    log.put("a")
    log.delete("a")
    log.put("a")
    assert log.at(ListKeys(prefix="a")) == 13
    log.put("b")
    assert log.at(ListKeys(prefix="a")) == 13
    (entry,) = log.ask(GetKey(key="a")).entries
    assert entry.create_index == 13


def test_cas_zero_only_creates(log):
    assert log.put("a", b"1", cas=0)
    assert not log.put("a", b"2", cas=0)
    assert log.ask(GetKey(key="a")).entries[0].value == b"1"


def test_cas_holds_only_for_the_current_modify_index(log):
    log.put("a", b"1")
    assert not log.put("a", b"2", cas=10)
    assert not log.put("x", b"2", cas=10)
    assert log.put("a", b"2", cas=11)
    assert log.at(GetKey(key="a")) == 14


def test_delete_cas_holds_only_for_the_current_modify_index(log):
    log.put("a")
    assert not log.delete("a", cas=10)
    assert keys(log) == ["a"]
    assert log.delete("a", cas=11)
    assert keys(log) == []


def test_names_are_cut_after_the_first_separator_behind_the_prefix(log):
    for key in ("a/b/1", "a/b/2", "a/c", "a/d/", "b"):
        log.put(key)
    assert log.ask(ListKeyNames(prefix="a/", separator="/")).keys == ("a/b/", "a/c", "a/d/")
    assert log.ask(ListKeyNames(prefix="", separator="/")).keys == ("a/", "b")
    assert log.ask(ListKeyNames(prefix="a/")).keys == ("a/b/1", "a/b/2", "a/c", "a/d/")


def test_keys_that_a_separator_cuts_away_still_count_for_the_index(log):
    log.put("a/x")
    log.put("b")
    log.put("a/b/deep")
    assert log.at(ListKeyNames(prefix="a/", separator="/")) == 13
