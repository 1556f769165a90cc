"""Crowds of HTTP clients that watch keys, prefixes and a service from every node, while leaders die, servers and their
actors start again, leadership moves and links are cut: after the last write everybody has heard of it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from lictor_actors.faults import Faults, world_faults
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.node.in_world import add_cluster
from lictor_actors.swarm.bench import Bench
from lictor_messages.autopilot import TransferLeadership
from lictor_messages.base import Message
from lictor_messages.web import HttpAnswered, HttpAsked

PLACES = ("agent-1", "agent-2", "server-1", "server-2", "server-3")
SERVERS = PLACES[2:]
TARGETS = ("/v1/kv/w/0", "/v1/kv/w/1", "/v1/kv/w/?recurse", "/v1/health/service/web")
MODES = ("", "stale", "consistent")
EACH = 2
"""Clients that ask exactly the same: they share a call."""
TROUBLES = 12
HEARS_WITHIN_S = 10.0
NOTICES_WITHIN_S = 75.0
"""What was lost on a cut link is asked again after little more than a minute; each query blocks for ten."""


class Client:
    """One connection: asks, hears, asks on from there."""

    def __init__(self, world: World, node: str, number: int, target: str, mode: str) -> None:
        self.node, self.target, self.mode = node, target, mode
        self.index, self.said = 0, b""
        self._world, self._life, self._index_before = world, 0, 0
        self._door: Door = world.door(f"{node}.dc1", f"watcher{number}")

    def ask(self) -> None:
        self._life += 1
        join = "&" if "?" in self.target else "?"
        target = f"{self.target}{join}index={self.index}&wait=10m" + (f"&{self.mode}" if self.mode else "")
        asked = HttpAsked(method="GET", target=target)
        self._door.ask("gateway", asked, partial(self._told, self._life), within_s=900)

    def _told(self, life: int, answer: Message) -> None:
        if life != self._life:
            return
        if isinstance(answer, HttpAnswered) and answer.status in (200, 404):
            index = int(dict(answer.headers)["X-Consul-Index"])
            self.said, self.index = answer.body, index if index >= self.index else 0
            self.ask()
        else:
            self._world.at(0.3, self.ask)


class Crowd:
    """A cluster, its clients and what is done to it."""

    def __init__(self, seed: int) -> None:
        self.world, self.dice = World(seed), Random(seed)
        self.bench = Bench(self.world)
        add_cluster(self.world, 3, 2)
        self.faults: Faults = world_faults(self.world)
        self.until(lambda: bool(self.bench.leader()) and not self.bench.catalog_wrong(), 20)
        self.writers = [self.world.door(f"{place}.dc1", "writer") for place in PLACES[:2]]
        places = [(place, target, mode) for place in PLACES for target in TARGETS for mode in MODES]
        self.clients = [Client(self.world, *at) for at in self.numbered(places)]
        self.turn = 0
        for client in self.clients:
            client.ask()

    def numbered(self, places: list[tuple[str, str, str]]) -> list[tuple[str, int, str, str]]:
        return [(p, n * EACH + e, t, m) for n, (p, t, m) in enumerate(places) for e in range(EACH)]

    def until(self, true: Callable[[], bool], within_s: float) -> None:
        assert self.world.run_until(true, within_s)

    def write(self, then: Callable[[Message], None] = lambda _: None) -> None:
        """One more state of everything that is watched, one of them after the other."""
        self.turn += 1
        service = {"Service": "web", "ID": "web1", "Port": 80, "Meta": {"turn": str(self.turn)}}
        node = {"Node": "ext", "Address": "10.0.0.9", "Service": service}
        wishes = [("/v1/kv/w/0", b"%d." % self.turn), ("/v1/kv/w/1", b"%d." % self.turn)]
        wishes.append(("/v1/catalog/register", json.dumps(node).encode()))
        for target, body in wishes:
            asked = HttpAsked(method="PUT", target=target, body=body)
            self.dice.choice(self.writers).ask("gateway", asked, then, within_s=20)

    def trouble(self) -> None:
        leader, server = self.bench.leader(), f"{self.dice.choice(SERVERS)}.dc1"
        match self.dice.randrange(6):
            case 0 if leader:
                self.crash(leader)
            case 1:
                self.crash(server)
            case 2:
                self.faults.restart(f"server@{server}")
            case 3 if leader:
                self.world.door(f"{PLACES[0]}.dc1", "operator").ask("agent", TransferLeadership(), lambda _: None)
            case 4:
                with self.faults.isolate(leader or server):
                    self.world.run(self.dice.uniform(0.2, 4))
            case _:
                with self.faults.loss("all", "all", 0.3):
                    self.world.run(self.dice.uniform(0.2, 2))

    def crash(self, node: str) -> None:
        self.world.crash(node)
        self.world.run(self.dice.uniform(0.1, 3))
        self.world.restart(node)
        for client in self.clients:
            if f"{client.node}.dc1" == node:  # its connection broke
                client.index = 0
                client.ask()

    def last_word(self) -> None:
        """Written until it has been acknowledged whole."""
        left: list[Message] = []
        self.write(left.append)
        self.until(lambda: len(left) == 3, 30)
        assert all(isinstance(a, HttpAnswered) and a.status == 200 for a in left), left

    def behind(self) -> list[tuple[str, str, str]]:
        value = b'"Value":"%s"' % b64encode(b"%d." % self.turn)
        turn = f'"turn":"{self.turn}"'.encode()
        wrong = []
        for client in self.clients:
            known = turn in client.said if "health" in client.target else client.said.count(value)
            wanted = 2 if "recurse" in client.target else 1
            if known < wanted:
                wrong.append((client.node, client.target, client.mode))
        return wrong


@pytest.mark.parametrize("seed", [1, 3, 9, 11])
def test_after_the_last_write_everybody_has_heard_of_it(seed: int) -> None:
    crowd = Crowd(seed)
    for _ in range(TROUBLES):
        crowd.write()
        crowd.world.run(crowd.dice.uniform(0.0, 1.0))
        crowd.trouble()
    crowd.until(lambda: bool(crowd.bench.leader()) and not crowd.bench.members_wrong(), 90)
    crowd.world.run(2)
    crowd.last_word()
    crowd.world.run_until(lambda: not crowd.behind(), NOTICES_WITHIN_S)
    assert crowd.behind() == []
    crowd.last_word()
    crowd.world.run_until(lambda: not crowd.behind(), HEARS_WITHIN_S)
    assert crowd.behind() == []
