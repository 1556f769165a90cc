"""The leader's batch of coordinates: one entry for many, the latest of each node, and bounds."""

from random import Random

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import Count, Effect, Send, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.leader.coordinate_batch import ENTRY_MOST, GATHERED_NS, WAITING_MOST, CoordinateBatch
from lictor_messages.answers import Written
from lictor_messages.coordinates import Coordinate, NodeCoordinate, PutCoordinates, UpdateCoordinate
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused

ME = "server@s1.dc1"


def take(batch: CoordinateBatch, node: str, error: float = 1.0) -> list[Effect]:
    rng = Random(1)
    update = UpdateCoordinate(coordinate=NodeCoordinate(node=node, coord=Coordinate(error=error)))
    envelope = Envelope("agent@a.dc1", ME, update, request="r", reply_to="agent@a.dc1")
    turn = Turn(Life(Actor(), ME, rng, rng.randbytes), 0, 0, envelope)
    batch.take(update, turn)
    return turn.effects


def said(effects: list[Effect]) -> object:
    return next(effect.envelope.body for effect in effects if isinstance(effect, Send))


def entries(batch: CoordinateBatch) -> list[tuple[NodeCoordinate, ...]]:
    return [command.coordinates for command in batch.due() if isinstance(command, PutCoordinates)]


def test_the_first_starts_the_clock_and_the_latest_of_each_node_is_proposed() -> None:
    batch = CoordinateBatch()
    timers = [[effect.after for effect in take(batch, node) if isinstance(effect, SetTimer)] for node in "aba"]
    assert timers == [[GATHERED_NS], [], []]
    assert said(take(batch, "b", error=0.5)) == Written()
    [entry] = entries(batch)
    assert [(row.node, row.coord.error) for row in entry] == [("a", 1.0), ("b", 0.5)]
    assert entries(batch) == []
    assert any(isinstance(effect, SetTimer) for effect in take(batch, "c"))


def test_an_entry_holds_so_many_and_no_more() -> None:
    batch = CoordinateBatch()
    for number in range(2 * ENTRY_MOST + 1):
        take(batch, f"n{number}")
    assert [len(entry) for entry in entries(batch)] == [ENTRY_MOST, ENTRY_MOST, 1]


def test_what_does_not_fit_is_refused_and_counted_and_what_is_known_is_still_taken() -> None:
    batch = CoordinateBatch()
    for number in range(WAITING_MOST):
        take(batch, f"n{number}")
    effects = take(batch, "one-more")
    assert said(effects) == Refused(code="Overloaded")
    assert Count("coordinates_refused") in effects
    assert said(take(batch, "n0")) == Written()


def test_a_coordinate_of_no_node_is_refused() -> None:
    refused = said(take(CoordinateBatch(), ""))
    assert isinstance(refused, Refused)
    assert "names no node" in refused.words
