"""Failing seeds of one test: the first is told in full, each other one in a line, and all of them in the summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest

SEED = re.compile(r"(?<=[\[-])seed=(-?\d+)(?=[\]-])")
"""In the id of a test that runs once for each seed."""


class FailingSeeds:
    """The tests of which a seed has failed in this process."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def shorten(self, report: pytest.TestReport, again: str) -> bool:
        """True if another seed of this test has been told in full: this one becomes a line, with how to run it."""
        test = test_of(report.nodeid)
        first = self._first.setdefault(test, report.nodeid)
        if not test or first == report.nodeid:
            return False
        report.longrepr = f"{crash(report)}\n(told in full: {first})\nagain: {again}"
        return True


def test_of(nodeid: str) -> str:
    """The test's id without its seed, "" if it has none."""
    return SEED.sub("seed=*", nodeid, count=1) if SEED.search(nodeid) else ""


def crash(report: pytest.TestReport) -> str:
    """The line in which it failed and what was raised there."""
    where = getattr(report.longrepr, "reprcrash", None)
    return str(where) if where is not None else str(report.longrepr).partition("\n")[0]


def summary(failed: Iterable[str]) -> list[str]:
    """A sentence for each test of which several seeds are among these ids."""
    found: dict[str, list[int]] = {}
    for nodeid in failed:
        match = SEED.search(nodeid)
        if match is not None:
            found.setdefault(test_of(nodeid), []).append(int(match[1]))
    return [f"{test} fails for seeds {ranges(sorted(set(seeds)))}" for test, seeds in found.items() if len(seeds) > 1]


def ranges(seeds: Sequence[int]) -> str:
    """``0–3, 7`` for 0, 1, 2, 3 and 7, which have to be in order."""
    gaps = [place for place, (one, other) in enumerate(pairwise(seeds), 1) if other != one + 1]
    parts = [seeds[start:end] for start, end in pairwise([0, *gaps, len(seeds)])]
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)
