"""Large reads through whole clusters in the world: of one moment, a slice a turn, whatever dies or is lost."""

from __future__ import annotations

import base64
import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from servers_in_world import Servers

from lictor_actors.bus.rules import Rules
from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world.door import Door
from lictor_actors.hosts.world.network import Weather
from lictor_actors.roles.server import reads
from lictor_actors.store import slices
from lictor_actors.store.store import Store
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.faults import FaultRule
from lictor_messages.kv import ListKeys, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.slices import AnswerSlice, LargeAnswer, ReadSlice
from lictor_messages.web import HttpAnswered, HttpAsked

AGENT = "agent-1.dc1"
KEYS = 150
VALUE = 400
SLICE = 8_000
MODES = ("", "&stale", "&consistent")
TARGET = "/v1/kv/big/?recurse"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred kilobytes are large here."""
    monkeypatch.setattr(slices, "SLICE_BYTES", SLICE)
    monkeypatch.setattr(reads, "WHOLE_BYTES_MAX", 3 * SLICE)


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[str, bytes]]:
    """What every index wrote: the same on all servers."""
    wrote: dict[int, tuple[str, bytes]] = {}
    apply = Store.apply

    def noting(self: Store, index: int, at_ns: int, command: Message) -> Message:
        outcome = apply(self, index, at_ns, command)
        if isinstance(command, PutKey):
            assert wrote.setdefault(index, (command.key, command.value)) == (command.key, command.value)
        return outcome

    monkeypatch.setattr(Store, "apply", noting)
    return wrote


def state_at(history: dict[int, tuple[str, bytes]], index: int) -> dict[str, bytes]:
    state: dict[str, bytes] = {}
    for written in sorted(history):
        if written <= index:
            key, value = history[written]
            state[key] = value
    return state


class Readers:
    """A cluster that holds much under one prefix; somebody writes there, others read all of it."""

    def __init__(self, seed: int, servers: int = 3, pause_s: float = 0.002) -> None:
        self.cluster = Servers(servers=servers, agents=1, seed=seed, check_every=50)
        self.world = self.cluster.world
        self.said: Counter[str] = Counter()
        self.acknowledged = 0
        """Index of the last write that its writer knows of."""
        self._round, self._pause_s = 0, pause_s
        self._doors: dict[tuple[str, str], Door] = {}
        self.world.listeners.append(self._heard)
        for number in range(KEYS):
            self.cluster.put(f"big/{number:03}", f"first {number} ".ljust(VALUE, "x"))
        self.cluster.until(self.cluster.same)

    def door(self, node: str, name: str) -> Door:
        """Always the same one, because a door counts its requests."""
        if (node, name) not in self._doors:
            self._doors[node, name] = self.world.door(node, name)
        return self._doors[node, name]

    def _heard(self, e: Envelope) -> None:
        if isinstance(e.body, ReadSlice | LargeAnswer | Refused):
            self.said[e.body.code if isinstance(e.body, Refused) else e.body.kind] += 1

    def write_on(self, node: str) -> None:
        """One key after the other, each as soon as the last is written."""
        self._round += 1
        key, value = f"big/{self._round % KEYS:03}", f"{self._round} ".ljust(VALUE, "x").encode()

        def wrote(answer: Message) -> None:
            if isinstance(answer, Written):
                self.acknowledged = max(self.acknowledged, answer.index)
            self.world.at(self._pause_s, lambda: self.write_on(node))

        self.door(node, "writer").ask("agent", PutKey(key=key, value=value), wrote, 5)

    def read(self, node: str, mode: str, then: Any) -> None:
        asked = HttpAsked(method="GET", target=TARGET + mode)
        self.door(node, f"reader{mode}").ask("gateway", asked, then, 60)

    def read_now(self, node: str, mode: str = "", within_s: float = 60) -> HttpAnswered:
        answers: list[Message] = []
        self.read(node, mode, answers.append)
        self.cluster.until(lambda: answers, within_s)
        assert isinstance(answers[0], HttpAnswered), answers[0]
        return answers[0]


def rows(answer: HttpAnswered) -> dict[str, bytes]:
    return {row["Key"]: base64.b64decode(row["Value"]) for row in json.loads(b"".join((answer.body, *answer.more)))}


def index(answer: HttpAnswered) -> int:
    return int(dict(answer.headers)["X-Consul-Index"])


def test_a_server_gives_one_slice_a_turn_and_hears_others_between(history: Any) -> None:
    readers = Readers(seed=3)
    cluster, turns, longest = readers.cluster, Counter[str](), 0
    leader, term = cluster.leader(), cluster.server(cluster.leader()).raft.term
    given: dict[str, list[int]] = {node: [] for node in cluster.nodes}

    def heard(e: Envelope) -> None:
        nonlocal longest
        if isinstance(e.body, AnswerSlice):
            given[e.source.partition("@")[2]].append(turns[e.source.partition("@")[2]])
            longest = max(longest, len(e.body.data))

    def saw(seat: Seat) -> None:
        turns[seat.node.name] += 1

    cluster.world.listeners.append(heard)
    cluster.world.watchers.setdefault("server", []).append(saw)
    answers: list[HttpAnswered] = []
    for node in (AGENT, *cluster.nodes):
        for mode in MODES:
            readers.read(node, mode, answers.append)
    cluster.until(lambda: len(answers) == 4 * len(MODES))
    for answer in answers:
        assert rows(answer) == state_at(history, index(answer))
        assert len(rows(answer)) == KEYS
    assert longest <= SLICE + 400
    for node in cluster.nodes:
        assert len(given[node]) > 10
        assert len(set(given[node])) == len(given[node]), "two slices in one turn"
    assert (cluster.leader(), cluster.server(leader).raft.term) == (leader, term)
    assert cluster.world.crashes == []


def test_an_answer_is_of_one_moment_while_others_write(history: Any) -> None:
    readers = Readers(seed=5)
    readers.write_on(AGENT)
    readers.write_on(readers.cluster.nodes[0])
    overtaken = 0
    for number in range(12):
        known = readers.acknowledged
        answer = readers.read_now(AGENT, ("", "&consistent")[number % 2])
        assert rows(answer) == state_at(history, index(answer))
        assert index(answer) >= known
        overtaken += max(history) > index(answer)
    assert overtaken > 6, "nobody wrote while it was read"
    assert all(len(cluster_reads(readers, node).large) <= 8 for node in readers.cluster.nodes)
    assert readers.world.crashes == []


def cluster_reads(readers: Readers, node: str) -> Any:
    return readers.cluster.server(node).reads


def test_what_nobody_reads_any_more_is_forgotten(history: Any) -> None:
    readers = Readers(seed=6)
    for mode in MODES:
        readers.read_now(AGENT, mode)
    assert any(len(cluster_reads(readers, node).large) for node in readers.cluster.nodes)
    readers.world.run(16)
    assert not any(len(cluster_reads(readers, node).large) for node in readers.cluster.nodes)


def test_blocked_readers_share_one_answer(history: Any) -> None:
    readers = Readers(seed=8)
    now = index(readers.read_now(AGENT))
    before = readers.said.copy()
    answers: list[HttpAnswered] = []
    for node in (AGENT, *readers.cluster.nodes):
        for number in range(3):
            asked = HttpAsked(method="GET", target=f"{TARGET}&index={now}&wait=5m")
            readers.door(node, f"watcher{number}").ask("gateway", asked, answers.append, 400)
    readers.world.run(1)
    assert answers == []
    readers.cluster.put("big/007", "new")
    readers.cluster.until(lambda: len(answers) == 12)
    assert {index(answer) for answer in answers} == {max(history)}
    for answer in answers:
        assert rows(answer)["big/007"] == b"new"
    assert readers.said[LargeAnswer.kind] - before[LargeAnswer.kind] == 4
    leader = readers.cluster.leader()
    assert len(cluster_reads(readers, leader).large) == 2  # one of each moment


def test_typed_answers_are_bounded_and_the_refusal_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = Readers(seed=9)
    ask = ListKeys(prefix="big/")
    assert len(readers.cluster.ask(readers.cluster.leader(), ask).entries) == KEYS
    monkeypatch.setattr(reads, "ONE_MESSAGE_BYTES_MAX", 50_000)
    refused = readers.cluster.ask(readers.cluster.leader(), ask)
    assert (refused.code, refused.row.definite) == ("TooLarge", True)
    assert "ask for less at a time" in refused.words
    assert len(readers.cluster.ask(readers.cluster.leader(), ListKeys(prefix="big/00")).entries) == 10


@pytest.mark.parametrize("seed", range(6))
def test_crashes_and_losses_in_the_middle_end_in_the_right_answer_or_a_refusal(seed: int, history: Any) -> None:
    readers, dice = Readers(seed, pause_s=0.1), Random(seed)
    cluster, world = readers.cluster, readers.world
    readers.write_on(AGENT)
    ended: Counter[int] = Counter()
    for _ in range(25):
        mode, known = dice.choice(MODES), readers.acknowledged
        answers: list[Message] = []
        readers.read(AGENT, mode, answers.append)
        world.run(dice.random() * 0.02)
        trouble(cluster, dice)
        cluster.until(lambda answers=answers: answers, 70)
        answer = answers[0]
        assert isinstance(answer, HttpAnswered), answer
        ended[answer.status] += 1
        if answer.status != 200:
            assert answer.status in (429, 500), answer
            continue
        assert rows(answer) == state_at(history, index(answer))
        assert mode == "&stale" or index(answer) >= known
    mend(cluster)
    cluster.until(lambda: cluster.leader() and cluster.server(cluster.leader()).raft.ready, 60)
    world.run(8)
    assert readers.read_now(AGENT, within_s=10).status == 200
    assert ended[200] > 10
    assert world.crashes == []
    assert readers.said[ReadSlice.kind] > 300


def trouble(cluster: Servers, dice: Random) -> None:
    match dice.randrange(7):
        case 0 if len(cluster.up()) == len(cluster.nodes) and cluster.leader():
            cluster.world.crash(dice.choice((cluster.leader(), *cluster.followers())))
        case 1 if len(cluster.up()) == len(cluster.nodes):
            cluster.world.kill(dice.choice(cluster.nodes))
        case 2:
            cluster.isolate(dice.choice(cluster.nodes))
        case 3:
            kinds = (ReadSlice.kind, AnswerSlice.kind)
            rule = FaultRule(id="1", effect="drop", kinds=kinds, probability=dice.choice((0.02, 0.3)))
            cluster.world.network.rules = Rules((rule,))
        case 4:
            cluster.world.network.weather = Weather(loss=0.01, duplicate=0.02, reorder=0.05)
        case _:
            mend(cluster)


def mend(cluster: Servers) -> None:
    cluster.heal()
    cluster.world.network.weather = Weather()
    for node in cluster.nodes:
        if node not in cluster.up():
            cluster.world.restart(node)
