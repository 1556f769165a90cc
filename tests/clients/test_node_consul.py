"""node-consul from npm."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]
HERE = Path(__file__).parent / "node"


def test_node_consul(cluster: Cluster, needs: Callable[[str], str], builds: Path) -> None:
    npm, node, folder = needs("npm"), needs("node"), builds / "node"
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    subprocess.run(
        [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True
    )
    places = {"HERE": cluster.nodes["agent-1"].http, "THERE": cluster.nodes["server-2"].http}
    story = [node, "--test", "--test-timeout=60000", "story.test.js"]
    told = subprocess.run(story, cwd=folder, env=os.environ | places, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
