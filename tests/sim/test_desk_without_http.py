"""A doorway that knows nothing of HTTP: its desk finds answers in a real cluster, in spite of deaths and refusals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handlers, Vocabulary
from lictor_actors.node.in_world import cluster_specs
from lictor_actors.node.tree import birth, tree
from lictor_actors.roles.doorway.call import Asker
from lictor_actors.roles.doorway.desk import Desk, DeskOptions
from lictor_actors.roles.doorway.question import Question, Rights
from lictor_actors.roles.server import reads
from lictor_actors.roles.server.server import Server
from lictor_actors.store import slices
from lictor_actors.swarm.bench import Bench
from lictor_messages.agent import AgentOptions
from lictor_messages.answers import Rendered, Written
from lictor_messages.base import Message
from lictor_messages.doorways import AskAgain, DeadlinesDue, RetryDue
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import ActorSpec
from lictor_messages.kv import GetKey, ListKeys, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.slices import Collected, ReadSlice

AGENT = "agent-1.dc1"
HEARS_WITHIN_S = 5.0
WAIT_NS = 600_000_000_000


class LookUp(Message):
    """Asked of a names actor: the bytes under a name, once they are newer than ``above``; with what rights."""

    name: str
    above: int = 0
    rights: str = "all"


class Found(Message):
    """Its answer."""

    index: int
    body: bytes


class NamesOptions(Message):
    """Where it lives."""

    node: str


class Names(Actor):
    """The doorway for a protocol of look-ups."""

    hears = Vocabulary(any_answer=True).on(LookUp, AskAgain, RetryDue, DeadlinesDue)

    def __init__(self, options: NamesOptions) -> None:
        self.desk: Desk[Asker] = Desk(DeskOptions(at("agent", options.node)), self._tell)
        self._handlers = Handlers(
            self.hears,
            {
                LookUp: self._look_up,
                AskAgain: self.desk.ask_again,
                RetryDue: self.desk.retry,
                DeadlinesDue: lambda _, turn: self.desk.deadlines_due(turn),
            },
        )

    def handle(self, message: Message, turn: Turn) -> None:
        if not self.desk.take(message, turn):
            self._handlers[type(message)](message, turn)

    def check(self) -> None:
        self.desk.check()

    def _look_up(self, ask: LookUp, turn: Turn) -> None:
        how = {"rendered": True, "min_index": ask.above, "wait_ns": WAIT_NS if ask.above else 0}
        query = ListKeys(prefix=ask.name, **how) if ask.name.endswith("/") else GetKey(key=ask.name, **how)
        self.desk.ask(Asker(turn.ticket(), Question(query, rights=Rights(ask.rights))), turn)

    def _tell(self, askers: Sequence[Asker], answer: Message, turn: Turn) -> None:
        for asker in askers:
            if isinstance(answer, Refused):
                turn.answer(asker.ticket, answer)
                continue
            assert isinstance(answer, Rendered)
            more = answer.more if isinstance(answer, Collected) else ()
            turn.answer(asker.ticket, Found(index=answer.index, body=b"".join((answer.body, *more))))


def born(spec: ActorSpec) -> Actor:
    """The actors of a node, this one among them."""
    return Names(spec.options) if isinstance(spec.options, NamesOptions) else birth(spec)


class Site:
    """A cluster with such a doorway on one agent's node."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.bench = Bench(self.world)
        self.asked: dict[str, set[str]] = defaultdict(set)
        """By kind: the requests that the doorway has sent."""
        for spec in cluster_specs(seed, 3, 1):
            actors = tree(spec)
            if spec.node == AGENT:
                actors = [self._told(actor) for actor in actors]
                actors.append(ActorSpec.model_construct(role="names", options=NamesOptions(node=AGENT)))
            self.world.add(spec.node, actors, born, urls=(spec.gossip_url, spec.rest_url))
        self.until(lambda: bool(self.bench.leader()) and not self.bench.catalog_wrong(), 20)
        self.world.run(5)  # what servers have to tell doorways of their start has spread
        self.world.listeners.append(self._heard)

    def _told(self, actor: ActorSpec) -> ActorSpec:
        if not isinstance(actor.options, AgentOptions):
            return actor
        doorways = (*actor.options.doorways, at("names", AGENT))
        options = actor.options.model_copy(update={"doorways": doorways})
        return ActorSpec.model_construct(role=actor.role, options=options)

    def _heard(self, e: Envelope) -> None:
        if e.reply_to == at("names", AGENT):
            self.asked[e.body.kind].add(e.request)

    def until(self, true, within_s: float) -> None:
        assert self.world.run_until(true, within_s)

    def put(self, key: str, value: bytes) -> None:
        def written() -> bool:
            return isinstance(self.world.ask(AGENT, "agent", PutKey(key=key, value=value), 20), Written)

        self.until(written, 20)

    def look_up(self, ask: LookUp, then, number: int = 0) -> None:
        self.world.door(AGENT, f"client{number}").ask("names", ask, then, 700)

    def found(self, ask: LookUp) -> Message:
        answers: list[Message] = []
        self.look_up(ask, answers.append)
        self.until(lambda: bool(answers), 30)
        return answers[0]


@pytest.fixture(params=[3, 14])
def site(request) -> Site:
    return Site(request.param)


def test_look_ups_are_answered(site):
    site.put("web", b"10.0.0.1")
    found = site.found(LookUp(name="web"))
    assert isinstance(found, Found)
    assert b"MTAuMC4wLjE=" in found.body
    nothing = site.found(LookUp(name="nothing"))
    assert isinstance(nothing, Found)
    assert nothing.body == b""


def test_blocked_look_ups_of_equal_rights_share_one_question_and_outlive_the_leader(site):
    site.put("web", b"before")
    index, answers = site.found(LookUp(name="web")).index, {}
    site.asked.clear()
    for number, rights in enumerate(("all", "all", "few", "all", "few")):
        ask = LookUp(name="web", above=index, rights=rights)
        site.look_up(ask, lambda answer, number=number: answers.__setitem__(number, answer), number)
    site.world.run(1)
    assert len(site.asked[GetKey.kind]) == 2
    leader = site.bench.leader()
    site.world.crash(leader)
    site.until(lambda: site.bench.leader() not in ("", leader), 20)
    site.world.run(3)
    assert answers == {}
    site.put("web", b"after")
    site.until(lambda: len(answers) == 5, HEARS_WITHIN_S)
    assert {type(answer) for answer in answers.values()} == {Found}
    assert len(set(answers.values())) == 1


def test_a_large_answer_comes_whole(site, monkeypatch):
    monkeypatch.setattr(reads, "WHOLE_BYTES_MAX", 2_000)
    monkeypatch.setattr(slices, "SLICE_BYTES", 2_000)
    askers = (*Server.hears.askers, "names")  # slices are asked of a server itself
    monkeypatch.setattr(Server, "hears", Server.hears.asked_by(*askers))
    for number in range(40):
        site.put(f"many/{number:02}", b"v" * 100)
    found = site.found(LookUp(name="many/"))
    assert isinstance(found, Found)
    assert found.body.count(b'"Key"') == 40
    assert len(site.asked[ReadSlice.kind]) > 1


def test_without_servers_a_look_up_is_held_and_then_refused(site):
    for node in site.world.running():
        if node != AGENT:
            site.world.crash(node)
    began = site.world.time
    refused = site.found(LookUp(name="web"))
    assert isinstance(refused, Refused)
    assert site.world.time - began > 6_000_000_000
