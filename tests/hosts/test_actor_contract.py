"""The actor contract, rule by rule, on every ground that carries nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from live_stage import Births, LiveStage

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.ground import WorldGround
from lictor_actors.hosts.world.ledger import DiskSpeed
from lictor_actors.kernel.actor import Actor, Poisoned
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_messages.base import WIRE, Message
from lictor_messages.envelope import Envelope
from lictor_messages.host import ActorSpec, Durable, Recovered, Undeliverable
from lictor_messages.jobs import ProbeTcp, TcpProbed
from lictor_messages.journal import Cell
from lictor_messages.refusals import Refused

MS = 1_000_000
N1, N2 = "n1.dc1", "n2.dc1"


class Do(Message, kind="test_actor_contract.do", on=WIRE):
    """Asks a test's actor to do what the test wrote under this name."""

    what: str


class Done(Message, kind="test_actor_contract.done", on=WIRE):
    """Its answer."""

    text: str = ""


class BellDue(Message):
    """A timer's message."""

    name: str = ""


Script = dict[str, Callable[["Puppet", Turn], object]]


class Puppet(Actor):
    """Does what the test's script says, and writes down everything that it is handed."""

    hears = Vocabulary().on(Message, by=By.ANYONE)

    def __init__(self, script: Script, log: list[str]) -> None:
        self.script, self.log = script, log
        self.ticket: Ticket | None = None

    def start(self, turn: Turn) -> None:
        self.log.append("start")
        self.script.get("start", _nothing)(self, turn)

    def handle(self, message: Message, turn: Turn) -> None:
        match message:
            case Do():
                self.log.append(message.what)
                self.script.get(message.what, _nothing)(self, turn)
            case Recovered():
                self.log.append("recovered " + ",".join(r.name for r in message.records if isinstance(r, Cell)))
            case Durable():
                self.log.append(f"durable {message.upto}")
            case BellDue():
                self.log.append(f"bell {message.name}".strip())
            case Undeliverable():
                self.log.append(f"undeliverable {message.about} {message.reason.partition(':')[0]}")
            case _:
                self.log.append(message.kind)


class Journalled(Puppet):
    journalled = synced = True


def _nothing(_puppet: Puppet, _turn: Turn) -> None: ...


class Stage:
    """What the tests need: nodes with puppets, and what each puppet wrote down."""

    def __init__(self) -> None:
        self.logs: dict[str, list[str]] = {}

    def node(self, name: str, tree: tuple[str, ...] = ("puppet",), **scripts: Script) -> None:
        """Start a node with these actors; a script under another name is for an actor that gets spawned."""
        for role in {**dict.fromkeys(tree), **scripts}:
            self.logs[f"{role}@{name}"] = []

        def birth(spec: ActorSpec) -> Actor:
            kind = Journalled if spec.role.startswith("journalled") else Puppet
            return kind(scripts.get(spec.role, {}), self.logs[f"{spec.role}@{name}"])

        self.add(name, [ActorSpec(role=role) for role in tree], birth)

    def log(self, address: str) -> list[str]:
        return self.logs[address]

    def tell(self, target: str, what: str) -> None:
        self.post(Envelope(f"teller@{target.partition('@')[2]}", target, Do(what=what)))


class WorldStage(Stage):
    """Virtual time, simulated disks."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(seed=1, disk=DiskSpeed(5 * MS, 5 * MS))
        self.seat = self.world.seat
        self.stopped = self.world.stopped
        self.post = self.world.ground.post

    def add(self, name: str, tree: list[ActorSpec], birth: Births) -> None:
        self.world.add(name, tree, birth)
        self.world.introduce()

    def run(self, seconds: float = 0.1) -> None:
        self.world.run(seconds)

    def until(self, true: Callable[[], bool]) -> None:
        assert self.world.run_until(true, within_s=10)

    def ask(self, node: str, target: str, message: Message, within_s: float = 30.0) -> Message:
        return self.world.ask(node, target, message, within_s)

    def forget(self, node: str, other: str) -> None:
        """Take ``other`` out of the directory of ``node``."""
        self.world.ground.locate(node, other, "gossip", None)

    def is_up(self, node: str) -> bool:
        return self.world.machines[node].running

    def counted(self, what: str) -> int:
        return self.world.counters.get(what, 0)

    def close(self) -> None: ...


class OnLive(Stage):
    """The live host: real sockets, a real loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lanes: tuple[str, str] | None = None) -> None:
        super().__init__()
        live = LiveStage(loop, lanes)
        self.add, self.run, self.until, self.ask = live.add, live.run, live.until, live.ask
        self.seat, self.post, self.stopped = live.seat, live.post, live.stopped
        self.forget, self.is_up, self.counted, self.close = live.forget, live.is_up, live.counted, live.close


STAGES: dict[str, Callable[[], Stage]] = {
    "world": WorldStage,
    "asyncio": lambda: OnLive(asyncio.new_event_loop()),
    "uvloop": lambda: OnLive(pytest.importorskip("uvloop").new_event_loop()),
}


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = STAGES[request.param]()
    yield made
    made.close()


def boom(_puppet: Puppet, _turn: Turn) -> None:
    raise RuntimeError("boom")


# -- turns ---------------------------------------------------------------------


def test_a_request_is_answered_within_the_turn(stage: Any) -> None:
    stage.node(N1, puppet={"greet": lambda p, t: t.reply(Done(text="hello"))})
    assert stage.ask(N1, "puppet", Do(what="greet")) == Done(text="hello")


def test_a_request_from_another_node_is_answered_there(stage: Any) -> None:
    stage.node(N1, puppet={"greet": lambda p, t: t.reply(Done(text="hello"))})
    stage.node(N2)
    assert stage.ask(N2, f"puppet@{N1}", Do(what="greet")) == Done(text="hello")


def test_a_request_is_answered_in_a_later_turn_by_its_ticket(stage: Any) -> None:
    def keep(puppet: Puppet, turn: Turn) -> None:
        puppet.ticket = turn.ticket()
        turn.send(turn.me, Do(what="later"))

    def later(puppet: Puppet, turn: Turn) -> None:
        assert puppet.ticket is not None
        turn.answer(puppet.ticket, Done(text="late"))

    stage.node(N1, puppet={"keep": keep, "later": later})
    assert stage.ask(N1, "puppet", Do(what="keep")) == Done(text="late")


def test_a_forwarded_request_is_answered_by_whoever_finishes_it(stage: Any) -> None:
    stage.node(N1, puppet={"greet": lambda p, t: t.forward(f"puppet@{N2}")})
    stage.node(N2, puppet={"greet": lambda p, t: t.reply(Done(text=f"hops {t.envelope.hops}"))})
    assert stage.ask(N1, "puppet", Do(what="greet")) == Done(text="hops 1")


def test_effects_of_a_turn_that_raises_do_not_happen_and_the_asker_learns_that_it_may_have(stage: Any) -> None:
    def half(puppet: Puppet, turn: Turn) -> None:
        turn.send(f"other@{N1}", Do(what="must not arrive"))
        turn.set_timer("bell", MS, BellDue())
        raise RuntimeError("boom")

    stage.node(N1, ("puppet", "other"), puppet={"half": half})
    answer = stage.ask(N1, "puppet", Do(what="half"))
    stage.run()
    assert isinstance(answer, Refused)
    assert answer.code == "ActorCrashed"
    assert not answer.row.definite
    assert stage.log(f"other@{N1}") == ["start"]
    assert stage.log(f"puppet@{N1}") == ["start", "half", "start"]


def test_local_delivery_is_never_re_entrant(stage: Any) -> None:
    def outer(puppet: Puppet, turn: Turn) -> None:
        turn.send(turn.me, Do(what="inner"))
        puppet.log.append("outer ends")

    stage.node(N1, puppet={"outer": outer})
    stage.tell(f"puppet@{N1}", "outer")
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "outer", "outer ends", "inner"]


def test_messages_between_nodes_pass_the_codec_and_arrive_equal_but_not_the_same(stage: Any) -> None:
    sent = Do(what="look")
    seen: list[Message] = []
    stage.node(N1, puppet={"go": lambda p, t: t.send(f"puppet@{N2}", sent)})
    stage.node(N2, puppet={"look": lambda p, t: seen.append(t.envelope.body)})
    stage.tell(f"puppet@{N1}", "go")
    stage.until(lambda: seen == [sent])
    assert seen[0] is not sent


# -- the journal -----------------------------------------------------------------


def persist(name: str) -> Callable[[Puppet, Turn], object]:
    return lambda p, t: t.persist(Cell(name=name, data=b"1"))


def test_a_send_waits_for_what_was_persisted_before_it_in_the_same_turn_and_an_early_one_does_not(stage: Any) -> None:
    def write(puppet: Puppet, turn: Turn) -> None:
        turn.persist(Cell(name="vote", data=b"1"))
        turn.send(f"puppet@{N1}", Do(what="waits"))
        turn.send(f"puppet@{N1}", Do(what="early"), early=True)

    stage.node(N1, ("journalled", "puppet"), journalled={"write": write})
    stage.run()
    stage.tell(f"journalled@{N1}", "write")
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "early", "waits"]


def test_a_send_waits_for_what_was_persisted_in_an_earlier_turn(stage: Any, monkeypatch) -> None:
    # All three in one tick, however busy the machine is: a tick ends with the sync that lets the send go.
    monkeypatch.setattr("lictor_actors.hosts.live.run_queue.TICK_S_MAX", 60.0)
    script: Script = {
        "write": persist("vote"),
        "say": lambda p, t: t.send(f"puppet@{N1}", Do(what="waits")),
        "shout": lambda p, t: t.send(f"puppet@{N1}", Do(what="early"), early=True),
    }
    stage.node(N1, ("journalled", "puppet"), journalled=script)
    stage.run()
    for what in ("write", "say", "shout"):
        stage.tell(f"journalled@{N1}", what)
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "early", "waits"]


def test_a_send_recorded_before_the_persist_does_not_wait(stage: Any) -> None:
    def write(puppet: Puppet, turn: Turn) -> None:
        turn.send(turn.me, Do(what="first"))
        turn.persist(Cell(name="vote", data=b"1"))

    stage.node(N1, ("journalled",), journalled={"write": write})
    stage.run()
    stage.tell(f"journalled@{N1}", "write")
    stage.run()
    assert stage.log(f"journalled@{N1}") == ["start", "recovered ", "write", "first", "durable 1"]


def test_durable_comes_before_any_message_that_arrived_after_the_sync(stage: Any) -> None:
    def write(puppet: Puppet, turn: Turn) -> None:
        turn.persist(Cell(name="vote", data=b"1"))
        turn.send(turn.me, Do(what="after the sync"))

    stage.node(N1, ("journalled",), journalled={"write": write})
    stage.run()
    stage.tell(f"journalled@{N1}", "write")
    stage.run()
    # The send is released by the same sync: Durable must be told no later than what the sync let go.
    log = stage.log(f"journalled@{N1}")
    assert log.index("durable 1") < log.index("after the sync")


def test_turns_that_write_meanwhile_share_a_sync(stage: Any) -> None:
    stage.node(N1, ("journalled",), journalled={"write": persist("x")})
    stage.run()
    for _ in range(20):
        stage.tell(f"journalled@{N1}", "write")
    stage.run()
    assert stage.log(f"journalled@{N1}").count("write") == 20
    assert stage.log(f"journalled@{N1}")[-1] == "durable 20"


def test_a_restarted_actor_is_sent_what_it_persisted(stage: Any) -> None:
    stage.node(N1, ("journalled",), journalled={"write": persist("vote"), "boom": boom})
    stage.run()
    stage.tell(f"journalled@{N1}", "write")
    stage.run()
    stage.tell(f"journalled@{N1}", "boom")
    stage.run()
    assert stage.log(f"journalled@{N1}")[-3:] == ["boom", "start", "recovered vote"]


def test_what_a_life_wrote_is_settled_before_the_next_reads_it_and_its_notices_are_void(stage: Any) -> None:
    stage.node(N1, ("journalled",), journalled={"write": persist("vote"), "boom": boom})
    stage.run()
    stage.tell(f"journalled@{N1}", "write")
    stage.tell(f"journalled@{N1}", "boom")
    stage.run()
    log = stage.log(f"journalled@{N1}")
    assert log[log.index("boom") :] == ["boom", "start", "recovered vote"]


# -- timers ------------------------------------------------------------------------


def ring(name: str, after: int, text: str) -> Callable[[Puppet, Turn], object]:
    return lambda p, t: t.set_timer(name, after, BellDue(name=text))


def test_setting_a_timer_again_replaces_it(stage: Any) -> None:
    stage.node(N1, puppet={"a": ring("bell", 20 * MS, "old"), "b": ring("bell", 40 * MS, "new")})
    stage.tell(f"puppet@{N1}", "a")
    stage.tell(f"puppet@{N1}", "b")
    stage.run(0.2)
    assert stage.log(f"puppet@{N1}") == ["start", "a", "b", "bell new"]


def test_a_cancelled_timer_does_not_ring_and_others_do(stage: Any) -> None:
    script: Script = {
        "a": ring("one", 20 * MS, "one"),
        "b": ring("two", 30 * MS, "two"),
        "c": lambda p, t: t.cancel_timer("one"),
    }
    stage.node(N1, puppet=script)
    for what in ("a", "b", "c"):
        stage.tell(f"puppet@{N1}", what)
    stage.run(0.2)
    assert stage.log(f"puppet@{N1}") == ["start", "a", "b", "c", "bell two"]


def test_a_timer_of_an_earlier_life_does_not_ring(stage: Any) -> None:
    stage.node(N1, puppet={"a": ring("bell", 20 * MS, "old"), "boom": boom})
    stage.tell(f"puppet@{N1}", "a")
    stage.tell(f"puppet@{N1}", "boom")
    stage.run(0.2)
    assert stage.log(f"puppet@{N1}") == ["start", "a", "boom", "start"]


# -- lives -------------------------------------------------------------------------


def test_mail_for_an_earlier_life_is_dropped_counted_and_refused_as_indefinite(stage: Any) -> None:
    def pile(puppet: Puppet, turn: Turn) -> None:
        turn.send(f"puppet@{N1}", Do(what="boom"))
        turn.ask(f"puppet@{N1}", Do(what="too late"))

    stage.node(N1, ("puppet", "asker"), puppet={"boom": boom}, asker={"pile": pile})
    stage.tell(f"asker@{N1}", "pile")
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "boom", "start"]
    assert stage.log(f"asker@{N1}") == ["start", "pile", Refused.kind]
    assert stage.counted("mail_of_another_life") == 1


def test_a_job_comes_back_as_a_message_but_not_to_another_life(stage: Any) -> None:
    def work(puppet: Puppet, turn: Turn) -> None:
        turn.run(ProbeTcp(ticket="1", address="127.0.0.1:1", timeout_ns=50 * MS))

    stage.node(N1, puppet={"work": work, "boom": boom})
    stage.tell(f"puppet@{N1}", "work")
    stage.until(lambda: stage.log(f"puppet@{N1}") == ["start", "work", TcpProbed.kind])
    stage.tell(f"puppet@{N1}", "work")
    stage.tell(f"puppet@{N1}", "boom")
    stage.until(lambda: stage.counted("job_of_another_life") == 1)
    assert stage.log(f"puppet@{N1}")[3:] == ["work", "boom", "start"]


def test_every_life_has_request_ids_of_its_own(stage: Any) -> None:
    ids: list[str] = []
    stage.node(N1, puppet={"start": lambda p, t: ids.append(t.new_request()), "boom": boom})
    stage.tell(f"puppet@{N1}", "boom")
    stage.run()
    assert len(ids) == len(set(ids)) == 2


# -- supervision -------------------------------------------------------------------


def test_too_many_restarts_take_the_node_down_and_the_other_nodes_go_on(stage: Any) -> None:
    stage.node(N1, puppet={"boom": boom})
    stage.node(N2, puppet={"greet": lambda p, t: t.reply(Done(text="still here"))})
    for _ in range(6):
        stage.tell(f"puppet@{N1}", "boom")
        stage.run(0.01)
    assert not stage.is_up(N1)
    assert stage.is_up(N2)
    assert stage.ask(N2, "puppet", Do(what="greet")) == Done(text="still here")


def test_a_child_restarts_with_its_parent_and_not_the_other_way_round(stage: Any) -> None:
    parent: Script = {"start": lambda p, t: t.spawn(ActorSpec(role="child")), "boom": boom}
    stage.node(N1, puppet=parent, child={"boom": boom})
    stage.tell(f"child@{N1}", "boom")
    stage.run()
    assert stage.log(f"child@{N1}") == ["start", "boom", "start"]
    assert stage.log(f"puppet@{N1}") == ["start"]
    stage.tell(f"puppet@{N1}", "boom")
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "boom", "start"]
    assert stage.log(f"child@{N1}") == ["start", "boom", "start", "start"]


def test_the_same_poison_twice_stops_the_actor_and_names_it(stage: Any) -> None:
    def drink(puppet: Puppet, turn: Turn) -> None:
        raise Poisoned("entry 17", ValueError("cannot be applied"))

    stage.node(N1, puppet={"drink": drink})
    stage.node(N2)
    stage.tell(f"puppet@{N1}", "drink")
    stage.tell(f"puppet@{N1}", "nothing")
    stage.run()
    stage.tell(f"puppet@{N1}", "drink")
    stage.run()
    answer = stage.ask(N1, "puppet", Do(what="greet"))
    assert isinstance(answer, Undeliverable)
    assert "entry 17" in answer.reason
    assert "entry 17" in stage.stopped[f"puppet@{N1}"]
    assert stage.is_up(N1)


def test_an_actor_that_stops_stays_down_and_says_why(stage: Any) -> None:
    stage.node(N1, puppet={"enough": lambda p, t: t.stop("had enough")})
    stage.tell(f"puppet@{N1}", "enough")
    stage.run()
    answer = stage.ask(N1, "puppet", Do(what="greet"))
    assert isinstance(answer, Undeliverable)
    assert answer.down == f"puppet@{N1} is down: had enough"
    assert stage.stopped == {f"puppet@{N1}": "had enough"}


def test_a_paused_actor_takes_no_turns_until_it_is_resumed(stage: Any) -> None:
    def set_a_timer_and_pause(_: Puppet, turn: Turn) -> None:
        turn.set_timer("bell", 10 * MS, BellDue(name="rings"))
        stage.seat(f"puppet@{N1}").pause()  # within the turn: however slow the machine, before the timer rings

    stage.node(N1, puppet={"a": set_a_timer_and_pause})
    stage.tell(f"puppet@{N1}", "a")
    stage.tell(f"puppet@{N1}", "b")
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "a"]
    stage.seat(f"puppet@{N1}").resume()
    stage.until(lambda: stage.log(f"puppet@{N1}") == ["start", "a", "b", "bell rings"])


# -- what was not delivered -----------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "reason"), [(f"nobody@{N1}", "no_such_actor"), ("puppet@unknown.dc1", "unknown_address")]
)
def test_the_poster_of_a_request_is_told_that_it_was_not_delivered(stage: Any, target: str, reason: str) -> None:
    stage.node(N1, puppet={"go": lambda p, t: t.ask(target, Do(what="x"))})
    stage.tell(f"puppet@{N1}", "go")
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "go", f"undeliverable {Do.kind} {reason}"]
    assert stage.counted(f"refused_{reason}") == 1


def test_a_one_way_message_that_cannot_be_delivered_is_counted_only(stage: Any) -> None:
    stage.node(N1, puppet={"go": lambda p, t: t.send("puppet@unknown.dc1", Do(what="x"))})
    stage.tell(f"puppet@{N1}", "go")
    stage.run()
    assert stage.log(f"puppet@{N1}") == ["start", "go"]
    assert stage.counted("refused_unknown_address") == 1


def test_a_forwarder_learns_that_its_forward_was_not_delivered(stage: Any) -> None:
    stage.node(N1, puppet={"greet": lambda p, t: t.forward("puppet@unknown.dc1")})
    stage.node(N2, puppet={"go": lambda p, t: t.ask(f"puppet@{N1}", Do(what="greet"))})
    stage.tell(f"puppet@{N2}", "go")
    stage.until(lambda: stage.log(f"puppet@{N1}")[-1] == f"undeliverable {Do.kind} unknown_address")


def test_no_timer_comes_before_its_time(stage: Any) -> None:
    """Loops round to milliseconds; who looks at the clock and finds it too early would wait for ever."""
    no_timer_comes_early(stage)


def test_a_timer_that_the_loop_rings_early_is_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What uvloop does now and then, done every time: on a busy machine a loop is late and shows nothing."""
    later = WorldGround.later

    def rounded(self: WorldGround, node: str, after: int, call: Callable[[], None]) -> object:
        return later(self, node, after // MS * MS or after, call)

    monkeypatch.setattr(WorldGround, "later", rounded)
    no_timer_comes_early(WorldStage())


def no_timer_comes_early(stage: Any) -> None:
    due: dict[str, int] = {}
    late: list[int] = []

    def begin(_: Puppet, turn: Turn) -> None:
        for n in range(50):
            after = 1_000_000 + n * 137_137
            due[f"t{n}"] = turn.now + after
            turn.set_timer(f"t{n}", after, Do(what=f"t{n}"))

    def ended(name: str) -> Callable[[Puppet, Turn], None]:
        return lambda _, turn: late.append(turn.now - due[name])

    stage.node(N1, puppet={"go": begin, **{f"t{n}": ended(f"t{n}") for n in range(50)}})
    stage.tell(f"puppet@{N1}", "go")
    stage.until(lambda: len(late) == 50)
    assert min(late) >= 0


def test_an_answer_that_cannot_reach_its_asker_goes_once_by_way_of_its_source(stage: Any) -> None:
    n3 = "n3.dc1"
    stage.node(N1, puppet={"go": lambda p, t: t.ask(f"puppet@{N2}", Do(what="greet"))})
    stage.node(N2, puppet={"greet": lambda p, t: t.forward(f"puppet@{n3}")})
    stage.node(n3, puppet={"greet": lambda p, t: t.reply(Done(text="round about"))})
    stage.forget(n3, N1)
    stage.tell(f"puppet@{N1}", "go")
    stage.until(lambda: stage.log(f"puppet@{N1}") == ["start", "go", Done.kind])
    assert stage.counted("answers_passed_on") == 1


def test_instead_of_an_answer_too_large_to_be_sent_the_asker_gets_a_refusal(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was done, so the refusal must not say that it was not: a client that took its word would do it again."""
    for limit in ("bus.nng.REST_BYTES_MAX", "hosts.world.network.MESSAGE_MAX"):
        monkeypatch.setattr(f"lictor_actors.{limit}", 300_000)
    stage.node(N1)
    stage.node(N2, puppet={"huge": lambda _, turn: turn.reply(Done(text="x" * 400_000))})
    answer = stage.ask(N1, f"puppet@{N2}", Do(what="huge"))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.row.definite) == ("AnswerTooLarge", False)
    assert stage.counted("answers_too_large:test_actor_contract.done") == 1
