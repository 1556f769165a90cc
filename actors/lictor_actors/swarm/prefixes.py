"""Clients that write and delete under a prefix, and watchers that follow it by blocking queries (``?recurse``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.judges.watches import Seen, WatchJudge
from lictor_actors.swarm.followers import CALM_WAIT_S, PATIENCE_S, SECOND, WAIT_S
from lictor_messages.answers import Command
from lictor_messages.base import Message
from lictor_messages.kv import DeleteKey, Entries, ListKeys, PutKey

TREE, BRANCH = "tree/", "tree/branch/"
KEYS = ("tree/1", "tree/2", "tree/3", "tree/branch/1", "tree/branch/2")
EVERY_S = 0.3
CALL_S = 3.0
WATCHERS = (TREE, TREE, BRANCH)
"""What each of them follows."""


class Prefixes:
    """One writer, and watchers of the whole tree and of a branch, each at some node."""

    def __init__(self, world: World, judge: WatchJudge, nodes: list[str], rng: Random) -> None:
        self._world = world
        self._judge = judge
        self._rng = rng
        self._going = True
        self._round = 0
        self._wait_s = WAIT_S
        self._values = 0
        self._writer = world.door(rng.choice(nodes), "gardener")
        self._watching = [
            (f"watcher {i} of {prefix}", prefix, world.door(rng.choice(nodes), f"watches-{i}"))
            for i, prefix in enumerate(WATCHERS)
        ]
        for name, prefix, door in self._watching:
            world.at(rng.uniform(0.0, 2.0), partial(self._follow, 0, name, prefix, door))
        self._again()

    def stop(self) -> None:
        """Nothing is written any more."""
        self._going = False

    def begin_anew(self) -> None:
        """The cluster is healed: every watcher asks and waits, so long that no time-out stands in for a wake-up."""
        self._round += 1
        self._wait_s = CALM_WAIT_S
        for name, prefix, door in self._watching:
            self._follow(self._round, name, prefix, door)

    def last_words(self, node: str) -> Iterator[list[str]]:
        """Say one more thing at each step, a deletion at last, and then which watchers have not heard it.

        The caller lets time pass between two steps.
        """
        door = self._world.door(node, "last-gardener")
        for command in (self._put(KEYS[0]), self._put(KEYS[4]), DeleteKey(key=KEYS[4]), self._put(KEYS[3])):
            door.ask("agent", command, _nothing, CALL_S)
            yield []
        door.ask("agent", DeleteKey(key=BRANCH, recurse=True), _nothing, CALL_S)
        yield []
        truth: dict[str, Seen] = {}
        for prefix in (TREE, BRANCH):
            query = ListKeys(prefix=prefix, consistency="consistent")
            door.ask("agent", query, partial(self._found, truth, prefix), CALL_S)
        yield []
        yield [text for name, prefix, at in self._watching if at.up for text in self._behind(name, prefix, truth)]

    def _found(self, truth: dict[str, Seen], prefix: str, answer: Message) -> None:
        if isinstance(answer, Entries):
            truth[prefix] = _rows(answer)

    def _behind(self, name: str, prefix: str, truth: dict[str, Seen]) -> list[str]:
        if prefix not in truth:
            return [f"nobody could list {prefix}"]
        return self._judge.behind(name, prefix, truth[prefix])

    # -- writing -------------------------------------------------------------------------------

    def _again(self) -> None:
        self._world.at(self._rng.expovariate(1 / EVERY_S), self._write)

    def _write(self) -> None:
        if self._going:
            self._writer.ask("agent", self._command(), lambda _: self._world.count("prefix_written"), CALL_S)
            self._again()

    def _command(self) -> Command:
        what = self._rng.random()
        if what < 0.5:
            return self._put(self._rng.choice(KEYS))
        if what < 0.95:
            return DeleteKey(key=self._rng.choice(KEYS))
        return DeleteKey(key=self._rng.choice((TREE, BRANCH)), recurse=True)

    def _put(self, key: str) -> PutKey:
        self._values += 1
        return PutKey(key=key, value=b"%d" % self._values)

    # -- following -----------------------------------------------------------------------------

    def _follow(self, round_: int, name: str, prefix: str, door: Door) -> None:
        if round_ == self._round:
            wait_ns = round(self._wait_s * SECOND)
            query = ListKeys(prefix=prefix, min_index=self._judge.index(name, prefix), wait_ns=wait_ns)
            told = partial(self._told, round_, name, prefix, door)
            door.ask("agent", query, told, self._wait_s + PATIENCE_S)

    def _told(self, round_: int, name: str, prefix: str, door: Door, answer: Message) -> None:
        if round_ != self._round:
            return
        if isinstance(answer, Entries):
            self._judge.listed(name, prefix, answer.index, _rows(answer))
            self._world.count("prefix_watcher_told")
            self._follow(round_, name, prefix, door)
        else:
            self._world.at(self._rng.uniform(0.1, 0.4), partial(self._follow, round_, name, prefix, door))


def _rows(answer: Entries) -> Seen:
    return tuple((entry.key, entry.value) for entry in answer.entries)


def _nothing(_: Message) -> None:
    """What came of it is read afterwards."""
