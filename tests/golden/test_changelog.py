"""`make changelog` takes up every fragment of changelog.d."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOWNCRIER = Path(sys.executable).with_name("towncrier")
FRAGMENTS = sorted((ROOT / "changelog.d").glob("[!.]*"))


def drafted(room: Path) -> subprocess.CompletedProcess[str]:
    """The changelog of a checkout."""
    if not TOWNCRIER.exists():
        pytest.skip("towncrier is not installed beside this Python: pip install --group dev")
    command = [TOWNCRIER, "build", "--draft", "--date", "today", "--dir", room]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "changelog.d", tmp_path / "changelog.d")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_fragment_is_taken_up() -> None:
    made = drafted(ROOT)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("# Changelog\n\n## ")
    text = one_line(made.stdout)
    assert [path.name for path in FRAGMENTS if one_line(path.read_text(encoding="utf-8")) not in text] == []


def test_a_fragment_of_another_ending_is_refused_by_name(room: Path) -> None:
    (room / "changelog.d" / "forgotten.txt").write_text("What no list would hold.\n")
    made = drafted(room)
    assert made.returncode == 1
    assert "forgotten.txt" in made.stderr
