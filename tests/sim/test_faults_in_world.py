"""Every fault of the vocabulary does in the world what it says, seen from a whole cluster."""

from __future__ import annotations

import pytest

from lictor import Refused
from lictor_deploy.sim.cluster import SimCluster
from lictor_messages.kv import PutKey


@pytest.fixture
def cluster() -> SimCluster:
    made = SimCluster(3, 2, seed=11)
    made.wait_whole()
    return made


def took_s(cluster: SimCluster, key: str = "a") -> float:
    before = cluster.time_s
    assert cluster.client("agent-1").kv.put(key, b"1", timeout=30)
    return cluster.time_s - before


def down(cluster: SimCluster) -> list[str]:
    return [name.partition(".")[0] for name in cluster.world.machines if name not in cluster.world.running()]


def servers_that_serve(cluster: SimCluster) -> int:
    return sum(cluster.world.actor(f"server@server-{n}.dc1") is not None for n in (1, 2, 3))


def registered_until_refused(cluster: SimCluster) -> list[str]:
    """Services that agent-1 accepted before it said that its disk is full."""
    accepted: list[str] = []
    for number in range(200):
        try:
            cluster.client("agent-1").agent.register_service(f"s{number}", tags=("x" * 20_000,))
        except Refused as refused:
            if "no space left on device" not in str(refused):
                raise
            return accepted
        accepted.append(f"s{number}")
    raise AssertionError("it was never refused")


# -- network -----------------------------------------------------------------------------------------


def test_held_messages_come_when_the_hold_heals_and_in_their_order(cluster: SimCluster) -> None:
    heard: list[str] = []
    with cluster.faults.hold("agent-1", "servers", match="kv.*"):
        door = cluster.world.door("agent-1.dc1", "holder")
        for number in range(5):
            put = PutKey(key="k", value=b"%d" % number)
            door.ask("agent", put, lambda answer: heard.append(answer.kind), 60.0)
        cluster.run(2)
        assert heard == []
        assert cluster.world.counters["held_by_fault"] >= 5
    cluster.run(1)
    assert heard == ["answers.written"] * 5
    found = cluster.kv.get("k")
    assert found is not None
    assert found.value == b"4"


def test_corrupt_frames_are_counted_and_dropped_and_nothing_else_breaks(cluster: SimCluster) -> None:
    with cluster.faults.corrupt(probability=0.3):
        cluster.run(10)
    counted = {name: n for name, n in cluster.world.counters.items() if name.startswith("frame_")}
    assert counted["frame_corrupt"] > 20
    assert sum(counted.values()) == cluster.world.counters["corrupted_by_fault"]
    cluster.wait_whole()


def test_bandwidth_makes_large_values_slow_and_leaves_other_links_alone(cluster: SimCluster) -> None:
    leader = cluster.leader()
    value = b"x" * 20_000
    with cluster.faults.bandwidth("agent-1", "servers", 10_000, match="kv.*"):
        before = cluster.time_s
        assert cluster.client("agent-1").kv.put("a", value, timeout=30)
        assert cluster.time_s - before > 1.9
        before = cluster.time_s
        assert cluster.client("agent-2").kv.put("b", value, timeout=30)
        assert cluster.time_s - before < 0.5
    assert cluster.leader() == leader


def test_reordered_messages_arrive_and_the_cluster_holds(cluster: SimCluster) -> None:
    with cluster.faults.reorder(within="200ms"):
        assert all(cluster.client("agent-1").kv.put(f"k{n}", b"1", timeout=30) for n in range(10))
        cluster.run(5)
    cluster.wait_whole()


def test_a_bridge_keeps_one_leader(cluster: SimCluster) -> None:
    with cluster.faults.bridge("leader"):
        cluster.run(10)
        assert cluster.client(cluster.leader()).kv.put("a", b"1", timeout=20)
    cluster.wait_whole()


# -- nodes -------------------------------------------------------------------------------------------


def test_a_stalled_leader_is_replaced_and_follows_when_it_wakes(cluster: SimCluster) -> None:
    old = cluster.leader()
    cluster.faults.stall("leader", busy="5s")
    assert cluster.wait_for_leader(other_than=old) != old
    cluster.run(5)
    assert cluster.faults.ls() == ()
    cluster.wait_whole()


@pytest.mark.parametrize("verb", ["kill", "stop", "crash", "lose_unsynced", "torn_write"])
def test_a_node_goes_down_and_comes_back_with_what_was_promised(cluster: SimCluster, verb: str) -> None:
    cluster.kv.put("before", b"1")
    old = cluster.leader()
    fault = getattr(cluster.faults, verb)("leader", duration="6s")
    assert down(cluster) == [old]
    assert cluster.wait_for_leader(other_than=old)
    cluster.kv.put("meanwhile", b"2")
    cluster.run(6)
    assert down(cluster) == []
    assert fault.id not in [one.id for one in cluster.faults.ls()]
    cluster.wait_whole()
    for key in ("before", "meanwhile"):
        assert cluster.client(old).kv.get(key) is not None


def test_a_wiped_server_learns_everything_again(cluster: SimCluster) -> None:
    cluster.kv.put("a", b"1")
    follower = next(name for name in ("server-1", "server-2", "server-3") if name != cluster.leader())
    cluster.faults.restart(follower, wipe=True)
    cluster.wait_whole()
    assert cluster.client(follower).kv.get("a", consistency="stale") is not None


# -- clocks ------------------------------------------------------------------------------------------


def test_skews_add_up_and_heal_and_a_jump_stays(cluster: SimCluster) -> None:
    node = "agent-1.dc1"

    def off() -> float:
        ground = cluster.world.ground
        return ((ground.wall(node) - wall) - (ground.now(node) - now)) / 1e9

    wall, now = cluster.world.ground.wall(node), cluster.world.ground.now(node)
    with cluster.faults.skew("agent-1", "2s"), cluster.faults.skew("agent-1", by="-500ms"):
        assert off() == 1.5
        cluster.faults.jump("agent-1", "10s")
    assert off() == 10.0


def test_drifts_add_up_and_heal(cluster: SimCluster) -> None:
    node = "agent-1.dc1"

    def gained() -> float:
        before, cluster_before = cluster.world.ground.now(node), cluster.world.time
        cluster.run(10)
        return (cluster.world.ground.now(node) - before - (cluster.world.time - cluster_before)) / 1e9

    with cluster.faults.drift("agent-1", 1.01), cluster.faults.drift("agent-1", 1.02):
        assert gained() == pytest.approx(0.3)
    assert gained() == 0


# -- disks -------------------------------------------------------------------------------------------


def test_slow_disks_make_writes_slow_and_two_of_them_slower(cluster: SimCluster) -> None:
    assert took_s(cluster) < 0.1
    with cluster.faults.slow_disk("servers", "100ms"):
        assert 0.1 <= took_s(cluster) < 0.5
        with cluster.faults.slow_disk("servers", "100ms"):
            assert took_s(cluster) >= 0.2
    cluster.run(1)
    assert took_s(cluster) < 0.1


def test_a_server_whose_disk_fails_stops_and_starts_when_it_is_mended(cluster: SimCluster) -> None:
    victim = cluster.leader()
    with cluster.faults.io_error(victim):
        cluster.client("agent-1").kv.put("k", b"v", timeout=30)
        cluster.run(1)
        assert servers_that_serve(cluster) == 2
        assert cluster.wait_for_leader(other_than=victim)
    cluster.run(1)
    assert servers_that_serve(cluster) == 3
    cluster.wait_whole()


def test_a_server_whose_disk_is_full_leads_no_more_and_goes_on_when_there_is_room(cluster: SimCluster) -> None:
    victim = cluster.leader()
    with cluster.faults.full_disk(victim):
        for number in range(40):
            cluster.client("agent-1").kv.put(f"big{number}", bytes(20_000), timeout=30)
        assert cluster.wait_for_leader(other_than=victim)
        assert servers_that_serve(cluster) == 3
    cluster.run(3)
    cluster.wait_whole()


def test_an_agent_whose_disk_is_full_accepts_nothing_that_its_next_start_would_not_know(cluster: SimCluster) -> None:
    agent = cluster.client("agent-1").agent
    agent.register_service("first")  # begins a segment, in which there is room for some more
    with cluster.faults.full_disk("agent-1"):
        accepted = registered_until_refused(cluster)
        assert accepted
        with pytest.raises(Refused, match="no space left on device"):
            agent.deregister_service("s0")
        assert cluster.client("agent-1").kv.put("k", b"what passes through needs no room")
    cluster.run(3)
    agent.register_service("last")
    with cluster.faults.kill("agent-1"):
        cluster.run(1)
    cluster.run(5)
    begun = f"s{len(accepted)}"  # it met the full disk: refused, and on the disk once there was room
    assert {service.id for service in agent.services()} == {"first", *accepted, begun, "last"}


def test_an_agent_that_dies_beside_a_full_disk_knows_again_all_that_it_accepted(cluster: SimCluster) -> None:
    agent = cluster.client("agent-1").agent
    agent.register_service("first")
    full = cluster.faults.full_disk("agent-1")
    accepted = registered_until_refused(cluster)
    assert accepted
    with cluster.faults.kill("agent-1"):
        cluster.run(1)
    full.heal()
    cluster.run(5)
    assert {service.id for service in agent.services()} == {"first", *accepted}


def test_a_lying_disk_loses_what_was_promised_and_only_a_power_cut_shows_it(cluster: SimCluster) -> None:
    def all_lose_power() -> None:
        cluster.faults.lose_unsynced("servers", duration="1s")
        cluster.run(5)
        assert cluster.kv.get("a") is not None

    with cluster.faults.lying_fsync("servers"):
        cluster.kv.put("a", b"1")
        cluster.faults.lose_unsynced("server-1", duration="1s")
        cluster.run(3)
        assert cluster.kv.get("a") is not None
        with pytest.raises(AssertionError):
            all_lose_power()


def test_a_server_whose_disk_lied_about_a_whole_file_refuses_to_start_and_can_be_revived(cluster: SimCluster) -> None:
    with cluster.faults.lying_fsync("server-1"):
        cluster.kv.put("a", b"1")
        cluster.run(1)
    kill = cluster.faults.kill("server-1")
    cluster.world.machines["server-1.dc1"].disk.truncate("journal-00000001", 100)
    kill.heal()
    assert cluster.world.counters["node_refused_to_start"] == 1
    cluster.faults.revive()
    cluster.wait_whole()
    assert cluster.client("server-1").kv.get("a") is not None


def test_a_flipped_bit_is_never_served(cluster: SimCluster) -> None:
    for number in range(30):
        cluster.kv.put(f"k{number}", b"1")
    victim = next(name for name in ("server-1", "server-2", "server-3") if name != cluster.leader())
    flips = [cluster.faults.bit_flip(victim) for _ in range(3)]
    assert len(flips) == 3
    kill = cluster.faults.kill(victim)
    cluster.run(1)
    kill.heal()
    cluster.run(1)
    if down(cluster):
        assert cluster.world.counters["node_refused_to_start"] == 1
    cluster.faults.revive()
    cluster.wait_whole()
    assert all(cluster.client(victim).kv.get(f"k{number}") is not None for number in range(30))


def test_the_same_seed_draws_the_same_faults_and_gives_the_same_trace() -> None:
    def run(seed: int) -> tuple[str, list[str]]:
        made = SimCluster(3, 4, seed=seed)
        made.wait_whole()
        told = [made.faults.kill("one(agents)").fault.what, made.faults.loss("percent(30)", "all", 0.3).fault.what]
        made.run(5)
        return made.digest, told

    assert run(3) == run(3)
    assert len({tuple(run(seed)[1]) for seed in range(6)}) > 1
