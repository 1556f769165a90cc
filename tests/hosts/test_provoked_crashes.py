"""An exception that mail from outside can provoke costs an actor its life, and never the node."""

from __future__ import annotations

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_messages.base import WIRE, Message
from lictor_messages.envelope import Envelope
from lictor_messages.host import ActorSpec, Undeliverable

N1, N2 = "n1.dc1", "n2.dc1"


class Tickle(Message, kind="test_provoked_crashes.tickle", on=WIRE):
    """Raises, wherever it is handled."""


class Hello(Message, kind="test_provoked_crashes.hello", on=WIRE):
    """Is answered with itself."""


class Ticklish(Actor):
    hears = Vocabulary().on(Tickle, Hello, by=By.ANYONE)

    def handle(self, message: Message, turn: Turn) -> None:
        if isinstance(message, Tickle):
            raise ZeroDivisionError
        turn.reply(message)


class Messenger(Actor):
    """Passes on what it hears to its neighbour."""

    hears = Vocabulary().on(Message, by=By.ANYONE)

    def handle(self, message: Message, turn: Turn) -> None:
        turn.send(f"ticklish@{N1}", message)


@pytest.fixture
def world() -> World:
    made = World(seed=1)
    made.add(N1, [ActorSpec(role="ticklish"), ActorSpec(role="messenger")], _birth)
    made.add(N2, [], _birth)
    made.introduce()
    return made


def _birth(spec: ActorSpec) -> Actor:
    return Ticklish() if spec.role == "ticklish" else Messenger()


def post(world: World, source: str, target: str, times: int) -> None:
    for _ in range(times):
        world.ground.post(Envelope(source, target, Tickle()))
        world.run(0.01)


def test_forty_crashes_on_mail_from_the_wire_leave_the_node_up(world: World) -> None:
    post(world, f"stranger@{N2}", f"ticklish@{N1}", 40)
    assert world.ended == {}
    assert 4 < len(world.crashes) < 40  # longer and longer it does not even listen
    world.run(6)
    assert world.ask(N2, f"ticklish@{N1}", Hello()) == Hello()


def test_what_follows_on_the_node_from_mail_of_the_wire_is_not_held_against_it(world: World) -> None:
    post(world, f"stranger@{N2}", f"messenger@{N1}", 40)
    assert len(world.crashes) > 4
    assert world.ended == {}


def test_six_crashes_of_our_own_end_the_node(world: World) -> None:
    post(world, f"messenger@{N1}", f"ticklish@{N1}", 6)
    assert N1 in world.ended


def test_an_actor_that_waits_for_its_next_life_says_so_at_once(world: World) -> None:
    post(world, f"stranger@{N2}", f"ticklish@{N1}", 8)
    answer = world.ask(N1, "ticklish", Hello())
    assert isinstance(answer, Undeliverable)
    assert answer.reason.startswith("actor_down: crashed again on mail from outside and begins anew in ")


def test_a_restart_by_hand_does_not_wait_and_is_not_restarted_again(world: World) -> None:
    post(world, f"stranger@{N2}", f"ticklish@{N1}", 8)
    world.machines[N1].node.handle_actor("restart", "ticklish")
    life = world.machines[N1].node.seats["ticklish"].life
    assert life is not None
    world.run(10)
    assert world.machines[N1].node.seats["ticklish"].life is life


def test_a_node_that_stops_meanwhile_stays_stopped(world: World) -> None:
    post(world, f"stranger@{N2}", f"ticklish@{N1}", 8)
    world.stop(N1)
    world.run(10)
    assert world.machines[N1].node.seats["ticklish"].life is None
