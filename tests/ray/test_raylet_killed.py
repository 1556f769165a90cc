"""A machine of Ray dies under a write load and its disk with it: no acknowledged write is lost, agents move."""

from __future__ import annotations

import pytest
from machines import until
from ray_machines import RayMachines
from raylets import lose_machines

pytestmark = [pytest.mark.ray, pytest.mark.e2e, pytest.mark.timeout(300)]
LEAST_WRITES = 100
"""Fewer acknowledged writes would prove little."""


async def test_no_acknowledged_write_is_lost(machines: RayMachines) -> None:
    losses = await lose_machines(machines, rounds=1)
    until(lambda: machines.left() == [])
    assert losses.report.wrong == []
    assert losses.report.undecided == 0
    assert losses.writes > LEAST_WRITES
    assert len(losses.report.gaps_s) == len(losses.moved_s) == 1
