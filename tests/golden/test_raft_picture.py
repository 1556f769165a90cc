"""docs/raft-roles.svg: the roles of Raft and what makes a server change its role, as the code and its runs have it."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import svg
from raft_chaos import chaos

from lictor_actors.raft.facts import Role
from lictor_actors.raft.role_changes import RoleChanges

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "raft-roles.svg"
FOLLOWER, PRE_CANDIDATE, CANDIDATE, LEADER = (role.value for role in Role)
BECOMES = {name: name.removeprefix("_become_").replace("_", "-") for name in vars(RoleChanges) if "_become_" in name}
"""The methods that change the role, and to what."""


class Change(NamedTuple):
    """One arrow: from where to where, which methods bring it about, and where it and its words stand."""

    source: str
    target: str
    methods: frozenset[str]
    colour: str
    path: tuple[svg.Point, ...]
    words: tuple[str, ...]
    at: svg.Point


HIGHER_TERM = frozenset(
    {"_request_vote", "_vote", "_append_answer", "_snapshot_answer", "_follow", "_is_too_far"},
)
"""Where a message of a higher term, or of the term's leader, is met."""
CHANGES = (
    Change(
        *(FOLLOWER, PRE_CANDIDATE, frozenset({"_election_due"}), "blue", ((160, 104), (300, 104))),
        *(("no leader heard for", "an election time-out"), (230, 78)),
    ),
    Change(
        *(PRE_CANDIDATE, CANDIDATE, frozenset({"_count"}), "blue", ((440, 92), (570, 92))),
        *(("a majority", "would vote for it"), (505, 66)),
    ),
    Change(
        *(CANDIDATE, PRE_CANDIDATE, frozenset({"_election_due"}), "grey", ((570, 116), (440, 116))),
        *(("no majority", "in time"), (505, 136)),
    ),
    Change(
        *(CANDIDATE, LEADER, frozenset({"_count"}), "green", ((608, 134), (608, 290))),
        *(("a majority votes", "for it; its own", "vote is on disk"), (618, 196)),
    ),
    Change(
        *(PRE_CANDIDATE, FOLLOWER, HIGHER_TERM, "orange", ((370, 134), (370, 180), (137, 180), (137, 134))),
        *(("hears a leader or a higher term",), (253, 172)),
    ),
    Change(
        *(CANDIDATE, FOLLOWER, HIGHER_TERM, "orange", ((582, 134), (582, 240), (95, 240), (95, 134))),
        *(("hears the leader of its term, or a higher term",), (338, 232)),
    ),
    Change(
        *(FOLLOWER, CANDIDATE, frozenset({"_timeout_now"}), "blue", ((95, 74), (95, 34), (635, 34), (635, 74))),
        *(("its leader hands over to it",), (365, 26)),
    ),
    Change(
        *(LEADER, FOLLOWER, HIGHER_TERM | {"_heartbeat_due", "resign"}, "orange", ((570, 320), (53, 320), (53, 134))),
        *(
            ("hears a higher term; no majority answers for an election time-out;", "its disk stands still; resigns"),
            (312, 340),
        ),
    ),
)
PLACES = {
    FOLLOWER: (30, 74, 130, ("where it begins",)),
    PRE_CANDIDATE: (300, 74, 140, ("keeps its term",)),
    CANDIDATE: (570, 74, 130, ("begins a new term",)),
    LEADER: (570, 290, 130, ("one in each term",)),
}
BESIDE = {(CANDIDATE, LEADER)}
"""The arrow whose words stand to its right; those of the others stand above or below, in the middle."""


def drawn() -> str:
    boxes = [svg.box(x, y, width, 60, role, what) for role, (x, y, width, what) in PLACES.items()]
    arrows = [svg.arrow(change.colour, *change.path) for change in CHANGES]
    words = [
        svg.lines(*change.at, change.words, anchor="start" if change[:2] in BESIDE else "middle") for change in CHANGES
    ]
    return svg.picture("The roles of a server in Raft, and what makes it change them", 376, [*arrows, *boxes, *words])


def test_the_picture_is_the_codes() -> None:
    if os.environ.get("LICTOR_REWRITE"):
        FILE.write_text(drawn(), encoding="utf-8")
    assert drawn() == FILE.read_text(encoding="utf-8"), "LICTOR_REWRITE=1 pytest tests/golden"


def test_every_role_has_its_place() -> None:
    assert set(PLACES) == {role.value for role in Role}


def callers() -> set[tuple[str, str]]:
    """Each method of Raft that calls one which changes the role, and the role that this one gives."""
    found = set()
    for path in (ROOT / "actors/lictor_actors/raft").glob("*.py"):
        for method in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(method, ast.FunctionDef):
                called = {node.attr for node in ast.walk(method) if isinstance(node, ast.Attribute)}
                found |= {(method.name, BECOMES[name]) for name in called & BECOMES.keys()}
    return found


def test_every_line_of_code_that_changes_the_role_has_an_arrow() -> None:
    assert {(method, change.target) for change in CHANGES for method in change.methods} == callers()


def test_servers_in_trouble_go_along_every_arrow_and_no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[str, str, str]] = set()

    def watched(name: str, become: Callable[..., None]) -> Callable[..., None]:
        def watching(raft: RoleChanges, *rest: Any, **named: Any) -> None:
            if raft.role.value != BECOMES[name]:
                seen.add((raft.role.value, BECOMES[name], sys._getframe(1).f_code.co_name))
            become(raft, *rest, **named)

        return watching

    for name in BECOMES:
        monkeypatch.setattr(RoleChanges, name, watched(name, getattr(RoleChanges, name)))
    for seed in range(12):
        chaos(seed, changes=seed % 2 == 0)
    assert {(source, target) for source, target, _ in seen} == {change[:2] for change in CHANGES}
    allowed = {(change.source, change.target, method) for change in CHANGES for method in change.methods}
    assert not seen - allowed, "draw these in docs/raft-roles.svg"
