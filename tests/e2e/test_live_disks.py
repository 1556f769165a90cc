"""Power cuts, lying disks and flipped bits under real servers: what was synced is there again, and nothing else is."""

from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def cluster():
    with Cluster.local(3, 2, "-profile", "local") as made:
        yield made


@pytest.fixture(autouse=True)
def _whole(cluster):
    cluster.wait_whole(60)
    yield
    cluster.faults.heal_all()
    cluster.wait_whole(60)


def put(cluster, http, key):
    assert http(cluster.nodes["agent-1"], "PUT", f"/v1/kv/{key}", b"x").text == "true"


def found(cluster, http, key):
    return http(cluster.nodes["agent-1"], "GET", f"/v1/kv/{key}").status == 200


def pids(cluster):
    return cluster.status()["processes"]


@pytest.mark.parametrize("verb", ["lose_unsynced", "torn_write"])
def test_a_power_cut_takes_nothing_that_was_acknowledged(cluster, http, until, verb):
    old, before = cluster.status()["status"]["leader"].partition(".")[0], pids(cluster)
    put(cluster, http, f"{verb}/before")
    with getattr(cluster.faults, verb)("leader"):
        assert pids(cluster)[old] == 0
        until(lambda: cluster.status()["status"]["majority_leader"].partition(".")[0] not in ("", old))
        put(cluster, http, f"{verb}/meanwhile")
    cluster.wait_whole(60)
    assert pids(cluster)[old] not in (0, before[old])
    assert all(found(cluster, http, f"{verb}/{when}") for when in ("before", "meanwhile"))
    # It hears with the next round at the latest what is committed.
    until(lambda: http(cluster.nodes[old], "GET", f"/v1/kv/{verb}/meanwhile?stale").status == 200)


def test_a_lying_disk_keeps_nothing_that_its_server_was_told_is_durable(cluster, http):
    """Nothing can keep this promise: the test shows that the power cut is a real one."""
    put(cluster, http, "honest")
    cluster.faults.lying_fsync("servers")
    put(cluster, http, "lied/about")
    assert found(cluster, http, "lied/about")
    cluster.faults.lose_unsynced("servers", duration="1s")
    cluster.faults.quiet(1.5)
    cluster.wait_whole(60)
    assert found(cluster, http, "honest")
    assert not found(cluster, http, "lied/about")


def test_a_disk_that_is_honest_again_keeps_what_it_lied_about(cluster, http):
    with cluster.faults.lying_fsync("servers"):
        put(cluster, http, "lied")
    put(cluster, http, "honest/again")
    with cluster.faults.lose_unsynced("servers"):
        pass
    cluster.wait_whole(60)
    assert found(cluster, http, "lied")
    assert found(cluster, http, "honest/again")


def test_a_server_with_flipped_bits_refuses_to_start_and_the_others_go_on(cluster, http, until):
    log = Path(cluster.logs) / "faults.log"
    for number in range(50):
        put(cluster, http, f"flip/{number}")
    victim = next(name for name in cluster.nodes if name not in cluster.status()["status"]["leader"])
    for _ in range(8):
        cluster.faults.bit_flip(victim)
    cluster.faults.kill(victim, duration="100ms")
    until(lambda: f"{victim} cannot start" in log.read_text())
    until(lambda: pids(cluster)[victim] == 0)
    put(cluster, http, "flip/after")
    cluster.faults.restart(victim, wipe=True)
    cluster.wait_whole(60)
    assert http(cluster.nodes[victim], "GET", "/v1/kv/flip/after?stale").status == 200
