"""The pages for those who extend the house: their examples are applied to a copy of the tree, all of them, and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for page in (ROOT / "docs" / "extending").glob("*.md") if page.stem != "README")
PACKAGES = ("lictor", "messages", "actors", "deploy")
BLOCK = re.compile(r"^```(python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\S+\.py)\n")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with everything that the pages add to it."""
    copy = tmp_path_factory.mktemp("extended")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package)
    for page in PAGES:
        for form, text in BLOCK.findall(page.read_text()):
            if form == "diff":
                change(copy, text)
            elif named := NAMED.match(text):
                add(copy / named[1], text[named.end() :])
    return copy


def change(copy: Path, block: str) -> None:
    """Lines with ``+`` come, lines with ``-`` go, where the others are: which has to be in one place."""
    name, *lines = block.splitlines()
    before, after = ("\n".join(line[1:] for line in lines if line[:1] in ("", " ", sign)) for sign in "-+")
    text = (copy / name).read_text()
    assert text.count(f"\n{before}\n") == 1, f"these lines are not in one place of {name}:\n{before}"
    (copy / name).write_text(text.replace(f"\n{before}\n", f"\n{after}\n"))


def add(file: Path, text: str) -> None:
    known = file.read_text() if file.exists() else ""
    file.write_text(known + text)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_of_a_page_runs(page: Path, extended: Path) -> None:
    blocks = [text for form, text in BLOCK.findall(page.read_text()) if form == "python" and not NAMED.match(text)]
    assert blocks, f"{page.name} does not show how to see it run"
    path = os.pathsep.join([*(str(extended / package) for package in PACKAGES[1:]), str(extended)])
    for block in blocks:
        env = {**os.environ, "PYTHONPATH": path}
        done = subprocess.run([sys.executable, "-W", "error", "-c", block], capture_output=True, text=True, env=env)
        assert done.returncode == 0, f"{page.name}:\n{done.stderr}"
        assert done.stdout
