"""Whoever waits for a change hears of it, although the server that kept the question died or was cut off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lictor_actors.faults import Faults, world_faults
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_actors.swarm.bench import Bench
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.kv import PutKey
from lictor_messages.web import HttpAnswered, HttpAsked

PLACES = ("agent-1", "agent-2", "server-1", "server-2", "server-3")
MODES = ("", "&stale", "&consistent")
HEARS_WITHIN_S = 5.0
"""After the write: the blocked reads wait for ten minutes."""
NOTICES_WITHIN_S = 75.0
"""A question that was lost on its way while the network was cut is asked again after a minute."""


class Watched:
    """A cluster with blocked reads of one key on every node, in every mode."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.bench = Bench(self.world)
        add_cluster(self.world, 3, 2)
        self.faults: Faults = world_faults(self.world)
        self.until(lambda: bool(self.bench.leader()) and not self.bench.catalog_wrong(), 20)
        assert isinstance(self.put("agent-1", b"before"), Written)
        self.heard: dict[tuple[str, str], Message] = {}
        for place in PLACES:
            index = dict(self.get(place).headers)["X-Consul-Index"]
            for number, mode in enumerate(MODES):
                target = f"/v1/kv/watched?index={index}&wait=10m{mode}"
                asked = HttpAsked(method="GET", target=target)
                then = self.noted(place, mode)
                self.world.door(f"{place}.dc1", f"watcher{number}").ask("gateway", asked, then, within_s=700)
        self.world.run(1)
        assert self.heard == {}

    def noted(self, place: str, mode: str) -> Callable[[Message], None]:
        return lambda answer: self.heard.__setitem__((place, mode), answer)

    def until(self, true: Callable[[], bool], within_s: float) -> None:
        assert self.world.run_until(true, within_s)

    def put(self, node: str, value: bytes) -> Message:
        return self.world.ask(f"{node}.dc1", "agent", PutKey(key="watched", value=value), 20)

    def change(self) -> None:
        """Agents do not hold a write while a server that comes back has no leader: their askers do."""
        self.until(lambda: isinstance(self.put("agent-2", b"after"), Written), 10)

    def get(self, node: str) -> HttpAnswered:
        asked = HttpAsked(method="GET", target="/v1/kv/watched")
        answer = self.world.ask(f"{node}.dc1", "gateway", asked, 20)
        assert isinstance(answer, HttpAnswered)
        return answer

    def unheard(self, without: str = "") -> list[tuple[str, str]]:
        return [(p, m) for p in PLACES for m in MODES if p != without and (p, m) not in self.heard]


@pytest.fixture(params=[3, 14])
def watched(request: pytest.FixtureRequest) -> Watched:
    return Watched(request.param)


def test_the_leaders_machine_dies_and_comes_back(watched: Watched) -> None:
    leader = watched.bench.leader()
    watched.world.crash(leader)
    watched.world.run(0.3)
    watched.world.restart(leader)
    watched.until(lambda: bool(watched.bench.leader()), 20)
    watched.world.run(3)
    watched.change()
    watched.until(lambda: not watched.unheard(without=leader.partition(".")[0]), HEARS_WITHIN_S)


def test_a_server_dies_for_good(watched: Watched) -> None:
    gone = next(name for name in ("server-1.dc1", "server-2.dc1") if name != watched.bench.leader())
    watched.world.crash(gone)
    watched.until(lambda: watched.bench.members_wrong() == [], 30)
    watched.change()
    watched.until(lambda: not watched.unheard(without=gone.partition(".")[0]), HEARS_WITHIN_S)


def test_only_the_server_actor_of_a_node_is_started_again(watched: Watched) -> None:
    for server in ("server-1", "server-2", "server-3"):
        watched.faults.restart(f"server@{server}.dc1")
        watched.until(lambda: bool(watched.bench.leader()), 20)
        watched.world.run(3)
    watched.change()
    watched.until(lambda: not watched.unheard(), HEARS_WITHIN_S)


def test_the_leader_is_cut_off_for_a_while(watched: Watched) -> None:
    old = watched.bench.leader()
    with watched.faults.isolate(old):
        watched.until(lambda: watched.bench.leader() not in ("", old), 20)
        watched.world.run(3)
    watched.until(lambda: watched.bench.members_wrong() == [], 60)
    watched.change()
    watched.until(lambda: not watched.unheard(), NOTICES_WITHIN_S)
