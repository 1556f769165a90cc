"""A cluster on three nodes of Ray: it comes up, breaks, heals, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lictor
from lictor import Cluster
from lictor_deploy.words.sentence import Failure

pytestmark = [
    pytest.mark.ray,
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),  # of Ray's own
]

LICTOR = [sys.executable, "-m", "lictor_deploy.cli.entry"]
ASK_NEAREST = """
import ray
ray.init({address!r}, namespace="a-user-s", log_to_driver=False, _node_ip_address="127.0.0.1")
@ray.remote(num_cpus=0)
def where():
    import lictor.ray
    return lictor.ray.nearest()
print(ray.get(where.remote()))
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's clusters have their run directories and, on Ray's nodes, their journals."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_it_comes_up_breaks_and_heals(temporary: Path, raylets: Any) -> None:
    with Cluster.ray(raylets.address, 3, 6) as cluster:
        assert {machine["ip"] for machine in cluster.machines} == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}
        assert len({cluster.nodes[f"server-{i}"].ip for i in (1, 2, 3)}) == 3
        with lictor.Client(cluster.nearest()) as client:
            client.kv.put("greeting", b"hello")
        said = subprocess.check_output([sys.executable, "-c", ASK_NEAREST.format(address=raylets.address)], text=True)
        assert said.strip() in {place.door for place in cluster.nodes.values()}
        for node in ("server-2", "agent-1"):
            with cluster.faults.kill(node):
                assert cluster.status()["faults"]
            cluster.wait_whole(60)
        with pytest.raises(Failure, match="on Ray all nodes of a machine are in one process"):
            cluster.faults.bit_flip("server-1")
        again = subprocess.run(
            [*LICTOR, "dev", "-launcher", "ray", "-ray-address", raylets.address], capture_output=True
        )
        assert b"runs on this Ray already" in again.stderr
    assert left(temporary) == []


def test_agents_of_a_killed_node_of_ray_move_and_its_server_is_replaced_under_a_new_id(
    temporary: Path, raylets: Any
) -> None:
    with Cluster.ray(raylets.address, 3, 6, "-profile", "local") as cluster:
        with lictor.Client(cluster.nodes["server-1"].door) as client:
            client.kv.put("kept", b"1")
        there = [name for name, place in cluster.nodes.items() if place.ip == "127.0.0.2"]
        raylet = next(node for node in raylets.worker_nodes if node.node_ip_address == "127.0.0.2")
        process = raylet.all_processes["raylet"][0].process
        process.kill()
        process.wait()
        until(lambda: not any(cluster_place(cluster, name) for name in there if name.startswith("agent")))
        until(lambda: "server-4" in now(cluster))
        cluster.wait_whole(90)
        assert "server-2" not in cluster.nodes
        with lictor.Client(cluster.nodes["server-4"].door) as client:
            assert client.kv.get("kept").value == b"1"
    assert left(temporary) == ["127.0.0.2"]  # no host is left there that could remove it


def test_a_cluster_that_lost_its_driver_is_found_and_stopped(temporary: Path, raylets: Any) -> None:
    command = [*LICTOR, "dev", "-launcher", "ray", "-ray-address", raylets.address, "-servers", "1", "-agents", "2"]
    driver = subprocess.Popen([*command, "-exec", "echo up; cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert driver.stdout is not None
    while b"up" not in driver.stdout.readline().split():
        assert driver.poll() is None
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    assert left(temporary)
    stopped = subprocess.run(
        [*LICTOR, "dev", "-launcher", "ray", "-ray-address", raylets.address, "-stop"], capture_output=True, text=True
    )
    assert stopped.stdout == "Stopped 3 hosts.\n"
    assert left(temporary) == []


def now(cluster: Cluster) -> dict[str, Any]:
    cluster.look_again()
    return cluster.nodes


def cluster_place(cluster: Cluster, name: str) -> bool:
    """Whether this node is still said to be where it was."""
    return bool(now(cluster)[name].ip == "127.0.0.2")


def left(temporary: Path) -> list[str]:
    """Directories of nodes of a cluster, journals among them."""
    return sorted(path.name for path in temporary.glob("lictor-*/ray-*/*"))


def until(true: Callable[[], bool], within_s: float = 90.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        os.sched_yield()
