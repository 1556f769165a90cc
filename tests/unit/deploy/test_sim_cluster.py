"""The simulated cluster as a person uses it: time passes on request, and a seed says all."""

import pytest

import lictor
from lictor_deploy.sim.cluster import SimCluster


@pytest.fixture
def cluster():
    made = SimCluster(3, 2, seed=5)
    made.wait_whole()
    return made


def story(seed):
    cluster = SimCluster(3, 1, seed=seed)
    cluster.wait_whole()
    cluster.kv.put("a", b"1")
    with cluster.faults.isolate("leader"):
        cluster.run(3)
    return cluster.client("agent-1").event.fire("deploy"), cluster.digest


def test_a_seed_decides_everything_even_the_ids_of_events():
    first, again, other = story(1), story(1), story(2)
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


@pytest.mark.slow
def test_time_passes_when_told_to(cluster):
    before = cluster.time_s
    cluster.run(100)
    assert cluster.time_s == pytest.approx(before + 100)


def test_a_write_waits_out_an_election_as_the_live_client_does(cluster):
    old = cluster.leader()
    with cluster.faults.isolate("leader"):
        assert cluster.kv.put("a", b"1")
        assert cluster.wait_for_leader(other_than=old) != old
    assert cluster.client(old).kv.get("a").value == b"1"


def test_all_tries_of_a_write_are_one_write(cluster):
    """The answer is lost on its way back: the second try must not fail because the first one was done."""
    with cluster.faults.loss("servers", "agent-2", 1.0, match=["answers.written"]):
        with pytest.raises(lictor.Timeout) as unknown:
            cluster.kv.put("a", b"1", cas=0, timeout=2)
        cluster.world.at(6, cluster.faults.heal_all)
        assert cluster.kv.put("b", b"1", cas=0, timeout=20)
    assert not unknown.value.definite
    assert cluster.kv.get("b").value == b"1"


def test_without_a_quorum_a_client_is_refused_in_virtual_time(cluster):
    began = cluster.time_s
    with cluster.faults.isolate("servers"), pytest.raises(lictor.LictorError):
        cluster.kv.put("a", b"1", timeout=5)
    assert 3 < cluster.time_s - began < 10


def test_a_node_without_power_answers_nothing_and_comes_back_with_its_disk(cluster):
    cluster.kv.put("a", b"1")
    for name in cluster.nodes:
        cluster.crash(name)
    assert cluster.leader() == ""
    assert cluster.disagreements() == ["no server leads"]
    with pytest.raises(lictor.Unavailable):
        cluster.client("agent-1").kv.get("a", timeout=1)
    for name in cluster.nodes:
        cluster.restart(name)
    cluster.wait_whole()
    assert cluster.kv.get("a").value == b"1"


def test_whole_means_that_the_dead_are_known_to_be_dead(cluster):
    cluster.crash("agent-1")
    assert cluster.disagreements()
    with pytest.raises(AssertionError, match=r"seed 5: not whole .* agent-1"):
        cluster.wait_whole(0.1)
    cluster.wait_whole()
    assert [c.node for c in cluster.client("agent-2").health.state("critical")] == ["agent-1"]


def test_eventually_says_when_it_gave_up_and_why(cluster):
    before = cluster.time_s
    with cluster.faults.isolate("servers"), pytest.raises(AssertionError, match=r"seed 5: not within 3 s.*Timeout"):
        cluster.eventually(lambda: cluster.kv.get("a", timeout=1), within_s=3)
    assert cluster.time_s - before >= 3


def test_eventually_takes_a_refusal_for_not_yet(cluster):
    held = cluster.faults.isolate("servers")
    cluster.world.at(4, held.heal)
    cluster.eventually(lambda: cluster.kv.put("a", b"1", timeout=1), within_s=20)


def test_always_fails_at_the_moment_when_it_is_no_longer_true(cluster):
    leader, cut = cluster.leader(), cluster.time_s + 2
    cluster.world.at(2, lambda: cluster.crash(leader))
    with pytest.raises(AssertionError, match="no longer true"):
        cluster.always(lambda: cluster.leader() == leader, for_s=10)
    assert cluster.time_s == pytest.approx(cut, abs=0.1)


def test_an_actor_that_raises_fails_whoever_let_time_pass(cluster, monkeypatch):
    monkeypatch.setattr(cluster.world.actor("agent@agent-1.dc1"), "handle", lambda message, turn: 1 / 0)
    with pytest.raises(AssertionError, match=r"agent@agent-1.dc1 raised ZeroDivisionError"):
        cluster.run(3000)
    assert cluster.time_s < 1000


def test_an_unknown_node_is_named(cluster):
    with pytest.raises(LookupError, match=r"'agent-9' names no node"):
        cluster.crash("agent-9")


def test_the_trace_has_what_happened(cluster):
    with cluster.faults.isolate("agent-1"):
        cluster.run(1)
    assert any(" ! f1 isolate agent-1.dc1" in line for line in cluster.trace)
    assert any(" ! healed f1" in line for line in cluster.trace)


def test_cluster_sim_is_the_short_way():
    cluster = lictor.Cluster.sim(servers=1, agents=0, seed=3)
    cluster.wait_for_leader()
    assert (list(cluster.nodes), cluster.seed) == (["server-1"], 3)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("size", [400_000, 524_289, 900_000])
def test_a_request_that_never_arrives_ends_with_the_clients_deadline(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lictor_actors.hosts.world.network.MESSAGE_MAX", 300_000)
    cluster = SimCluster(1, 1, seed=1)
    cluster.wait_whole()
    before = cluster.time_s
    with pytest.raises(lictor.LictorError):
        cluster.kv.put("a", bytes(size))
    assert cluster.time_s - before < 11
