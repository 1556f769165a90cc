"""One scenario on real processes: a killed and wiped server, a held link, bad frames, a slow disk; then all is well."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lictor_actors.faults.presets import preset
from lictor_actors.scenario import parse
from lictor_deploy.local.handle import Cluster
from lictor_deploy.scenario.live import run_on
from lictor_deploy.words.sentence import Failure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

SCENARIO = """
name = "a bad ten seconds"
seed = 3
duration = "10s"
[workload]
kv = { clients = 4, keys = 2, rate = 40 }
[[step]]
at = "500ms"
for = "2s"
kill = { nodes = "leader" }
corrupt = { probability = 0.05 }
[[step]]
at = "4s"
for = "2s"
hold = { from = "one(agents)", to = "servers", match = ["kv.*"] }
slow_disk = { nodes = "leader", fsync = "50ms" }
[[step]]
at = "7s"
stall = { nodes = "one(servers)", busy = "700ms" }
loss = { probability = 0.2, correlation = 0.5, duration = "2s" }
[expect]
linearizable = ["kv"]
eventually = { one_leader = "20s", members_agree = "60s", catalog_matches = "60s", no_false_failed = true }
"""


@pytest.fixture(scope="module")
def cluster():
    with Cluster.local(3, 3, "-profile", "local") as made:
        yield made


@pytest.fixture(autouse=True)
def _healed(cluster, until, http):
    cluster.faults.heal_all()
    cluster.wait_whole(60)
    until(lambda: voters(cluster, http) == 3, 60)


def voters(cluster, http):
    said = http(cluster.nodes["agent-1"], "GET", "/v1/operator/raft/configuration").json
    return sum(server["Voter"] for server in said["Servers"])


def test_a_scenario_means_the_same_on_real_processes(cluster):
    report = run_on(cluster, parse(SCENARIO), 3)
    assert report.ok, str(report)
    assert report.faults == 6
    assert report.operations > 100
    assert set(report.healed) == {"one_leader", "members_agree", "catalog_matches", "no_false_failed"}
    assert cluster.faults.ls() == []


def test_a_killed_server_is_another_process_after_healing(cluster, until):
    before = cluster.status()["processes"]["server-2"]
    with cluster.faults.kill("server-2"):
        until(lambda: cluster.status()["processes"]["server-2"] == 0)
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)
    after = until(lambda: cluster.status()["processes"]["server-2"])
    assert after != before
    cluster.wait_whole(60)


def test_a_wiped_server_loses_its_vote_until_it_has_learned(cluster, until, http):
    before = cluster.status()["processes"]["server-3"]
    cluster.faults.restart("server-3", wipe=True)
    until(lambda: cluster.status()["processes"]["server-3"] not in (0, before))
    until(lambda: voters(cluster, http) == 2)
    until(lambda: voters(cluster, http) == 3, 60)


def test_a_stopped_agent_fails_and_a_duration_heals_it(cluster, until, http):
    cluster.faults.stop("agent-1", duration="8s")
    assert [fault.what.split()[0] for fault in cluster.faults.ls()] == ["stop"]
    until(lambda: health(cluster, http, "agent-1") == "critical", 30)
    until(lambda: cluster.faults.ls() == [], 20)
    until(lambda: health(cluster, http, "agent-1") == "passing", 60)


def health(cluster, http, node):
    checks = http(cluster.nodes["server-1"], "GET", f"/v1/health/node/{node}").json
    return next((check["Status"] for check in checks if check["CheckID"] == "serfHealth"), None)


def test_a_server_whose_disk_fails_stops_and_is_mended(cluster, until, http):
    victim = cluster.status()["status"]["leader"].partition(".")[0]
    through = next(place for name, place in cluster.nodes.items() if name.startswith("agent"))
    with cluster.faults.io_error(victim):
        http(through, "PUT", "/v1/kv/x", b"1")
        until(lambda: cluster.status()["status"]["majority_leader"].partition(".")[0] not in ("", victim))
        assert http(through, "PUT", "/v1/kv/x", b"2").text == "true"
    until(lambda: cluster.status()["status"]["leader"])
    cluster.wait_whole(60)
    until(lambda: http(cluster.nodes[victim], "GET", "/v1/kv/x?raw&stale").text == "2")


def test_a_preset_plays_until_it_is_healed(cluster, until):
    with cluster.faults.play(preset("wan")):
        plan, *faults = sorted(cluster.faults.ls(), key=lambda one: not one.id.startswith("p"))
        assert plan.id.startswith("p")
        assert [fault.what.split()[0] for fault in faults] == ["delay", "loss"]
    assert cluster.faults.ls() == []


def test_held_writes_come_through_when_released(cluster, http):
    cluster.faults.hold("agent-2", "servers", match="kv.*")
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        put = pool.submit(http, cluster.nodes["agent-2"], "PUT", "/v1/kv/held", b"1")
        with pytest.raises(TimeoutError):
            put.result(1.0)
        assert len(cluster.faults.release()) == 1
        assert put.result(20).text == "true"
    assert time.monotonic() - started > 1.0


def test_what_a_live_cluster_cannot_do_is_said_with_the_reason(cluster):
    with pytest.raises(Failure, match=r"restart cannot be done on a live cluster: .*shares a process"):
        cluster.faults.restart("agent-1", wipe=True)
    with pytest.raises(Failure, match=r"lose_unsynced cannot be done on a live cluster: .*shares a process"):
        cluster.faults.lose_unsynced(["server-1", "agent-1"])
    assert cluster.faults.ls() == []
