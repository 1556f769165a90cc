"""examples/own_actor/on_ray.py: an actor of one's own outlives the process of Ray that hosted it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from machines import may_make_machines
from ray_machines import without_ray

pytestmark = [pytest.mark.ray, pytest.mark.e2e, pytest.mark.timeout(120)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "own_actor" / "on_ray.py"
ALONE = ("unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "-")
"""In a network of its own: no other Ray of this machine is met there."""


def test_the_counter_goes_on_in_another_process_of_ray(tmp_path: Path) -> None:
    alone = ALONE if may_make_machines() else ()
    own = {"HOME": str(tmp_path), "RAY_USAGE_STATS_ENABLED": "0"}
    command = [*alone, sys.executable, str(EXAMPLE)]
    done = subprocess.run(command, env=without_ray() | own, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.findall(r"process (\d+) of Ray has counted (\d+)", done.stdout)
    assert [total for _, total in counted] == ["10", "20"]
    assert len({process for process, _ in counted}) == 2
