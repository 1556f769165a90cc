"""Unmodified tools: each script of examples/integrations installs, runs, shows and stops one, and judges itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.clients, pytest.mark.timeout(400)]
SCRIPTS = Path(__file__).parents[2] / "examples" / "integrations"
CANNOT = 77
SHOWN = {
    "haproxy": "died, and was let go",
    "dnsmasq": "left, and was gone from DNS",
    "prometheus": "left, and was let go",
    "patroni": "is back as a replica",
}


@pytest.mark.parametrize("tool", SHOWN)
def test_a_tool_that_knows_consul(tool: str) -> None:
    told = subprocess.run([sys.executable, SCRIPTS / f"{tool}.py"], capture_output=True, text=True, check=False)
    if told.returncode == CANNOT and not os.environ.get("LICTOR_CLIENTS_REQUIRED"):
        pytest.skip(told.stderr.strip())
    assert told.returncode == 0, told.stdout + told.stderr
    assert SHOWN[tool] in told.stdout
