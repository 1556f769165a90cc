"""consul-template, installed as a Go tool: it renders services and keys, and renders anew what changes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import lictor
from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.timeout(400)]
VERSION = "v0.41.1"
TEMPLATE = """\
{{ range service "ct-web" }}{{ .Address }}:{{ .Port }} {{ end }}
{{ keyOrDefault "ct/color" "none" }}
{{ range ls "ct/limits" }}{{ .Key }}={{ .Value }} {{ end }}
{{ range nodes }}{{ .Node }} {{ end }}
"""


@pytest.fixture(scope="module")
def tool(needs: Callable[[str], str], builds: Path) -> Path:
    go, found = needs("go"), builds / f"consul-template-{VERSION}" / "consul-template"
    if not found.exists():
        install = [go, "install", f"github.com/hashicorp/consul-template@{VERSION}"]
        subprocess.run(install, env=os.environ | {"GOBIN": str(found.parent)}, check=True)
    return found


@contextmanager
def rendering(tool: Path, agent: str, folder: Path) -> Iterator[Path]:
    """The file that it keeps up to date."""
    source, rendered = folder / "in.ctmpl", folder / "out"
    source.write_text(TEMPLATE)
    command = [tool, "-consul-addr", agent, "-consul-retry-attempts=0", "-template", f"{source}:{rendered}"]
    with subprocess.Popen(command) as process:
        try:
            yield rendered
        finally:
            process.kill()


def test_a_file_follows_services_and_keys(
    cluster: Cluster, tool: Path, tmp_path: Path, until: Callable[..., Any]
) -> None:
    agent = cluster.nodes["agent-1"]
    with lictor.Client(agent.door) as client, rendering(tool, agent.http, tmp_path) as rendered:

        def lines() -> list[str]:
            return rendered.read_text().splitlines() if rendered.exists() else []

        until(lambda: lines()[1:2] == ["none"])
        assert lines()[3].split() == sorted(cluster.nodes)
        client.kv.put("ct/color", b"blue")
        client.kv.put("ct/limits/rate", b"10")
        client.kv.put("ct/limits/burst", b"20")
        until(lambda: lines()[1:3] == ["blue", "burst=20 rate=10 "])
        client.agent.register_service("ct-web", address="10.0.0.1", port=80, id="ct-1")
        client.agent.register_service("ct-web", address="10.0.0.2", port=81, id="ct-2")
        until(lambda: lines()[0] == "10.0.0.1:80 10.0.0.2:81 ")
        with cluster.faults.kill("leader"):
            client.agent.deregister_service("ct-1")
            until(lambda: lines()[0] == "10.0.0.2:81 ")
        client.agent.deregister_service("ct-2")
        client.kv.delete("ct/color")
        until(lambda: lines()[:2] == ["", "none"])
    cluster.wait_whole()
