"""What docs/failure-modes.md says: whole nodes that come back changed, copied, renamed or late."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from namesakes import add_namesake

from lictor_actors.faults import world_faults
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.trace import Tap
from lictor_actors.hosts.world.world import SECOND
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import tree
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swarm.bench import Bench
from lictor_messages.answers import Written
from lictor_messages.catalog import ListNodes, Nodes
from lictor_messages.envelope import at
from lictor_messages.kv import Entries, GetKey, PutKey

HOUR_S = 3600


class Cluster(Tap):
    """Three servers and two agents with LAN's constants, and what their timelines say."""

    def __init__(self, seed: int = 21) -> None:
        self.notes: list[str] = []
        self.world = World(seed)
        self.world.trace.taps.append(self)
        self.bench = Bench(self.world, raft=False)
        self.specs = cluster_specs(seed, 3, 2)
        for spec in self.specs:
            add_node(self.world, spec)
        self.until(lambda: not self.wrong(), 30)

    def wrong(self) -> list[str]:
        return (
            self.bench.members_wrong() or self.bench.catalog_wrong() or ([] if self.bench.leader() else ["none leads"])
        )

    def note(self, time: int, who: str, event: str) -> None:
        self.notes.append(f"{who}: {event}")

    def said(self, words: str) -> list[str]:
        return [note for note in self.notes if words in note]

    def until(self, true: Callable[[], bool], within_s: float) -> None:
        assert self.world.run_until(true, within_s), self.wrong()
        assert self.world.crashes == []

    def prober(self, name: str) -> Prober:
        prober = self.world.actor(at("prober", f"{name}.dc1"))
        assert isinstance(prober, Prober)
        return prober

    def held(self, name: str) -> set[str]:
        """The addresses by which the others know a member that they hold for alive."""
        seen = [self.prober(other.partition(".")[0]).members.get(f"{name}.dc1") for other in self.world.running()]
        return {peer.alive.address if peer is not None and peer.present else "" for peer in seen}

    def spec(self, name: str, **changes: object) -> NodeSpec:
        known = next((spec for spec in self.specs if spec.name == name), self.specs[-1])
        return known.model_copy(update={"name": name, **changes})

    def restart_elsewhere(self, name: str, address: str) -> NodeSpec:
        """The same disk, at another address; where it was before no node listens."""
        moved, machine = self.spec(name, address=address), self.world.machines[f"{name}.dc1"]
        self.world.kill(machine.name)
        for url in machine.urls:
            del self.world.network._urls[url]
        machine.become(tree(moved))
        machine.urls = moved.listen_urls
        self.world.network.listen(machine)
        self.world.restart(machine.name)
        return moved

    def catalog(self) -> dict[str, tuple[str, str]]:
        answer = self.world.ask("server-1.dc1", "agent", ListNodes(consistency="consistent"))
        assert isinstance(answer, Nodes)
        return {node.node: (node.address, node.id) for node in answer.nodes}


@pytest.fixture
def five() -> Cluster:
    return Cluster()


def test_one_that_starts_again_with_its_id_is_the_same_node(five: Cluster) -> None:
    before = five.catalog()
    five.world.kill("agent-1.dc1")
    five.world.run(2)
    five.world.restart("agent-1.dc1")
    five.until(lambda: not five.wrong(), 30)
    assert five.catalog() == before


@pytest.mark.parametrize("name", ["agent-1", "server-3"])
def test_one_that_starts_again_elsewhere_has_its_name_back_when_the_old_place_has_failed(
    five: Cluster, name: str
) -> None:
    """Not before; nor, as another node would, 30 s after that (memberlist's DeadNodeReclaimTime)."""
    five.world.run(2)
    moved = five.restart_elsewhere(name, "10.0.0.99")
    five.until(lambda: five.held(name) == {"10.0.0.99"} and not five.wrong(), 30)
    assert five.said(f"join refused: another node is called '{name}' already, at 10.0.0.")
    assert five.said("`lictor force-leave` frees the name of one that has failed")
    assert five.catalog()[name] == ("10.0.0.99", moved.id)


def test_a_copy_of_a_disk_is_turned_away_and_told_what_to_do(five: Cluster) -> None:
    original = five.spec("agent-1")
    add_node(five.world, five.spec("copy", id=original.id, address="10.0.0.50"))
    five.world.run(20)
    assert five.said("join refused: node 'copy' has the id of node 'agent-1', which lives at 10.0.0.4:8301")
    assert five.said("was its data directory copied? Stop 'copy', remove the file 'node-id' from its data directory")
    assert "copy" not in five.catalog()
    assert five.prober("server-1").members.get("copy.dc1") is None


def test_of_two_copies_that_join_by_different_doors_in_one_moment_one_stops(five: Cluster) -> None:
    shared = "0a1b2c3d-0000-4000-8000-000000000001"
    for name, address, door in (("one", "10.0.0.51", "10.0.0.1"), ("two", "10.0.0.52", "10.0.0.2")):
        add_node(five.world, five.spec(name, id=shared, address=address, join=(f"tcp://{door}:8301",)))
    names = {"one", "two"}
    five.until(lambda: any(not five.world.machines[f"{name}.dc1"].running for name in names), 60)
    five.world.run(10)
    ((loser, why),) = five.world.ended.items()
    (winner,) = names - {loser.partition(".")[0]}
    assert why.startswith(f"node '{loser.partition('.')[0]}' has the id of node '{winner}', which lives at 10.0.0.5")
    assert why.endswith(
        "members met it first: this node stops. Was its data directory copied? Remove the file 'node-id' from it, or "
        "set another 'node_id', and start it again"
    )
    five.world.ended.clear()
    five.until(lambda: five.catalog().get(winner, ("", ""))[1] == shared, 60)
    five.until(lambda: five.held(winner) != {""} and five.held(loser.partition(".")[0]) == {""}, 60)


@pytest.mark.parametrize("seed", range(21, 25))
def test_of_two_nodes_of_one_name_the_one_that_fewer_know_stops(seed: int) -> None:
    """They come in by different doors in one moment."""
    five = Cluster(seed)
    doors = ("10.0.0.1", "10.0.0.2")
    first, second = (
        five.spec(
            "twin", id=f"0a1b2c3d-0000-4000-8000-00000000000{i}", address=f"10.0.0.5{i}", join=(f"tcp://{d}:8301",)
        )
        for i, d in enumerate(doors)
    )
    five.world.listeners.remove(five.bench.events.heard)  # it knows nodes by their names
    one = add_node(five.world, first)
    other = add_namesake(five.world, second)
    five.until(lambda: not (one.running and other.running), 120)
    five.world.run(10)
    assert one.running != other.running
    (why,) = five.world.ended.values()
    winner, spec = (one, first) if one.running else (other, second)
    assert why.startswith(f"another node is called 'twin' too, at {spec.address}:8301, and only ")
    assert why.endswith(
        "members know it at 10.0.0.5" + ("1" if winner is one else "0") + ":8301: this node stops. Give "
        "it another 'node_name' and start it again"
    )
    five.world.machines["twin.dc1"] = winner
    five.world.ended.clear()
    five.until(lambda: five.held("twin") == {spec.address}, 200)


def test_an_address_that_is_another_clusters_by_now_is_refused_by_name(five: Cluster) -> None:
    five.world.run(100)  # until agent-2 has written down the members that it knows
    for name in ("agent-2.dc1", "server-1.dc1"):
        five.world.kill(name)
    add_node(five.world, five.spec("stranger", dc="dc2", address="10.0.0.1", join=(), id=""))
    five.world.restart("agent-2.dc1")
    five.until(lambda: five.prober("agent-2").alive_count >= 3, 30)
    five.world.run(5)
    (said,) = set(five.said("join refused"))
    assert "stranger.dc2 belongs to datacenter 'dc2' and agent-2.dc1 to 'dc1'" in said or "agent-2.dc1 belongs" in said
    assert five.prober("agent-2").members.get("stranger.dc2") is None


@pytest.fixture
def asleep(five: Cluster) -> Callable[[str, bool], Callable[[], None]]:
    """Send a machine to sleep for an hour: nothing runs on it, nothing arrives. Returns what wakes it."""

    def suspend(name: str, clock_stands: bool) -> Callable[[], None]:
        cut = world_faults(five.world).isolate(name)
        five.world.handle_actor("pause", name)
        five.world.run(HOUR_S)
        if clock_stands:
            five.world.machines[name].clock.stand_still(HOUR_S * SECOND)

        def wake() -> None:
            five.world.handle_actor("resume", name)
            cut.heal()

        return wake

    return suspend


@pytest.mark.slow
@pytest.mark.timeout(300)  # an hour of five nodes
@pytest.mark.parametrize(("name", "clock_stands"), [("agent-1.dc1", True), ("leader", False)])
def test_one_that_slept_for_an_hour_is_back_within_a_minute(
    five: Cluster, asleep: Callable[[str, bool], Callable[[], None]], name: str, clock_stands: bool
) -> None:
    """A closed laptop, whose clock goes on, or a machine that its hypervisor has suspended, whose clock stands."""
    name = five.bench.leader() if name == "leader" else name
    wake = asleep(name, clock_stands)
    seen = five.prober("agent-2").members.get(name)
    assert seen is not None
    assert seen.status == "failed"
    assert isinstance(five.world.ask("agent-2.dc1", "agent", PutKey(key="k", value=b"1")), Written)
    wake()
    five.until(lambda: not five.wrong(), 60)
    assert isinstance(five.world.ask(name, "agent", PutKey(key="k", value=b"2")), Written)
    assert five.world.ended == {}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_leader_that_slept_answers_no_read_by_the_lease_that_it_had(
    five: Cluster, asleep: Callable[[str, bool], Callable[[], None]]
) -> None:
    name = five.bench.leader()
    wake = asleep(name, False)
    assert isinstance(five.world.ask("agent-2.dc1", "agent", PutKey(key="k", value=b"1")), Written)
    five.world.handle_actor("resume", name)
    assert not isinstance(five.world.ask(name, "server", GetKey(key="k"), 0.2), Entries)
    wake()
    five.until(lambda: not five.wrong(), 60)
