"""Files that others publish as a part of a Go module: schemas, most of all."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest


@cache
def go_module(name: str, version: str) -> Path:
    """Its source, which Go fetches once. Skips where there is no Go, or no way to fetch it."""
    if shutil.which("go") is None:
        pytest.skip(f"Go is not installed: {name} comes by its tool")
    fetch = ["go", "mod", "download", "-json", f"{name}@{version}"]
    said = subprocess.run(fetch, capture_output=True, text=True, check=False, cwd="/")
    if said.returncode:
        pytest.skip(f"Go cannot fetch {name}@{version}: {said.stdout or said.stderr}")
    return Path(json.loads(said.stdout)["Dir"])
