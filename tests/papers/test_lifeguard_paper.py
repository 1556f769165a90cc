"""Lifeguard's two experiments in a short form: eight runs, with 48 members instead of the paper's 128.

Dadgar, Phillips, Currey: "Lifeguard: Local Health Awareness for More Accurate Failure Detection", 2018, section V. The
whole of it, with intervals: python benchmarks/lifeguard.py, and docs/failure-detection.md.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import Any

import pytest
from lifeguard import MEMBERS, PAPER, Seen, interval, threshold

from lictor_actors.swim.profile import S

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FEWER = 48
HARD = (12, 16384, 256)
"""So many are blocked, for so many milliseconds, and run for so many in between, for two minutes."""
FIRST_KNOWS_S, ALL_KNOW_S = 12.45, 12.91
"""The paper's medians of Lifeguard."""


@pytest.fixture(scope="module")
def run():
    with ProcessPoolExecutor(2, get_context("forkserver")) as pool:

        def runs(one: Callable[..., Seen], cases: list[tuple[Any, ...]]) -> list[Seen]:
            return list(pool.map(one, *zip(*((*case, FEWER) for case in cases), strict=True)))

        yield runs


def test_swim_accuses_the_healthy_where_lifeguard_does_not(run):
    cases = [("SWIM", 1, HARD), ("Lifeguard", 1, HARD), ("Lifeguard", 2, (6, 8192, 4)), ("Lifeguard", 3, (3, 2048, 64))]
    swim, *lifeguard = run(interval, cases)
    assert swim.false > 0
    assert [seen.false for seen in lifeguard] == [0, 0, 0]


def test_death_is_known_as_soon_as_the_paper_says(run):
    """Within a tenth of its medians, moved by as much as suspicions are shorter among fewer members."""
    seen = run(threshold, [("Lifeguard", seed, anomalies) for seed, anomalies in enumerate((2, 6, 9, 12))])
    sooner_s = (PAPER.suspicion_min(MEMBERS) - PAPER.suspicion_min(FEWER)) / S
    first = [time for one in seen for time in one.first]
    everywhere = [time for one in seen for time in one.all]
    assert len(first) == len(everywhere) == 2 + 6 + 9 + 12
    assert median(first) == pytest.approx(FIRST_KNOWS_S - sooner_s, rel=0.1)
    assert median(everywhere) == pytest.approx(ALL_KNOW_S - sooner_s, rel=0.1)
