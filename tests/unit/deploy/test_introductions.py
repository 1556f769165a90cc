"""The parent of a large cluster has the nodes of one start meet before any of them probes."""

from __future__ import annotations

from collections.abc import Iterable

from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.parent.introductions import PART, Introductions

ALL = {"introduced": "all"}


class Told:
    """What each process was told."""

    def __init__(self) -> None:
        self.by = dict[str, list[Said]]()

    def __call__(self, message: Said, names: Iterable[str]) -> None:
        for name in names:
            self.by.setdefault(name, []).append(message)

    def records(self, name: str) -> list[str]:
        return [record for said in self.by[name] for record in said.get("meet", ())]


def test_all_meet_once_the_last_process_is_there_and_probe_once_all_have_met() -> None:
    told = Told()
    introductions = Introductions(["a", "b"], told)
    many = [f"a{number}" for number in range(PART + 1)]
    introductions.presented("a", many)
    assert not told.by
    introductions.presented("b", ["b1"])
    assert told.records("a") == told.records("b") == [*many, "b1"]
    assert told.by["a"][-1] == {"introduced": "these"}
    introductions.met("b")
    assert ALL not in told.by["b"]
    introductions.met("a")
    assert told.by["a"][-1] == told.by["b"][-1] == ALL


def test_a_process_that_starts_again_has_its_nodes_met_anew() -> None:
    told = Told()
    introductions = Introductions(["a", "b"], told)
    introductions.presented("a", ["a1"])
    introductions.presented("b", ["b1"])
    introductions.met("b")
    introductions.presented("b", ["b2"])
    introductions.met("a")
    assert told.records("a") == ["a1", "b1", "a1", "b2"]
    assert ALL not in told.by["a"], "b in its new life has met no node yet"
    introductions.met("b")
    assert told.by["a"][-1] == ALL


def test_nodes_that_come_after_the_start_join() -> None:
    told = Told()
    introductions = Introductions(["a"], told)
    introductions.presented("a", ["a1"])
    introductions.met("a")
    told.by.clear()
    introductions.presented("a", ["a2"])
    assert told.by == {"a": [ALL]}
