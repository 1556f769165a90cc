"""An actor of one's own: its page shows the file that runs, and the simulator finds the mistake that the page names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "own_actor"
PAGE = (ROOT / "docs" / "your-own-actor.md").read_text()
PERSIST = "            turn.persist(Cell(name=click.by, data=str(click.number).encode()))\n"
ONCE = "if click.number == self.latest.get(click.by, 0) + 1:"
AGAIN = """click = Click(by=click.by, number=self.latest.get(click.by, 0) + 1)
        if True:"""
MUTANTS = {"forgets at a power cut": (PERSIST, ""), "an old click counts again": (ONCE, AGAIN)}


def world(folder: Path = EXAMPLE, seed: str = "7") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(folder / "world.py"), seed]
    return subprocess.run(command, capture_output=True, text=True, timeout=50)


def test_the_page_shows_the_file_that_runs() -> None:
    assert f"```python\n{(EXAMPLE / 'counter.py').read_text()}```" in PAGE


@pytest.mark.slow
def test_the_page_shows_what_its_seed_says() -> None:
    done = world()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert all(line in PAGE for line in (*lines[:3], *lines[-2:])), done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["1", "2", "3", "4"])
def test_each_click_counts_once_from_any_seed(seed: str) -> None:
    done = world(seed=seed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "crashed" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MUTANTS)
def test_the_simulator_finds_a_mistake(mistake: str, tmp_path: Path) -> None:
    mutated = shutil.copytree(EXAMPLE, tmp_path / "mutated")
    right, wrong = MUTANTS[mistake]
    text = (mutated / "counter.py").read_text()
    assert text.count(right) == 1
    (mutated / "counter.py").write_text(text.replace(right, wrong))
    done = world(mutated)
    assert done.returncode == 1
    assert "the counter is wrong: this seed replays it" in done.stderr
