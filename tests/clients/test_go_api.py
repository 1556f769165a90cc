"""Consul's own Go client, through every core family of the HTTP API: tests/clients/go."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.timeout(400)]
HERE = Path(__file__).parent / "go"


def test_the_official_go_client(cluster: Cluster, needs: Callable[[str], str], builds: Path) -> None:
    program = builds / "go-api.test"
    subprocess.run([needs("go"), "test", "-c", "-o", program, "."], cwd=HERE, check=True)
    places = {"HERE": cluster.nodes["agent-1"].http, "THERE": cluster.nodes["server-2"].http}
    story = [program, "-test.timeout=200s", "-test.v"]
    told = subprocess.run(story, cwd=HERE, env=os.environ | places, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
