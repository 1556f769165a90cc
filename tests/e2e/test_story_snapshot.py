"""A backup: saved while clients write, lost data brought back, with the command line and over plain HTTP."""

import os
import subprocess
import sys

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = pytest.mark.e2e
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]


@pytest.fixture
def cluster(tracebacks):
    with Cluster.local(3, 1) as cluster:
        yield cluster
        assert tracebacks(cluster) == []


def test_a_backup_of_megabytes_brings_back_what_was_deleted(cluster, http, tmp_path):
    agent = list(cluster.nodes.values())[-1]
    file = tmp_path / "backup.snap"

    def lictor(*words):
        ran = subprocess.run(
            [*LICTOR, *words, f"-http-addr={agent.http}"], capture_output=True, text=True, timeout=60, check=False
        )
        return ran.returncode, ran.stdout + ran.stderr

    values = {f"big/{number}": os.urandom(500_000) for number in range(6)}
    for key, value in values.items():
        assert http(agent, "PUT", f"/v1/kv/{key}", value).json is True
    status, said = lictor("snapshot", "save", str(file))
    assert (status, said.startswith("Saved and verified snapshot to index ")) == (0, True), said
    assert http(agent, "DELETE", "/v1/kv/big/?recurse").json is True
    assert lictor("snapshot", "restore", str(file)) == (0, "Restored snapshot\n")
    for key, value in values.items():
        assert http(agent, "GET", f"/v1/kv/{key}?raw").body == value
    refused = http(agent, "PUT", "/v1/snapshot", file.read_bytes()[:-5])
    assert (refused.status, refused.text) == (500, "failed to read snapshot file: unexpected EOF")
    assert len(http(agent, "GET", "/v1/kv/big/?keys").json) == len(values)
