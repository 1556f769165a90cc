"""The same seed gives the same trace: whatever the process hashes strings with, on any machine and any Python.

``traces.txt`` is what ``lictor sim -seeds 20 -until 8s -digests`` printed; every machine that runs these tests compares
itself with it. When behaviour changes on purpose: LICTOR_REWRITE=1 pytest tests/sim/test_determinism.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lictor_actors.node import tree
from lictor_actors.swarm import run_seed
from lictor_deploy.sim.digests import digests

TRACES = Path(__file__).parent / "traces.txt"
REWRITE = "LICTOR_REWRITE=1 pytest tests/sim/test_determinism.py"
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


@pytest.mark.sim
@pytest.mark.timeout(600)
def test_every_machine_and_every_python_sees_the_same_traces() -> None:
    here = list(digests(range(1, 21), until_s=8.0))
    if os.environ.get("LICTOR_REWRITE"):
        TRACES.write_text("\n".join(here) + "\n")
    written = TRACES.read_text().splitlines()
    differing = [
        f"{line}, written: {known}" for line, known in zip(here[1:], written[1:], strict=True) if line != known
    ]
    if here[0] == written[0]:
        assert differing == [], "the same code makes other traces here than where they were written"
    else:
        assert differing == [], f"the code has changed since. If what seeds do was to change: {REWRITE}"


def test_a_trace_does_not_depend_on_the_installed_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = run_seed(7, 3.0).digest
    monkeypatch.setattr(tree, "CONSUL_VERSION", "9.9.9")
    assert run_seed(7, 3.0).digest == before
