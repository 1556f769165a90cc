"""A cluster on several nodes of Ray: it comes up, breaks, heals, is found and stopped, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from machines import until
from ray_machines import RayMachines, descendants

import lictor
from lictor import Cluster
from lictor_deploy.words.sentence import Failure

pytestmark = [pytest.mark.ray, pytest.mark.e2e, pytest.mark.timeout(180)]
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.entry"]
ASK_NEAREST = """
import ray
ray.init({address!r}, namespace="a-user-s", log_to_driver=False, _node_ip_address={ip!r})
@ray.remote(num_cpus=0)
def where():
    import lictor.ray
    return lictor.ray.nearest()
print(ray.get(where.remote()))
"""
SCENARIO = """
name = "a short cut"
duration = "6s"
[cluster]
servers = 3
agents = 2
[workload]
kv = { clients = 2, keys = 3, rate = 20 }
[[step]]
at = "1s"
isolate = { nodes = "leader", direction = "both" }
for = "3s"
[expect]
linearizable = ["kv"]
eventually = { one_leader = "30s", members_agree = "60s" }
"""
OF_A_USER = """
import pytest
import lictor

@pytest.mark.cluster(kind="ray", servers=3, agents=2)
def test_of_a_user(cluster):
    with lictor.Client(cluster.nodes["agent-1"].door) as client:
        client.kv.put("mine", b"1")
    with cluster.faults.isolate("leader"):
        assert cluster.status()["faults"]
    cluster.wait_whole(60)
"""


def test_it_comes_up_breaks_and_heals(machines: RayMachines) -> None:
    with Cluster.ray(machines.address, 3, 6) as cluster:
        assert {machine["ip"] for machine in cluster.machines} == {machines.head_ip, *(m.ip for m in machines.machines)}
        assert len({cluster.nodes[f"server-{i}"].ip for i in (1, 2, 3)}) == 3
        with lictor.Client(cluster.nearest()) as client:
            client.kv.put("greeting", b"hello")
        ask = ASK_NEAREST.format(address=machines.address, ip=machines.head_ip)
        said = subprocess.check_output([sys.executable, "-c", ask], text=True)
        assert said.strip() in {place.door for place in cluster.nodes.values()}
        for node in ("server-2", "agent-1"):
            with cluster.faults.kill(node):
                assert cluster.status()["faults"]
            cluster.wait_whole(60)
        with pytest.raises(Failure, match="on Ray all nodes of a machine are in one process"):
            cluster.faults.bit_flip("server-1")
        again = subprocess.run(
            [*LICTOR, "dev", "-launcher", "ray", "-ray-address", machines.address], capture_output=True
        )
        assert b"runs on this Ray already" in again.stderr
    assert machines.left() == []


def test_a_cluster_that_lost_its_driver_is_found_and_stopped(machines: RayMachines) -> None:
    on_ray = [*LICTOR, "dev", "-launcher", "ray", "-ray-address", machines.address]
    command = [*on_ray, "-servers", "1", "-agents", "2", "-exec", "echo up; cat"]
    driver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert driver.stdout is not None
    while b"up" not in driver.stdout.readline().split():
        assert driver.poll() is None
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    assert machines.left()
    stopped = subprocess.run([*on_ray, "-stop"], capture_output=True, text=True)
    assert stopped.stdout == f"Stopped {len(machines.machines) + 1} hosts.\n"
    assert machines.left() == []


def test_a_scenario_runs_on_it(machines: RayMachines, tmp_path: Path) -> None:
    (tmp_path / "cut.toml").write_text(SCENARIO)
    command = [*LICTOR, "chaos", "run", str(tmp_path / "cut.toml"), "-on", "ray", "-ray-address", machines.address]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a short cut, ray" in done.stdout
    assert machines.left() == []


def test_a_test_of_a_user_has_a_cluster_on_it(machines: RayMachines, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(OF_A_USER)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_ctrl_c_ends_a_ray_that_was_started_for_the_cluster(tmp_path: Path, rack: RayMachines) -> None:
    """Without an address: neither a process, a socket nor a directory of nodes remains."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    command = [*LICTOR, "dev", "-launcher", "ray", "-servers", "1", "-agents", "2"]
    dev = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert dev.stdout is not None
    while "Stop: Ctrl-C" not in (line := dev.stdout.readline()):
        assert line or dev.poll() is None, dev.communicate()[1]
    started = descendants(dev.pid)
    assert len(started) > 3
    dev.send_signal(signal.SIGINT)
    said, _ = dev.communicate()
    assert dev.returncode == 0
    assert "Stopped." in said
    until(lambda: not [pid for pid in started if Path(f"/proc/{pid}/exe").exists()])
    assert not list(tmp_path.glob("lictor-*/*"))
    assert not list(tmp_path.glob("lictor-data-*"))
