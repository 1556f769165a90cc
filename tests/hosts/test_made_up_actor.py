"""An actor that no host has heard of, under a role of its own: its class says all that hosts need to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from live_stage import LiveStage

from lictor_actors.hosts.doors.opening import Site
from lictor_actors.hosts.spec import SiteSpec
from lictor_actors.hosts.world import World
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_messages.base import WIRE, Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import ActorSpec, LoopLagged, Undeliverable
from lictor_messages.refusals import Refused

N1, N2 = "n1.dc1", "n2.dc1"
NOWHERE = "tcp://127.0.0.1:1"


class Shine(Message):
    """Asks a beacon, at home, to flash at another one."""

    at: str


class Flash(Message, kind="test_made_up_actor.flash", on=WIRE):
    """From beacon to beacon."""


class Hail(Message, kind="test_made_up_actor.hail", on=WIRE):
    """A question of ships."""


class Hailed(Message, kind="test_made_up_actor.hailed", on=WIRE):
    """Its answer."""


class Beacon(Actor):
    """A second kind of prober, as far as a host is concerned."""

    hears = (
        Vocabulary().on(Flash, by=By.PEERS).on(Hail, by=By.NODES).asked_by("ship").on(Shine, LoopLagged, Undeliverable)
    )
    lane = "gossip"
    shows = ("flashes",)

    def __init__(self) -> None:
        self.flashes = 0
        self.heard: list[str] = []

    @property
    def standing(self) -> str:
        return f"saw {self.flashes}" if self.flashes else ""

    def handle(self, message: Message, turn: Turn) -> None:
        self.heard.append(message.kind)
        match message:
            case Shine():
                turn.send(at("beacon", message.at), Flash())
            case Flash():
                self.flashes += 1
            case Hail():
                turn.reply(Hailed())


class Ship(Actor):
    """Passes questions on: what ships ask, beacons of other nodes answer."""

    hears = Vocabulary(any_answer=True).on(Hail)
    journalled = synced = True

    def handle(self, message: Message, turn: Turn) -> None:
        if isinstance(message, Hail):
            turn.forward(at("beacon", N2))


class WorldStage:
    """The world with the verbs of the live stage."""

    def __init__(self) -> None:
        self.world = World(seed=1)
        self.seat, self.ask, self.post = self.world.seat, self.world.ask, self.world.ground.post

    def add(self, name: str, tree: list[ActorSpec], birth: Callable[[ActorSpec], Actor]) -> None:
        self.world.add(name, tree, birth)
        self.world.introduce()

    def locate(self, node: str, other: str, gossip: str, rest: str) -> None:
        self.world.ground.locate(node, other, "gossip", (gossip, rest))

    def until(self, true: Callable[[], bool]) -> None:
        assert self.world.run_until(true, within_s=10)

    def shown(self, node: str) -> dict[str, dict[str, object]]:
        return self.world.machines[node].node.shown()

    def close(self) -> None: ...


class OnLiveHost(LiveStage):
    """The live stage, and what its host says of a node."""

    def locate(self, node: str, other: str, gossip: str, rest: str) -> None:
        self._host.locate(node, other, "gossip", (gossip or self._lanes[0], rest))

    def shown(self, node: str) -> dict[str, dict[str, object]]:
        return self._host.readiness()[node]


Stage = WorldStage | OnLiveHost


@pytest.fixture(params=["world", "live"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = WorldStage() if request.param == "world" else OnLiveHost(asyncio.new_event_loop())
    actors: dict[str, Callable[[], Actor]] = {"beacon": Beacon, "ship": Ship, "wreck": Ship}
    for node in (N1, N2):
        made.add(node, [ActorSpec(role=role) for role in actors], lambda spec: actors[spec.role]())
    yield made
    made.close()


def beacon(stage: Stage, node: str) -> Beacon:
    life = stage.seat(at("beacon", node)).life
    assert life is not None
    assert isinstance(life.actor, Beacon)
    return life.actor


def shine(stage: Stage) -> None:
    stage.post(Envelope(at("keeper", N1), at("beacon", N1), Shine(at=N2)))


def test_its_mail_takes_the_lane_that_it_declares(stage: Stage) -> None:
    gossip = "tcp://n2.dc1:8301" if isinstance(stage, WorldStage) else ""
    stage.locate(N1, N2, gossip, NOWHERE)
    shine(stage)
    stage.until(lambda: beacon(stage, N2).flashes == 1)


def test_the_host_reports_what_it_shows(stage: Stage) -> None:
    assert stage.shown(N2) == {"beacon": {"flashes": 0}}
    shine(stage)
    stage.until(lambda: stage.shown(N2)["beacon"] == {"flashes": 1})


def test_other_nodes_may_ask_it_under_the_roles_that_it_names(stage: Stage) -> None:
    assert stage.ask(N1, "ship", Hail()) == Hailed()
    assert stage.ask(N1, "wreck", Hail()) == Refused(code="UnknownRequest")


def test_it_hears_that_the_loop_was_late_because_it_declares_that() -> None:
    live = OnLiveHost(asyncio.new_event_loop())
    live.add(
        N1, [ActorSpec(role="beacon"), ActorSpec(role="ship")], lambda s: Beacon() if s.role == "beacon" else Ship()
    )
    live._host.lagged(0.5)
    live.until(lambda: beacon(live, N1).heard == [LoopLagged.kind])
    live.close()


def test_those_who_begin_to_watch_are_told_how_it_stands() -> None:
    live, notes = OnLiveHost(asyncio.new_event_loop()), []

    class Watch:
        def sent(self, *_: object) -> None: ...
        def arrived(self, *_: object) -> None: ...
        def refused(self, *_: object) -> None: ...
        def note(self, who: str, event: str) -> None:
            notes.append((who, event))

    live.add(N1, [ActorSpec(role="beacon")], lambda _: Beacon())
    beacon(live, N1).flashes = 3
    live._host.show(Watch())
    live._host.show(None)
    assert notes == [(at("host", N1), "lives as "), (at("beacon", N1), "saw 3")]
    live.close()


class Quay:
    """A door of a kind of its own, with nothing behind its address."""

    def __init__(self, role: str, site: Site) -> None:
        self.role, self.site = role, site
        self.told: list[str] = []

    def actor_crashed(self) -> None:
        self.told.append("crashed")

    def node_ended(self, why: str) -> None:
        self.told.append(f"ended: {why}")

    async def close(self) -> None:
        self.told.append("closed")


def test_a_door_hears_of_the_actor_behind_it_and_of_no_other() -> None:
    live, quays = OnLiveHost(asyncio.new_event_loop()), []

    async def opened(site: Site, role: str) -> Quay:
        quays.append(Quay(role, site))
        return quays[-1]

    actors = [ActorSpec(role="beacon"), ActorSpec(role="ship")]
    doors = [partial(opened, role=role) for role in ("beacon", "ship")]
    spec = SiteSpec(name="n1", gossip=live._lanes[0], rest=live._lanes[1])
    node = live.loop.run_until_complete(live._host.add(spec, actors, lambda _: Beacon(), doors))
    node.report_crash(node.seats["beacon"], RuntimeError("made up"))
    node.fail("made up")
    live.close()
    assert [quay.told for quay in quays] == [["crashed", "ended: made up", "closed"], ["ended: made up", "closed"]]
    assert all(quay.site.node is node for quay in quays)


def test_a_failed_journal_ends_the_actors_that_wait_for_it_and_no_others(stage: Stage) -> None:
    node = stage.seat(at("ship", N1)).node
    node.handle_actor("crash", "wreck")
    node.journal_failed(OSError(5, "broken"))
    assert stage.seat(at("ship", N1)).down_because == "journal failed: [Errno 5] broken"
    assert stage.seat(at("wreck", N1)).down_because == "crashed by a fault"
    assert stage.seat(at("beacon", N1)).life is not None
