"""Clients that follow keys by blocking queries, and readers that ask each server for what it has, stale or not."""

from __future__ import annotations

from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.judges.watches import WatchJudge
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.kv import Entries, GetKey

SECOND = 1_000_000_000
WAIT_S = 4.0
"""How long a follower's query may block."""
PATIENCE_S = 6.0
STALE_EVERY_S = 0.5
CALM_WAIT_S = 60.0
"""At the end they block for so long that no time-out can stand in for a wake-up."""


class Followers:
    """One follower for each key, each at some node; one stale reader for each server."""

    def __init__(
        self, world: World, judge: WatchJudge, nodes: list[str], servers: list[str], keys: list[str], rng: Random
    ):
        self._world = world
        self._judge = judge
        self._rng = rng
        self._going = True
        self._round = 0
        self._wait_s = WAIT_S
        self._following = [(f"follower of {key}", key, world.door(rng.choice(nodes), f"follows-{key}")) for key in keys]
        for name, key, door in self._following:
            world.at(rng.uniform(0.0, 2.0), partial(self._follow, self._round, name, key, door))
        for server in servers:
            door = world.door(server, "stale-reader")
            world.at(rng.uniform(0.0, STALE_EVERY_S), partial(self._read_stale, server, keys, door))

    def begin_anew(self) -> None:
        """The cluster is healed: whatever was asked before no longer counts, and every follower asks and waits."""
        self._round += 1
        self._wait_s = CALM_WAIT_S
        self._going = False
        for name, key, door in self._following:
            self._follow(self._round, name, key, door)

    def behind(self, truth: dict[str, bytes | None]) -> list[str]:
        """Which followers have missed the last word on their key."""
        wrong = []
        for name, key, door in self._following:
            if door.up:
                wrong += self._judge.behind(name, key, truth[key])
        return wrong

    # -- following -----------------------------------------------------------------------------

    def _follow(self, round_: int, name: str, key: str, door: Door) -> None:
        if round_ == self._round:
            wait_ns = round(self._wait_s * SECOND)
            query = GetKey(key=key, min_index=self._judge.index(name, key), wait_ns=wait_ns)
            patience_s = self._wait_s + PATIENCE_S
            door.ask("agent", query, partial(self._told, round_, name, key, door), patience_s)

    def _told(self, round_: int, name: str, key: str, door: Door, answer: Message) -> None:
        if round_ != self._round:
            return
        if isinstance(answer, Entries):
            value = answer.entries[0].value if answer.entries else None
            self._judge.answered(name, key, answer.index, value)
            self._world.count("follower_told")
            self._follow(round_, name, key, door)
        else:
            self._world.at(self._rng.uniform(0.1, 0.4), partial(self._follow, round_, name, key, door))

    # -- stale reads ---------------------------------------------------------------------------

    def _read_stale(self, server: str, keys: list[str], door: Door) -> None:
        if not self._going:
            return
        self._world.at(STALE_EVERY_S, partial(self._read_stale, server, keys, door))
        life, key = self._life(server), self._rng.choice(keys)
        if life:
            query = GetKey(key=key, consistency="stale")
            door.ask("server", query, partial(self._told_stale, server, life, key), STALE_EVERY_S / 2)

    def _told_stale(self, server: str, life: int, key: str, answer: Message) -> None:
        if isinstance(answer, Entries) and self._life(server) == life:
            value = answer.entries[0].value if answer.entries else None
            self._judge.answered(f"reader of {server} in its life {life:x}", key, answer.index, value)
            self._world.count("stale_read")

    def _life(self, server: str) -> int:
        """The number of the server's present life, 0 if it has none."""
        if not self._world.machines[server].running:
            return 0
        life = self._world.seat(at("server", server)).life
        return life.number if life is not None else 0
