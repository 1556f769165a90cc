"""python-consul from PyPI, the ancestor of py-consul: tests/clients/python/story.py."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.timeout(200)]
STORY = Path(__file__).parent / "python" / "story.py"
PACKAGE = "python-consul==1.1.0"


def test_python_consul(cluster: Cluster, builds: Path) -> None:
    home = builds / "python-consul"
    python, installed = home / "bin" / "python", home / "installed"
    if not installed.exists():  # an installation that was broken off is begun anew
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
        installed.touch()
    places = {"HERE": cluster.nodes["agent-1"].http, "THERE": cluster.nodes["server-2"].http}
    told = subprocess.run([python, STORY], env=os.environ | places, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.split() == ["keys", "services", "sessions", "the_rest"]
