"""The same seed gives the same trace, whatever the process hashes strings with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
from lictor_actors.swarm import run_seed
report = run_seed(int(sys.argv[1]), until_s=8.0, trace=lambda line: print(line))
print(report.digest, file=sys.stderr)
"""


def traced(seed: int, hash_seed: str, where: Path) -> tuple[str, list[str]]:
    """Digest and lines of a run in a process of its own."""
    with where.open("w") as lines:
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(seed)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=lines,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=True,
        )
    return done.stderr.strip(), where.read_text().splitlines()


@pytest.mark.sim
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [7, 29])
def test_same_seed_same_trace_whatever_the_hash_seed(seed: int, tmp_path: Path) -> None:
    first, these = traced(seed, "1", tmp_path / "one")
    second, those = traced(seed, "4242", tmp_path / "two")
    different = next((pair for pair in zip(these, those, strict=False) if pair[0] != pair[1]), None)
    assert different is None, f"seed {seed} parts at:\n  {different[0]}\n  {different[1]}"
    assert len(these) == len(those) > 1000
    assert first == second
