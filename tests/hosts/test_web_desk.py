"""What HTTP clients are told of a gateway that is down, and of one that goes down while they wait."""

from __future__ import annotations

from typing import Any

import pytest

from lictor_actors.hosts.doors.http.desk import WebDesk
from lictor_actors.hosts.world import World
from lictor_actors.kernel.actor import Actor
from lictor_messages.host import ActorSpec
from lictor_messages.web import HttpAnswered, HttpAsked

NODE = "n1.dc1"
ASKED = HttpAsked(method="GET", target="/v1/status/leader", headers=(), body=b"", peer="127.0.0.1")


class Silent(Actor):
    """A gateway that never answers."""

    def handle(self, message: Any, turn: Any) -> None:
        return


@pytest.fixture
def world() -> World:
    world = World(seed=1)
    world.add(NODE, [ActorSpec(role="gateway")], lambda _: Silent())
    return world


@pytest.fixture
def desk(world: World) -> WebDesk:
    return WebDesk(world.machines[NODE].node, "gateway", 1, lambda _: None)


def test_a_request_to_a_gateway_that_is_down_is_answered_500_with_the_reason(world: World, desk: WebDesk) -> None:
    answers: list[HttpAnswered] = []
    world.machines[NODE].node.stop("server@n1.dc1 crashed too often: ValueError()")
    desk.ask(ASKED, answers.append)
    world.run(0.1)
    assert [(a.status, a.body.decode()) for a in answers] == [
        (500, "gateway@n1.dc1 is down: server@n1.dc1 crashed too often: ValueError()")
    ]


def test_whoever_waits_for_a_gateway_that_goes_down_is_told_why(world: World, desk: WebDesk) -> None:
    answers: list[HttpAnswered] = []
    desk.ask(ASKED, answers.append)
    world.run(0.1)
    assert answers == []
    desk.gateway_is_down("left the cluster")
    assert [(a.status, a.body.decode()) for a in answers] == [(500, "gateway@n1.dc1 is down: left the cluster")]
