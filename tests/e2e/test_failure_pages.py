"""docs/failures: the commands of each page, on a cluster like the one that the pages name, show what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lictor import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
FOLDER = Path(__file__).parents[2] / "docs" / "failures"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SEEN = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
STARTED = COMMANDS.findall((FOLDER / "README.md").read_text())[0].split()[2:]
ORDER = ("server-1", "server-2", "server-3", "agent-1", "agent-2")
"""Nodes in the order of their addresses, 127.0.0.1 and up on a machine without another cluster."""


def typed(script: str, cluster: Cluster) -> str:
    """What the commands print, with the cluster's own addresses in place of the page's."""
    for number, name in enumerate(ORDER, start=1):
        script = re.sub(rf"127\.0\.0\.{number}:8500", cluster.nodes[name].http, script)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, **cluster.environment, "PATH": path}
    done = subprocess.run(
        ["sh", "-c", script], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90
    )
    return done.stdout


def pattern(line: str) -> re.Pattern[str]:
    """A line of the page: ``…`` stands for anything."""
    return re.compile(".*".join(re.escape(part.strip()) for part in line.split("…")))


def test_the_pages_start_a_cluster_of_five() -> None:
    assert STARTED == ["-servers", "3", "-agents", "2", "-profile", "local"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_shows_what_it_says(page: Path, until: Callable[..., Any]) -> None:
    text = page.read_text()
    with Cluster.local(3, 2, *STARTED[4:]) as cluster:
        said = typed("\n".join(COMMANDS.findall(text)), cluster)
        logs = sorted(Path(cluster.logs).iterdir())

        def missing() -> list[str]:
            known = said + "\n".join(log.read_text() for log in logs)
            return [line for line in "".join(SEEN.findall(text)).splitlines() if not pattern(line).search(known)]

        assert SEEN.findall(text), "the page shows nothing"
        print(said)
        until(lambda: missing() == [], 20)
