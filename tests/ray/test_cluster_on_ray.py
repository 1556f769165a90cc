"""A cluster on several nodes of Ray: it comes up, breaks, heals, is found and stopped, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from machines import until
from moving_nodes import places
from ray_machines import RayMachines, descendants, without_ray

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
    until(lambda: machines.left() == [])


def test_a_host_that_stood_still_is_opened_again_with_its_server(machines: RayMachines) -> None:
    """Its agents have moved by then; the server's journal is in use by nothing but an earlier opening."""
    with Cluster.ray(machines.address, 3, 3, "-profile", "local") as cluster:
        server = cluster.nodes["server-1"]
        machine = next(machine for machine in machines.machines if machine.ip == server.ip)
        (host,) = machine.pids("ray::Host")
        os.kill(host, signal.SIGSTOP)
        try:
            until(lambda: server.ip not in ips_of(cluster))
        finally:
            os.kill(host, signal.SIGCONT)
        until(lambda: server.ip in ips_of(cluster))
        cluster.wait_whole(60)
        assert places(cluster)["server-1"].ip == server.ip


def ips_of(cluster: Cluster) -> set[str]:
    """Where hosts are within reach."""
    cluster.look_again()
    return {machine["ip"] for machine in cluster.machines if machine["pid"]}


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
    until(lambda: machines.left() == [])


def test_a_scenario_runs_on_it(machines: RayMachines, tmp_path: Path) -> None:
    (tmp_path / "cut.toml").write_text(SCENARIO)
    command = [*LICTOR, "chaos", "run", str(tmp_path / "cut.toml"), "-on", "ray", "-ray-address", machines.address]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a short cut, ray" in done.stdout
    until(lambda: machines.left() == [])


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


@pytest.fixture
def own_place() -> Iterator[Path]:
    """Ray's sockets lie deep below this: pytest's own directories are too long for their paths."""
    with TemporaryDirectory(prefix="own-") as path:
        yield Path(path)


def test_ctrl_c_ends_a_ray_that_was_started_for_the_cluster(own_place: Path) -> None:
    """Without an address: neither a process, a socket nor a directory of nodes remains."""
    environment = without_ray() | dict.fromkeys(("TMPDIR", "XDG_RUNTIME_DIR", "HOME"), str(own_place))
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
    assert not list(own_place.glob("lictor-*/*"))
    assert not list(own_place.glob("lictor-data-*"))
