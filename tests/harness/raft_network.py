"""A few servers of Raft in virtual time: a heap of events, links that lose and delay, disks that forget.

Each server is a real actor life, so persist-before-send, early sends and Durable notices are the kernel's own.
"""

from __future__ import annotations

import heapq
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from raft_judge import Judge

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import CancelTimer, Count, Effect, Note, Persist, Send, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Configuration, Entry, Raft, RaftOptions, Role, Snapshot
from lictor_messages.base import WIRE, Message
from lictor_messages.codec import pack_body, unpack_body
from lictor_messages.envelope import Envelope, at, node_of
from lictor_messages.host import Durable, Recovered
from lictor_messages.journal import Compact, JournalRecord, TruncateFrom, appended
from lictor_messages.raft import ElectionDue, HeartbeatDue

MS = 1_000_000
SECOND = 1_000 * MS


class Server(Actor):
    """The least that a server role does with its Raft."""

    journalled = synced = True

    def __init__(self, node: str, options: RaftOptions) -> None:
        self.raft = Raft(node, options)
        self.applied: list[Entry] = []
        self.reads: list[tuple[int, int]] = []
        self.restores = 0
        self.chunk_bytes = 40
        self._writing: tuple[Snapshot, bytes] | None = None

    def handle(self, message: Message, turn: Turn) -> None:
        match message:
            case Recovered(records=records, done=done):
                for record in records:
                    self.raft.recover(record)
                if done:
                    self.raft.start(turn)
            case Durable(upto=upto):
                self.raft.durable(upto, turn)
            case ElectionDue() | HeartbeatDue():
                self.raft.due(message, turn)
            case Wish(deed=deed):
                deed(self.raft, turn)
            case _:
                assert turn.envelope is not None
                self.raft.step(node_of(turn.envelope.source), message, turn)
        restored = self.raft.take_restored()
        if restored is not None:
            self.applied = unpack_state(b"".join(restored.chunks()))
            self.restores += 1
        self.applied += self.raft.take_committed(sys.maxsize)
        self.reads += self.raft.take_reads()
        self._write_snapshot(turn)

    def _write_snapshot(self, turn: Turn) -> None:
        """One chunk a turn, of the state as it was when the snapshot began."""
        if self._writing is None:
            if self.raft.snapshot_due:
                self._writing = (self.raft.begin_snapshot(turn), pack_state(self.applied))
            return
        snapshot, data = self._writing
        self._writing = snapshot, data[self.chunk_bytes :]
        if not data:
            self._writing = None
            self.raft.end_snapshot(snapshot, turn)
        elif not self.raft.write_snapshot(snapshot, data[: self.chunk_bytes], turn):
            self._writing = None


def pack_state(applied: list[Entry]) -> bytes:
    return json.dumps([(e.index, e.term, e.type, e.data.decode("latin-1")) for e in applied]).encode()


def unpack_state(data: bytes) -> list[Entry]:
    return [Entry(index, term, type_, text.encode("latin-1")) for index, term, type_, text in json.loads(data)]


class Wish(Message):
    """Something that a test does to a Raft within a turn."""

    deed: Callable[[Raft, Turn], object]


@dataclass
class Host:
    """One server with its disk and clock."""

    name: str
    drift: float = 1.0
    life: Life | None = None
    records: list[JournalRecord] = field(default_factory=list)
    """What is durable."""
    durable_log: dict[int, int] = field(default_factory=dict)
    durable_snapshot: int = 0
    """Index up to which a snapshot on the disk stands for the log."""
    unsynced: list[tuple[int, JournalRecord]] = field(default_factory=list)
    syncing: bool = False
    sync_ns: int = MS
    timers: dict[str, int] = field(default_factory=dict)

    @property
    def server(self) -> Server:
        assert self.life is not None, f"{self.name} is down"
        assert isinstance(self.life.actor, Server)
        return self.life.actor


class Network:
    """Servers ``n1`` … ``nN``, started and (unless told otherwise) bootstrapped."""

    def __init__(
        self, size: int = 3, seed: int = 1, options: RaftOptions | None = None, bootstrap: bool = True
    ) -> None:
        self.rng = Random(seed)
        self.options = options or RaftOptions()
        self.now = 0
        self._size = size
        self.delay_ns = (MS // 2, MS)
        self.loss = 0.0
        self.repeat = 0.0
        self.cuts: dict[tuple[str, str], None] = {}
        self.trace: Callable[[str], None] = lambda _line: None
        self.sent: list[tuple[int, str, str, Message]] = []
        self.lost = 0
        self.counters: Counter[str] = Counter()
        self.notes: list[tuple[str, str]] = []
        self.wiped: dict[str, None] = {}
        """Servers that ever lost their disks."""
        self.judge = Judge()
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.hosts = {f"n{i}": Host(f"n{i}") for i in range(1, size + 1)}
        self.founders = self.names if bootstrap else ()
        for name in self.names:
            self.start(name)

    # -- what a test sees -----------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.hosts)

    def raft(self, name: str) -> Raft:
        return self.hosts[name].server.raft

    def alive(self) -> list[str]:
        return [name for name, host in self.hosts.items() if host.life]

    def leaders(self) -> list[str]:
        return [name for name in self.alive() if self.raft(name).role is Role.LEADER]

    def leader(self) -> str:
        """The leader of the highest term."""
        return max(self.leaders(), key=lambda name: self.raft(name).term)

    def commands(self, name: str) -> list[bytes]:
        return [e.data for e in self.hosts[name].server.applied if e.type == "command"]

    # -- what a test does -----------------------------------------------------------------------------------------

    def do(self, name: str, deed: Callable[[Raft, Turn], object]) -> object:
        """Run ``deed`` in a turn of this server now, and return what it returns or raise what it raises."""
        result: list[object] = []
        self._turn(name, Wish.model_construct(deed=lambda raft, turn: result.append(deed(raft, turn))), None)
        return result[0]

    def propose(self, name: str, *data: bytes) -> range:
        indexes = self.do(name, lambda raft, turn: raft.propose(data, turn))
        assert isinstance(indexes, range)
        return indexes

    def say(self, source: str, target: str, message: Message) -> None:
        """``source`` says this to ``target``, at once."""
        self._turn(target, message, Envelope(at("server", source), at("server", target), message))

    def run(self, duration: int) -> None:
        until = self.now + duration
        while self._heap and self._heap[0][0] <= until:
            self.now, _, event = heapq.heappop(self._heap)
            event()
        self.now = until

    def run_until(self, condition: Callable[[], object], at_most: int = 20 * SECOND) -> int:
        """Run until the condition holds; returns how long that took."""
        start, until = self.now, self.now + at_most
        while not condition():
            assert self._heap, "nothing will ever happen again"
            assert self._heap[0][0] <= until, "it did not happen in time"
            self.now, _, event = heapq.heappop(self._heap)
            event()
        return self.now - start

    def elect(self) -> str:
        """Run until a leader has committed its no-op, everyone follows it and knows that."""
        self.run_until(lambda: len(self.leaders()) == 1 and self.settled())
        return self.leader()

    def settled(self) -> bool:
        """Everyone alive has the same log, all of it committed, and the same leader."""
        rafts = [self.raft(name) for name in self.alive()]
        return (
            len({r.leader for r in rafts}) == 1
            and rafts[0].leader != ""
            and all(r.commit_index == r.last_index == rafts[0].last_index for r in rafts)
        )

    # -- faults ---------------------------------------------------------------------------------------------------

    def cut(self, source: str, target: str) -> None:
        """What ``source`` says no longer reaches ``target``; the other way is another cut."""
        self.cuts[source, target] = None

    def split(self, *groups: str) -> None:
        """Only servers of the same group hear each other: ``split("n1 n2", "n3")``."""
        side = {name: place for place, group in enumerate(groups) for name in group.split()}
        for a in self.names:
            for b in self.names:
                if a != b and side[a] != side[b]:
                    self.cut(a, b)

    def isolate(self, name: str) -> None:
        self.split(name, " ".join(n for n in self.names if n != name))

    def connect(self, *pairs: str) -> None:
        """Only these pairs hear each other: ``connect("n1 n2", "n2 n3")``."""
        linked = [tuple(pair.split()) for pair in pairs]
        for a in self.names:
            for b in self.names:
                if a != b and (a, b) not in linked and (b, a) not in linked:
                    self.cut(a, b)

    def heal(self) -> None:
        self.cuts.clear()

    def crash(self, name: str) -> None:
        """The power fails: of what was not synced, a beginning of any length survives."""
        host = self.hosts[name]
        host.life = None
        survived = host.unsynced[: self.rng.randrange(len(host.unsynced) + 1)]
        self._store(host, survived)
        host.unsynced = []
        host.syncing = False
        host.timers = {}
        self.trace(f"{self.stamp} {name} ! crash")

    def start(self, name: str) -> None:
        host = self.hosts[name]
        rng = Random(self.rng.getrandbits(64))
        server = Server(name, self.options)
        host.life = Life(server, at("server", name), rng, rng.randbytes)
        self.trace(f"{self.stamp} {name} ! start")
        host.life.start(self._clock(host), 0)
        self._turn(name, Recovered(records=tuple(host.records), done=True), None)
        if name in self.founders:  # a crash may have taken the first entry with it; with a log this does nothing
            founders = tuple(sorted(f"n{i}" for i in range(1, self._size + 1)))
            self.do(name, lambda raft, turn: raft.bootstrap(founders, turn))

    def add(self, name: str) -> None:
        """A server that nobody knows yet."""
        self.hosts[name] = Host(name)
        self.start(name)

    def wipe(self, name: str) -> None:
        """The server loses its disk, and comes back."""
        self.crash(name)
        host = self.hosts[name]
        self.hosts[name] = Host(name, drift=host.drift, sync_ns=host.sync_ns)
        self.founders = tuple(founder for founder in self.founders if founder != name)
        self.wiped[name] = None
        self.judge.wiped(name)
        self.start(name)

    def reconfigure(self, change: Callable[[Configuration], Configuration]) -> None:
        """Have the leader change the configuration."""
        self.do(self.leader(), lambda raft, turn: raft.reconfigure(change(raft.members), turn))

    def settle_change(self) -> None:
        """Run until the leader's configuration is committed."""
        self.run_until(lambda: self.leaders() and self.raft(self.leader()).settled_members is not None)

    # -- machinery ------------------------------------------------------------------------------------------------

    @property
    def stamp(self) -> str:
        return f"{self.now / SECOND:.6f}"

    def _clock(self, host: Host) -> int:
        return int(self.now * host.drift)

    def _at(self, when: int, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, event))

    def _turn(self, name: str, message: Message, envelope: Envelope | None) -> None:
        host = self.hosts.get(name)
        if host is None or host.life is None:
            return
        effects = host.life.turn(message, envelope, self._clock(host), 0)
        for effect in effects:
            self._perform(host, host.life, effect)
        self._begin_sync(host)
        host.server.raft.check()
        self.judge.after_turn(self.hosts, name, effects, self._clock)

    def _perform(self, host: Host, life: Life, effect: Effect) -> None:
        match effect:
            case Send():
                if life.may_leave(effect):
                    self._post(effect.envelope)
            case Persist(record=record, number=number):
                host.unsynced.append((number, record))
            case SetTimer(name=name, after=after, message=message):
                self._set_timer(host, life, name, after, message)
            case CancelTimer(name=name):
                host.timers.pop(name, None)
            case Count(what=what):
                self.counters[what] += 1
            case Note(event=event):
                self.notes.append((host.name, event))
                self.trace(f"{self.stamp} {host.name} = {event}")
            case _:
                raise AssertionError(f"unexpected {effect}")

    def _set_timer(self, host: Host, life: Life, name: str, after: int, message: Message) -> None:
        self._count += 1
        token = host.timers[name] = self._count

        def fire() -> None:
            if host.life is life and host.timers.get(name) == token:
                del host.timers[name]
                self._turn(host.name, message, None)

        self._at(self.now + int(after / host.drift) + 1, fire)

    def _begin_sync(self, host: Host) -> None:
        if host.syncing or not host.unsynced:
            return
        host.syncing = True
        life, upto = host.life, host.unsynced[-1][0]
        self._at(self.now + host.sync_ns, lambda: self._synced(host, life, upto))

    def _synced(self, host: Host, life: Life | None, upto: int) -> None:
        if life is None or host.life is not life:
            return
        host.syncing = False
        self._store(host, [item for item in host.unsynced if item[0] <= upto])
        host.unsynced = [item for item in host.unsynced if item[0] > upto]
        for send in life.written(upto):
            self._post(send.envelope)
        self._turn(host.name, Durable(upto=upto), None)

    def _store(self, host: Host, items: list[tuple[int, JournalRecord]]) -> None:
        for _, record in items:
            host.records.append(record)
            for index, term, _ in appended(record):
                host.durable_log[index] = term
            if isinstance(record, TruncateFrom):
                self._cut(host, record.index)
            elif isinstance(record, Compact):
                if host.durable_log.get(record.upto) != record.term:
                    self._cut(host, record.upto + 1)
                host.durable_snapshot = max(host.durable_snapshot, record.upto)

    @staticmethod
    def _cut(host: Host, first: int) -> None:
        for index in [i for i in host.durable_log if i >= first]:
            del host.durable_log[index]

    def _post(self, envelope: Envelope) -> None:
        source, target = node_of(envelope.source), node_of(envelope.target)
        body = unpack_body(pack_body(envelope.body), WIRE)
        self.judge.sent(source, target, body)
        self.sent.append((self.now, source, target, body))
        lost = (source, target) in self.cuts or (self.loss and self.rng.random() < self.loss)
        self.trace(f"{self.stamp} {source} > {target} {describe(body)}{' ! lost' if lost else ''}")
        if lost:
            self.lost += 1
            return
        copies = 2 if self.repeat and self.rng.random() < self.repeat else 1
        arrived = Envelope(envelope.source, envelope.target, body)
        for _ in range(copies):
            self._at(self.now + self.rng.randint(*self.delay_ns), lambda: self._turn(target, body, arrived))


def describe(message: Message) -> str:
    """A message on one line, as in transcripts."""
    fields = {name: getattr(message, name) for name in type(message).model_fields}
    for name in ("entries", "data", "configuration"):
        if name in fields:
            fields[name] = len(fields[name])
    fields.pop("leader", None)
    shown = " ".join(f"{name}={value}" for name, value in fields.items() if value not in (False, 0, ""))
    return f"{message.kind.removeprefix('raft.')} {shown}"
