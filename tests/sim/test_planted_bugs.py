"""Classic bugs, planted one at a time: the swarm finds each, and does not cry wolf without them."""

from __future__ import annotations

import pytest

from lictor_actors.swarm import run_seed
from lictor_actors.swarm.hunt import Planted, hunt
from lictor_actors.swarm.patch import planted
from lictor_actors.swarm.planted import PLANTED

SEEDS = 40
pytestmark = pytest.mark.timeout(1200)  # some need a dozen seeds, and the machine may have other things to do
RUNS = list({(bug.known, bug.until_s, str(bug.plan)): bug for bug in PLANTED}.values())
"""Some bugs are looked for in the same run: without them it is the same as well."""


def named(bug: Planted) -> str:
    return bug.bug.__name__


@pytest.mark.sim
@pytest.mark.parametrize("bug", PLANTED, ids=named)
def test_a_judge_finds(bug: Planted) -> None:
    # Whatever else changes shifts what a seed stands for: then one of the next finds it.
    found = hunt(bug, [bug.known, *range(1, SEEDS)])
    assert found.verdict, f"{bug.name}: not found by {found.seeds} seeds"


@pytest.mark.sim
@pytest.mark.parametrize("bug", RUNS, ids=named)
def test_the_same_seed_is_silent_without(bug: Planted) -> None:
    report = run_seed(bug.known, bug.until_s, plan=bug.plan_of(bug.known))
    assert report.ok, str(report)


def test_a_patch_is_gone_after_its_block() -> None:
    for bug in PLANTED:
        with planted(bug.bug):
            pass
    assert run_seed(1, 3.0).ok
