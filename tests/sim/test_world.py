"""The world itself: time, network, disks, clocks, doors and faults, tried with small actors."""

from __future__ import annotations

from functools import partial

import pytest

from lictor_actors.faults import Faults, world_faults
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.ledger import DiskSpeed
from lictor_actors.hosts.world.network import Weather
from lictor_actors.hosts.world.world import CheckFailed, Livelock
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_messages.base import WIRE, Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import ActorSpec, Durable, NodeStopping, Recovered, Undeliverable
from lictor_messages.jobs import HttpProbed, ProbeHttp
from lictor_messages.journal import Cell
from lictor_messages.refusals import Refused

MS = 1_000_000
N1, N2, N3 = "n1.dc1", "n2.dc1", "n3.dc1"


class Say(Message, kind="test_world.say", on=WIRE):
    """To be repeated."""

    text: str = ""


class Count(Message, kind="test_world.count", on=WIRE):
    """How often did you hear anything? Answered by Say."""


class WakeDue(Message):
    """A timer's message."""


class Echo(Actor):
    """Answers what it hears, and keeps it."""

    hears = Vocabulary().on(Message, by=By.ANYONE)

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []
        self.wall: list[int] = []

    def handle(self, message: Message, turn: Turn) -> None:
        match message:
            case Say():
                self.heard.append((turn.now, message.text))
                if turn.envelope is not None and turn.envelope.request:
                    turn.reply(message)
            case WakeDue():
                self.heard.append((turn.now, "awake"))
                self.wall.append(turn.wall)
            case _:
                self.heard.append((turn.now, message.kind))


class Keeper(Actor):
    """Writes down what it is told and counts what came back after a restart."""

    hears = Vocabulary().on(Message, by=By.ANYONE)
    journalled = synced = True

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.durable = 0

    def handle(self, message: Message, turn: Turn) -> None:
        match message:
            case Say():
                turn.persist(Cell(name=message.text, data=b"x" * 700))
                turn.reply(message)
            case Recovered():
                self.kept += [record.name for record in message.records if isinstance(record, Cell)]
            case Durable():
                self.durable = message.upto


def make(kind: type[Actor] = Echo, *nodes: str, **options: object) -> World:
    world = World(seed=5, **options)  # type: ignore[arg-type]
    for node in nodes or (N1, N2, N3):
        world.add(node, [ActorSpec(role="echo")], lambda _: kind())
    world.introduce()
    return world


def say(world: World, source: str, target: str, text: str) -> None:
    world.ground.post(Envelope(f"echo@{source}", f"echo@{target}", Say(text=text)))


def heard(world: World, node: str) -> list[str]:
    actor = world.actor(f"echo@{node}")
    assert isinstance(actor, Echo)
    return [text for _, text in actor.heard]


# -- time and order --------------------------------------------------------------------


def test_a_request_crosses_the_network_and_its_answer_comes_back() -> None:
    world = make()
    assert world.ask(N1, f"echo@{N2}", Say(text="hello")) == Say(text="hello")
    assert 0.2 * MS <= world.time <= 2 * MS


def test_time_passes_without_anything_to_do() -> None:
    world = make()
    world.run(3600)
    assert world.time == 3600 * 1_000_000_000


def test_a_pair_of_nodes_is_first_in_first_out_unless_the_weather_reorders() -> None:
    for weather, ordered in ((Weather(), True), (Weather(reorder=0.5), False)):
        world = make(weather=weather)
        for i in range(50):
            say(world, N1, N2, str(i))
        world.run(1)
        assert (heard(world, N2) == [str(i) for i in range(50)]) is ordered
        assert sorted(heard(world, N2)) == sorted(str(i) for i in range(50))


def test_same_seed_same_trace_other_seed_other_trace() -> None:
    digests = []
    for seed in (1, 1, 2):
        world = World(seed)
        for node in (N1, N2):
            world.add(node, [ActorSpec(role="echo")], lambda _: Echo())
        world.introduce()
        for i in range(20):
            say(world, N1, N2, str(i))
        world.run(1)
        digests.append(world.trace.digest)
    assert digests[0] == digests[1] != digests[2]


def test_the_trace_is_one_line_per_event() -> None:
    lines: list[str] = []
    world = make(trace=lines.append)
    say(world, N1, N2, "hello")
    world.run(1)
    assert lines[0].startswith(f"0.000000 echo@{N1} > echo@{N2} test_world.say")
    assert f"echo@{N2} < echo@{N1} test_world.say" in lines[1]
    assert lines[1].endswith("text=hello")


def test_actors_that_answer_each_other_for_ever_are_named() -> None:
    class Parrot(Actor):
        hears = Vocabulary().on(Message, by=By.ANYONE)

        def handle(self, message: Message, turn: Turn) -> None:
            turn.send(turn.me, message)

    world = World(seed=9)
    world.add(N1, [ActorSpec(role="echo")], lambda _: Parrot())
    say(world, N1, N1, "again")
    with pytest.raises(Livelock, match=r"seed 9 .* echo"):
        world.run(1)


def test_an_actor_that_finds_itself_broken_stops_the_run() -> None:
    class Liar(Echo):
        def check(self) -> None:
            assert not self.heard, "heard something"

    world = make(Liar)
    say(world, N1, N2, "x")
    with pytest.raises(CheckFailed, match=r"echo@n2\.dc1 at 0\.00.* heard something"):
        world.run(1)


# -- the network ----------------------------------------------------------------------------


def test_a_node_that_nobody_located_is_unknown_and_its_url_is_reached() -> None:
    world = make()
    world.ground.locate(N1, N2, "gossip", None)
    assert isinstance(world.ask(N1, f"echo@{N2}", Say()), Undeliverable)
    assert world.ask(N1, "echo@tcp://n2.dc1:8301", Say(text="join")) == Say(text="join")
    answer = world.ask(N1, "echo@tcp://nowhere:1", Say())
    assert isinstance(answer, Undeliverable)
    assert answer.reason == "connection_refused"


def test_what_is_sent_to_a_dead_node_is_lost_in_silence_and_counted() -> None:
    world = make()
    world.crash(N2)
    answer = world.ask(N1, f"echo@{N2}", Say(), within_s=1)
    assert isinstance(answer, Refused)
    assert answer.code == "TimedOut"
    assert world.counters["sent_to_a_dead_node"] == 1


def test_a_goodbye_of_the_life_before_ends_nobody() -> None:
    """A node that says goodbye goes a moment later; meanwhile it may have been stopped and started again."""
    world = make()
    world.door(N1, "leaver").tell(at("host", N1), NodeStopping(why="left"))
    world.run(0)
    world.stop(N1)
    world.restart(N1)
    world.introduce()
    world.run(1)
    assert world.ended == {}
    assert world.ask(N2, f"echo@{N1}", Say(text="hello")) == Say(text="hello")


def test_a_killed_process_leaves_a_machine_that_refuses() -> None:
    world = make()
    world.kill(N2)
    answer = world.ask(N1, f"echo@{N2}", Say())
    assert isinstance(answer, Undeliverable)
    assert answer.reason == "connection_refused"
    world_faults(world).isolate("n2")
    assert isinstance(world.ask(N1, f"echo@{N2}", Say(), within_s=1), Refused)


def test_nothing_that_was_on_its_way_arrives_in_the_next_boot() -> None:
    world = make(weather=Weather(50 * MS, 50 * MS))
    say(world, N1, N2, "stale")
    world.restart(N2)
    world.run(1)
    assert heard(world, N2) == []
    assert world.counters["sent_to_a_dead_node"] == 1


def test_a_message_too_large_for_a_frame_is_refused_at_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lictor_actors.hosts.world.network.MESSAGE_MAX", 200_000)
    world = make()
    answer = world.ask(N1, f"echo@{N2}", Say(text="x" * 300_000))
    assert isinstance(answer, Undeliverable)
    assert answer.reason == "too_large"


def test_weather_loses_and_duplicates() -> None:
    world = make(weather=Weather(loss=0.3, duplicate=0.3))
    for i in range(200):
        say(world, N1, N2, str(i))
    world.run(1)
    assert 30 < world.counters["lost_by_weather"] < 90
    assert 20 < world.counters["duplicated_by_weather"] < 80
    assert len(heard(world, N2)) == 200 - world.counters["lost_by_weather"] + world.counters["duplicated_by_weather"]


# -- faults -----------------------------------------------------------------------------------


@pytest.fixture
def world() -> World:
    return make()


@pytest.fixture
def faults(world: World) -> Faults:
    return world_faults(world)


def test_a_partition_stops_both_directions_until_it_heals(world: World, faults: Faults) -> None:
    fault = faults.partition("n1", ["n2", "n3"])
    for source, target in ((N1, N2), (N2, N1), (N2, N3)):
        say(world, source, target, "through")
    world.run(1)
    assert (heard(world, N1), heard(world, N2), heard(world, N3)) == ([], [], ["through"])
    fault.heal()
    say(world, N1, N2, "again")
    world.run(1)
    assert heard(world, N2) == ["again"]


def test_a_cut_is_one_way(world: World, faults: Faults) -> None:
    faults.cut("n1", "n2")
    say(world, N1, N2, "lost")
    say(world, N2, N1, "arrives")
    world.run(1)
    assert (heard(world, N1), heard(world, N2)) == (["arrives"], [])


def test_faults_between_nodes_leave_a_node_alone_with_itself_and_those_on_an_actor_do_not(
    world: World, faults: Faults
) -> None:
    faults.loss("all", "all", 1.0)
    say(world, N1, N1, "to myself")
    world.run(1)
    assert heard(world, N1) == ["to myself"]
    faults.isolate(f"echo@{N1}")
    say(world, N1, N1, "cut off")
    world.run(1)
    assert heard(world, N1) == ["to myself"]


def test_delays_add_and_duplicates_come_twice(world: World, faults: Faults) -> None:
    faults.delay("n1", "n2", 0.5)
    faults.delay("all", "n2", 0.25)
    faults.duplicate("n1", "all", 1.0)
    say(world, N1, N2, "late")
    world.run(0.74)
    assert heard(world, N2) == []
    world.run(0.02)
    assert heard(world, N2) == ["late", "late"]


def test_a_paused_actor_hears_later_what_came_meanwhile(world: World, faults: Faults) -> None:
    with faults.pause("n2"):
        say(world, N1, N2, "wait")
        world.run(1)
        assert heard(world, N2) == []
    world.run(0.1)
    assert heard(world, N2) == ["wait"]


def test_a_crashed_actor_is_refused_and_starts_again_when_healed(world: World, faults: Faults) -> None:
    crash = faults.crash(f"echo@{N2}")
    answer = world.ask(N1, f"echo@{N2}", Say())
    assert isinstance(answer, Undeliverable)
    assert answer.reason.startswith("actor_down")
    crash.heal()
    assert world.ask(N1, f"echo@{N2}", Say(text="back")) == Say(text="back")


def test_a_crashed_node_comes_back_when_healed(world: World, faults: Faults) -> None:
    with faults.crash("n2"):
        assert world.running() == [N1, N3]
    assert world.running() == [N1, N2, N3]


# -- disks ---------------------------------------------------------------------------------------


def keeper(world: World) -> Keeper:
    actor = world.actor(f"echo@{N1}")
    assert isinstance(actor, Keeper)
    return actor


@pytest.mark.parametrize("moment", range(40))
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(moment: int) -> None:
    world = make(Keeper, N1, disk=DiskSpeed(2 * MS, 2 * MS))
    world.run(0.1)
    acknowledged: list[Message] = []

    def write(number: int) -> None:
        world.door(N1, f"door{number}").ask("echo", Say(text=str(number)), acknowledged.append)

    for number in range(10):
        world.at(number * 0.001, partial(write, number))
    world.run(moment * 0.0005)
    world.crash(N1)
    known = [answer.text for answer in acknowledged if isinstance(answer, Say)]
    world.restart(N1)
    world.run(0.1)
    kept = keeper(world).kept
    assert kept[: len(known)] == known
    assert kept == [str(number) for number in range(len(kept))]


def test_turns_that_write_meanwhile_share_a_sync() -> None:
    world = make(Keeper, N1, disk=DiskSpeed(2 * MS, 2 * MS))
    world.run(0.1)
    before = world.machines[N1].disk.syncs
    for i in range(50):
        say(world, N1, N1, str(i))
    world.run(0.1)
    assert keeper(world).durable == 50
    assert world.machines[N1].disk.syncs - before <= 4  # two of them begin the journal


def test_what_a_killed_process_had_written_is_on_disk_and_what_it_held_back_is_not() -> None:
    world = make(Keeper, N1, disk=DiskSpeed(2 * MS, 2 * MS))
    world.run(0.1)
    say(world, N1, N1, "written")
    world.run(0.0005)
    say(world, N1, N1, "held back until the next sync")
    world.run(0.0005)
    world.kill(N1)
    world.restart(N1)
    world.run(0.1)
    assert keeper(world).kept == ["written"]


def test_an_empty_disk_remembers_nothing() -> None:
    world = make(Keeper, N1)
    world.run(0.1)
    world.ask(N1, "echo", Say(text="gone"))
    world.restart(N1, keep_disk=False)
    world.run(0.1)
    assert keeper(world).kept == []


def test_a_disk_that_fails_stops_the_actor_that_relies_on_it() -> None:
    world = make(Keeper, N1)
    world.run(0.1)
    world.machines[N1].disk.sync_fails = True
    answer = world.ask(N1, "echo", Say(text="lost"), within_s=1)
    assert isinstance(answer, Refused)
    assert not answer.row.definite
    assert world.seat(f"echo@{N1}").down_because.startswith("journal failed")


# -- clocks, jobs, chance ------------------------------------------------------------------------


def test_skew_moves_the_wall_clock_and_drift_the_timers() -> None:
    world = make()
    clock = world.machines[N1].clock
    now, wall = world.ground.now(N1), world.ground.wall(N1)
    clock.jump(-5_000_000_000)
    assert (world.ground.now(N1), world.ground.wall(N1)) == (now, wall - 5_000_000_000)
    clock.drift(100_000, world.time)
    fired: list[int] = []
    world.ground.later(N1, 1_100_000_000, lambda: fired.append(world.time))
    world.run(2)
    assert fired == [1_000_000_000]
    assert world.ground.now(N1) == now + 2_200_000_000


def test_a_reboot_starts_the_monotonic_clock_anew_and_not_the_wall_clock() -> None:
    world = make()
    world.run(10)
    now, wall = world.ground.now(N1), world.ground.wall(N1)
    world.restart(N1)
    assert world.ground.now(N1) != now
    assert world.ground.wall(N1) == wall


def test_jobs_are_answered_as_the_script_says(world: World) -> None:
    done: list[Message] = []
    world.jobs.http["http://up"] = (503, "busy")
    world.ground.run(N1, ProbeHttp(ticket="1", url="http://up", timeout_ns=MS), done.append)
    world.ground.run(N1, ProbeHttp(ticket="2", url="http://down", timeout_ns=MS), done.append)
    world.run(0.1)
    assert sorted((r.ticket, r.status) for r in done if isinstance(r, HttpProbed)) == [("1", 503), ("2", 0)]


def test_every_actor_has_a_stream_of_its_own() -> None:
    one, two = make(), make()
    draws = [one.ground.stream(node, role).random() for node in (N1, N2) for role in ("a", "b")]
    assert len(set(draws)) == 4
    assert two.ground.stream(N2, "b").random() == draws[3]


def test_rare_places_fire_in_some_worlds_only() -> None:
    def fires(seed: int) -> bool:
        switch = World(seed, buggify=True).ground.buggify(N1)
        assert switch is not None
        return any(switch("somewhere") for _ in range(200))

    assert 5 < sum(fires(seed) for seed in range(60)) < 30
    assert World(1).ground.buggify(N1) is None
