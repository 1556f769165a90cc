"""Whatever a stranger says on the bus, no actor crashes, and what is not let in is counted by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_messages import OddFrame, packed
from servers_in_world import Servers

from lictor_messages.answers import Command, Query, Written
from lictor_messages.base import KINDS_ON, WIRE, Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import Undeliverable
from lictor_messages.kv import PutKey
from lictor_messages.refusals import Refused

ROLES = ("prober", "server", "agent", "checker", "gateway", "door", "http", "host", "nobody")
ACTORS = ROLES[:5]
SOURCES = (*ROLES, "", "@")
NODES = ("server-1.dc1", "agent-1.dc1", "stranger.dc1", "server-1.dc2", "", "tcp://127.0.0.1:1")
REFUSED = ("message_", "unheard:", "blind:", "own_name:", "forged:", "refused_")
CHUNK = 200


class Stranger:
    """Sends packed envelopes to a node of a cluster as if they had come in a frame."""

    def __init__(self, cluster: Servers) -> None:
        self.world = cluster.world
        self.let_in: Counter[str] = Counter()
        self.kept_out = 0

    def say(self, node: str, data: bytes) -> bool:
        machine = self.world.machines[node]
        envelope = machine.intake.admit(data, self._refused)
        if envelope is None:
            self.kept_out += 1
            return False
        self.let_in[envelope.body.kind] += 1
        machine.receive(envelope)
        return True

    def counted(self) -> int:
        """How much the world has counted as kept out, or as refused by the node."""
        return sum(n for name, n in self.world.counters.items() if name.startswith(REFUSED))

    def _refused(self, envelope: Envelope, kind: type[Message], answer: Refused | None) -> None:
        if self.world.machines.get(envelope.target.partition("@")[2]) is not None:
            self.world.machines[envelope.target.partition("@")[2]].node.keep_out(envelope, answer)


def _cluster() -> Servers:
    # A forged vote or entry may well break Raft's promises: see docs/security.md. It must not break an actor.
    return Servers(servers=3, agents=1, check_every=1 << 60)


@pytest.fixture
def cluster() -> Iterator[Servers]:
    made = _cluster()
    yield made
    assert made.world.crashes == []
    assert made.world.ended == {}


def _kinds() -> list[type[Message]]:
    return [KINDS_ON[WIRE][name] for name in sorted(KINDS_ON[WIRE]) if "." in name and not name.startswith("test")]


@pytest.mark.slow
def test_what_no_actor_hears_from_there_reaches_none(cluster: Servers) -> None:
    """Every kind × every role × every form, in a stranger's name: the protocol's own lines apart, all of it is
    counted, and the cluster goes on as if nothing had been said."""
    stranger, odd = Stranger(cluster), OddFrame(Random(7), wrong=0)
    legal = {"server": ("agent", "server", "gateway"), "prober": ("prober",)}
    said = 0
    for kind in _kinds():
        fields = odd.fields(kind)
        for role in ROLES:
            for source in ROLES:
                if source in legal.get(role, ()) or source == "host":
                    continue
                for request, reply_to in (("", ""), ("r", "gateway@stranger.dc1"), ("r", "")):
                    target = at(role, "server-1.dc1")
                    data = packed(kind, fields, f"{source}@stranger.dc1", target, request, reply_to)
                    assert not stranger.say("server-1.dc1", data) or role not in ACTORS, (kind, role)
                    said += 1
    cluster.world.run(2)
    assert stranger.kept_out > said / 2
    assert isinstance(cluster.ask(cluster.leader(), PutKey(key="k", value=b"v")), Written)
    assert cluster.same() or cluster.world.run_until(cluster.same, 5)


def test_a_forged_request_to_a_node_elsewhere_makes_no_actor_of_ours_hear_of_it(cluster: Servers) -> None:
    """The notice that nothing is hosted there would go to the server in whose name it was asked, and from it to one
    that never asks: mail from home, of which six crashes end a node."""
    stranger = Stranger(cluster)
    fields = OddFrame(Random(1), wrong=0).fields(PutKey)
    for _ in range(6):
        me, target = "server@server-1.dc1", "server@elsewhere.dc1"
        assert not stranger.say("server-1.dc1", packed(PutKey, fields, me, target, "r", "checker@server-1.dc1"))
    cluster.world.run(1)


@pytest.mark.parametrize("role", [*ACTORS, "door", "http", "host"])
def test_a_forged_notice_of_what_was_not_delivered_crashes_no_actor(cluster: Servers, role: str) -> None:
    """In the name of a host, in every form: one-way, as an answer, as a request; about it, about another, of a waiter
    here, elsewhere, or of none."""
    stranger, node = Stranger(cluster), "server-1.dc1"
    waiters = ("", "gateway@stranger.dc1", at("gateway", node), at("door", node), "@", "tcp://127.0.0.1:1")
    for request, reply_to in (("", ""), ("r", ""), ("r", "gateway@stranger.dc1"), ("r", at("gateway", node))):
        for about in ("", "r", "1f.1"):
            for waiter in waiters:
                fields = {"request": about, "target": "", "about": "", "reason": "actor_down: x", "waiter": waiter}
                data = packed(Undeliverable, fields, "host@stranger.dc1", at(role, node), request, reply_to)
                came_in = stranger.say(node, data)
                assert not came_in or role not in ACTORS or (request and not reply_to), (request, about, waiter)
    cluster.world.run(1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 2**32))
@pytest.mark.timeout(600)
@pytest.mark.slow
def test_odd_fields_and_forged_sources_crash_nobody(seed: int) -> None:
    """Kinds with odd fields, in the name of members, of strangers and of nobody, to every role of a server and of an
    agent; then time moves on, so that what was stored has its timers."""
    rng, cluster = Random(seed), _cluster()
    odd = OddFrame(rng)
    stranger, kinds = Stranger(cluster), _kinds()
    before = stranger.counted()
    for _ in range(CHUNK):
        kind, node = rng.choice(kinds), rng.choice(("server-1.dc1", "server-2.dc1", "agent-1.dc1"))
        speak = _well_informed if rng.random() < 0.6 else _at_random
        source, role, request, reply_to = speak(kind, node, rng)
        stranger.say(node, packed(kind, odd.fields(kind), source, at(role, node), request, reply_to))
        if rng.random() < 0.1:
            cluster.world.run(rng.choice((0.01, 0.3)))
    cluster.world.run(3)
    assert cluster.world.crashes == [], seed
    assert cluster.world.ended == {}
    assert stranger.counted() - before >= stranger.kept_out


def _at_random(_: type[Message], node: str, rng: Random) -> tuple[str, str, str, str]:
    source = f"{rng.choice(SOURCES)}@{rng.choice(NODES)}"
    reply_to = rng.choice(("", source, at(rng.choice(ROLES), rng.choice((*NODES, node)))))
    return source, rng.choice(ROLES), rng.choice(("", "r", "1f.1", "x" * 600)), reply_to


def _well_informed(kind: type[Message], _: str, rng: Random) -> tuple[str, str, str, str]:
    """As somebody says it who knows the protocol: to the role that hears it, in the form that it takes."""
    stranger = rng.choice(("server-3.dc1", "stranger.dc1"))
    if issubclass(kind, Query | Command):
        return at("agent", stranger), "server", f"r{rng.random()}", at("gateway", stranger)
    role = "prober" if kind.kind.startswith("swim.") else "server"
    request = rng.choice(("", f"r{rng.random()}"))
    return at(role, stranger), role, request, at(role, stranger) if request else ""
