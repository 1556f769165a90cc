"""docs/security.md names a test for each limit and for each hole that others had: these tests exist."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)`((?:,? `test_\w+`)+)")
TESTS = [(path, test) for path, tests in NAMED.findall(PAGE) for test in re.findall(r"test_\w+", tests)]


@pytest.mark.parametrize(("path", "test"), TESTS, ids=lambda part: part.rpartition("/")[2])
def test_what_the_page_names_exists(path: str, test: str) -> None:
    assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("title", ["What strangers can make a node hold", "Holes of others"])
def test_each_row_names_one(title: str) -> None:
    section = PAGE.partition(f"\n## {title}")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 10
    assert [row for row in rows if not NAMED.search(row)] == []


def test_each_attempt_of_an_attacker_is_a_row() -> None:
    spec = spec_from_file_location("attackers", ROOT / "tests" / "e2e" / "test_attackers.py")
    assert spec is not None
    assert spec.loader is not None
    attackers = module_from_spec(spec)
    spec.loader.exec_module(attackers)
    section = PAGE.partition("\n## What an attacker moves")[2].partition("more have tests of their own")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    told = {attempt: counted.split("`")[1] for attempt, _, counted in rows[2:]}
    assert told == {attempt: counted for attempt, (_, counted) in attackers.ATTEMPTS.items()}
