"""A tiny deterministic network of probers in virtual time: each node's host, its directory and its clock."""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from lictor_actors.kernel.effects import CancelTimer, Count, Note, Persist, Send, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swim.profile import Profile
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.envelope import Envelope, at, node_of, role_of
from lictor_messages.host import AllLocated, Forgotten, Located, Recovered, Undeliverable
from lictor_messages.journal import JournalRecord
from lictor_messages.refusals import Refused
from lictor_messages.swim import (
    Alive,
    CompareViews,
    Dead,
    Gossip,
    ProberOptions,
    PushPull,
    PushPullAnswer,
    Suspect,
    ViewsCompared,
)

MS = 1_000_000
NAMESAKES = PushPull, CompareViews, PushPullAnswer, ViewsCompared, Refused, Undeliverable
"""What may come in a node's own name."""
S = 1_000 * MS


@dataclass
class Node:
    options: ProberOptions
    profile: Profile | None
    life: Life | None = None
    directory: dict[str, str] = field(default_factory=dict)
    host: list[tuple[int, Message]] = field(default_factory=list)
    told: list[tuple[int, Message]] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)
    timers: dict[str, int] = field(default_factory=dict)
    journal: list[JournalRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    paused: list[tuple[Message, Envelope | None]] | None = None
    blocked: list[tuple[str, Envelope]] | None = None

    @property
    def name(self) -> str:
        return f"{self.options.name}.{self.options.dc}"


class Net:
    """``drops`` are asked about every message between nodes; True loses it. ``sent`` records (time, envelope)."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = Random(seed)
        self.now = 0
        self.wall = 1_700_000_000 * S
        self.nodes: dict[str, Node] = {}
        self.drops: list[Callable[[Envelope], bool]] = []
        self.sent: list[tuple[int, Envelope]] = []
        self.counters: Counter[str] = Counter()
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._homes: dict[int, Node] = {}

    def add(self, name: str, *join: str, profile: Profile | None = None, dc: str = "dc1", **options: object) -> Prober:
        """``called=``: its name, where another node has it too."""
        called = options.pop("called", name)
        fields = {"address": f"127.0.0.{len(self.nodes) + 1}", "port": 8301, "rest": f"tcp://{name}:8300"}
        fields |= {"gossip": f"tcp://{name}:8301", "tell": (f"agent@{name}.{dc}",), **options}
        o = ProberOptions(name=called, dc=dc, join=tuple(f"tcp://{seed}:8301" for seed in join), **fields)
        self.nodes[f"{name}.{dc}"] = Node(o, profile)
        return self.start(name, dc)

    def start(self, name: str, dc: str = "dc1", **changes: object) -> Prober:
        """A new life; its directory is empty, as after the death of the whole process."""
        node = self.nodes[f"{name}.{dc}"]
        node.options = node.options.model_copy(update=changes)
        node.directory.clear()
        node.timers.clear()
        prober = Prober(node.options, node.profile)
        called = f"{node.options.name}.{dc}"
        life = Life(prober, at(node.options.role, called), Random(self.rng.random()), self.rng.randbytes)
        node.life = life
        self._homes[id(life)] = node
        self._carry_out(life, life.start(self.now, self.wall + self.now))
        self.deliver(life, Recovered(records=tuple(node.journal), done=True), None)
        return prober

    def crash(self, name: str) -> None:
        self.nodes[f"{name}.dc1"].life = None

    def pause(self, name: str) -> None:
        self.nodes[f"{name}.dc1"].paused = []

    def resume(self, name: str) -> None:
        node = self.nodes[f"{name}.dc1"]
        waiting, node.paused = node.paused or [], None
        for message, envelope in waiting:
            self.deliver(node.life, message, envelope)

    def block(self, name: str) -> None:
        """Lifeguard's anomaly: sends and receives stand still, timers run on."""
        self.nodes[f"{name}.dc1"].blocked = []

    def unblock(self, name: str) -> None:
        node = self.nodes[f"{name}.dc1"]
        waiting, node.blocked = node.blocked or [], None
        for direction, envelope in waiting:
            if direction == "in":
                self.deliver(node.life, envelope.body, envelope)
            else:
                self._post(node.life, node, envelope)

    def prober(self, name: str) -> Prober:
        return self.prober_of(f"{name}.dc1")

    def prober_of(self, node: str) -> Prober:
        return self.nodes[node].life.actor

    def probers(self) -> list[Prober]:
        return [node.life.actor for node in self.nodes.values() if node.life]

    def status(self, seer: str, name: str) -> str:
        peer = self.prober(seer).members.get(f"{name}.dc1")
        return peer.status if peer else "unknown"

    def told(self, name: str, kind: type[Message]) -> list[Message]:
        return [event for _, event in self.nodes[f"{name}.dc1"].told if isinstance(event, kind)]

    def ask(self, name: str, request: Message) -> None:
        """From the node's own agent; answers are appended to ``nodes[…].answers``."""
        agent = f"agent@{name}.dc1"
        envelope = Envelope(agent, f"prober@{name}.dc1", request, request="r1", reply_to=agent)
        self.deliver(self.nodes[f"{name}.dc1"].life, request, envelope)

    def hear(self, name: str, message: Message, source: str = "prober@elsewhere.dc1") -> None:
        envelope = Envelope(source, f"prober@{name}.dc1", message)
        self.deliver(self.nodes[f"{name}.dc1"].life, message, envelope)

    def act(self, name: str, act: Callable[[Prober, Turn], object]) -> None:
        """A turn of a prober in which it does this."""
        life = self.nodes[f"{name}.dc1"].life
        turn = Turn(life, self.now, self.wall + self.now, None)
        act(life.actor, turn)
        self._carry_out(life, turn.effects)

    def gossip(self, name: str, *updates: bytes, source: str = "prober@elsewhere.dc1") -> None:
        """Heard and weighed, which takes some time if it is much."""
        self.hear(name, Gossip(updates=updates), source)
        while self.prober(name).pool.handoff.waiting:
            self.run(0.01)

    def bury(self, name: str, member: str, incarnation: int, accuser: str = "elsewhere") -> None:
        """Let a node hear that a member is dead, and wait until it believes that."""
        self.gossip(name, self.dead(member, incarnation, accuser))
        self.until(lambda: self.status(name, member) in ("failed", "left"), within=30, step=0.001)

    @staticmethod
    def alive(name: str, incarnation: int, **fields: object) -> bytes:
        known = {"address": "10.0.0.1", "port": 8301, "gossip": f"tcp://{name}:8301", "rest": f"tcp://{name}:8300"}
        return pack_body(Alive(name=name, dc="dc1", incarnation=incarnation, **(known | fields)))

    @staticmethod
    def suspect(name: str, incarnation: int, accuser: str = "elsewhere") -> bytes:
        return pack_body(Suspect(node=f"{name}.dc1", incarnation=incarnation, accuser=f"{accuser}.dc1"))

    @staticmethod
    def dead(name: str, incarnation: int, accuser: str = "elsewhere") -> bytes:
        return pack_body(Dead(node=f"{name}.dc1", incarnation=incarnation, accuser=f"{accuser}.dc1"))

    def sent_to(self, name: str, kind: type[Message]) -> list[Message]:
        return [e.body for _, e in self.sent if node_of(e.target) == f"{name}.dc1" and isinstance(e.body, kind)]

    def sent_by(self, name: str, kind: type[Message]) -> list[Message]:
        return [e.body for _, e in self.sent if node_of(e.source) == f"{name}.dc1" and isinstance(e.body, kind)]

    def hosted(self, name: str, kind: type[Message]) -> list[Message]:
        return [message for _, message in self.nodes[f"{name}.dc1"].host if isinstance(message, kind)]

    def run(self, seconds: float) -> None:
        end = self.now + int(seconds * S)
        while self._heap and self._heap[0][0] <= end:
            self.now, _, act = heapq.heappop(self._heap)
            act()
        self.now = end

    def until(self, done: Callable[[], bool], within: float, step: float = 0.05) -> float:
        """Seconds until ``done``; fails if that takes longer than ``within``."""
        start = self.now
        while not done():
            assert self.now - start < within * S, f"not within {within} s"
            self.run(step)
        return (self.now - start) / S

    def converged(self) -> bool:
        probers = self.probers()
        return all(p.alive_count == len(probers) and p.members_hash == probers[0].members_hash for p in probers)

    def deliver(self, life: Life | None, message: Message, envelope: Envelope | None) -> None:
        node = self._homes[id(life)] if life else None
        if node is None or node.life is not life:
            return
        if node.blocked is not None and envelope is not None:
            node.blocked.append(("in", envelope))
            return
        if node.paused is not None:
            node.paused.append((message, envelope))
            return
        self._carry_out(life, life.turn(message, envelope, self.now, self.wall + self.now))

    def _carry_out(self, life: Life, effects: list) -> None:
        node = self._homes[id(life)]
        for effect in effects:
            match effect:
                case SetTimer(name, after, message):
                    self._count += 1
                    node.timers[name] = number = self._count
                    self._after(after, lambda n=name, k=number, m=message: self._timer(life, n, k, m))
                case CancelTimer(name):
                    node.timers.pop(name, None)
                case Persist(record):
                    node.journal.append(record)
                case Count(what):
                    self.counters[what] += 1
                case Note(event):
                    node.notes.append(event)
                case Send(envelope):
                    self._post(life, node, envelope)

    def _timer(self, life: Life, name: str, number: int, message: Message) -> None:
        node = self._homes[id(life)]
        if node.life is life and node.timers.get(name) == number:
            del node.timers[name]
            self.deliver(life, message, None)

    def _post(self, life: Life, node: Node, e: Envelope) -> None:
        if node_of(e.target) == node_of(life.address):
            self._local(node, e)
            return
        if node.blocked is not None:
            node.blocked.append(("out", e))
            return
        self.sent.append((self.now, e))
        url = node_of(e.target) if "://" in e.target else node.directory.get(node_of(e.target))
        target = next((n for n in self.nodes.values() if n.options.gossip == url and n.life), None)
        if target is not None and node_of(e.source) == target.name and not isinstance(e.body, NAMESAKES):
            return  # as the intake keeps it out
        if target is None:
            if e.request and e.reply_to:
                lost = Undeliverable(request=e.request, target=e.target, about=e.body.kind, reason="refused")
                self._after(MS, lambda: self.deliver(life, lost, None))
        elif not any(drop(e) for drop in self.drops):
            reached = target.life
            self._after(int((0.2 + self.rng.random()) * MS), lambda: self.deliver(reached, e.body, e))

    def _local(self, node: Node, e: Envelope) -> None:
        if e.target == e.source:
            self._after(0, lambda: self.deliver(node.life, e.body, e))
        elif role_of(e.target) == "host":
            node.host.append((self.now, e.body))
            if isinstance(e.body, Located):
                node.directory[e.body.node] = e.body.gossip
            elif isinstance(e.body, AllLocated):
                node.directory |= {node: gossip for node, (gossip, _) in e.body.lanes.items()}
            elif isinstance(e.body, Forgotten):
                node.directory.pop(e.body.node, None)
        elif e.request:
            node.answers.append(e.body)
        else:
            node.told.append((self.now, e.body))

    def _after(self, delay: int, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (self.now + delay, self._count, act))


def _checked(net: Net) -> None:
    for prober in net.probers():
        prober.check()


@pytest.fixture
def net():
    net = Net()
    yield net
    _checked(net)


@pytest.fixture
def cluster(net):
    """Builds a converged cluster of ``n`` nodes n0, n1, …"""

    def build(n: int, profile: Profile | None = None, **options: object) -> Net:
        net.add("n0", profile=profile, **options)
        for i in range(1, n):
            net.add(f"n{i}", "n0", profile=profile, **options)
        net.until(net.converged, within=20)
        net.run(5)  # let the broadcasts of the start die away
        return net

    return build


@pytest.fixture(scope="session")
def bare_net():
    """Makes a network without nodes each time it is asked: for properties."""
    return Net


@pytest.fixture(scope="session")
def net_of():
    """Builds a converged cluster of its own each time it is asked: for properties."""

    def build(n: int) -> Net:
        net = Net()
        for i in range(n):
            net.add(f"n{i}", *(["n0"] if i else []))
        net.until(net.converged, within=20)
        return net

    return build
