"""A gRPC service in Go, with Consul's own Go client: examples/go-grpc tells its story and judges itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.clients, pytest.mark.timeout(400)]
STORY = Path(__file__).parents[2] / "examples" / "go-grpc" / "story.py"


def test_calls_go_on_while_instances_and_servers_come_and_go(needs: Callable[[str], str], builds: Path) -> None:
    needs("go")
    environment = {**os.environ, "LICTOR_CLIENTS_BUILDS": str(builds)}
    told = subprocess.run([sys.executable, STORY], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert [line.partition(".")[0] for line in told.stdout.splitlines()] == list("1234567")
