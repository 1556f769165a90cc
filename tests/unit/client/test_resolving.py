"""Which instance a name is resolved to."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

import lictor
from lictor_actors.client.async_client import AsyncClient
from lictor_messages.agent import AgentDescription, DescribeAgent
from lictor_messages.base import Message
from lictor_messages.catalog import Instance, ListServiceHealth, NodeRecord, ServiceHealth, ServiceRecord, Weights
from lictor_messages.members import Member


def instance(node: str, port: int, weight: int = 1, address: str = "") -> Instance:
    service = ServiceRecord(
        node=node, id="web", service="web", port=port, address=address, weights=Weights(passing=weight)
    )
    return Instance(node=NodeRecord(node=node, address=f"10.0.0.{port}"), service=service, checks=())


class Catalog:
    """A link to an agent on node ``here`` that knows these instances."""

    repeats_writes = True

    def __init__(self, *instances: Instance) -> None:
        self.instances = instances
        self.asked: list[Message] = []

    async def connect(self, within_s: float) -> None: ...

    async def close(self) -> None: ...

    async def ask(self, message: Message, request: str, source: str, within_s: float) -> Message:
        self.asked.append(message)
        match message:
            case DescribeAgent():
                member = Member(name="here", dc="dc1", address="10.0.0.9", port=8301, gossip="", rest="")
                return AgentDescription(
                    node="here", node_id="", dc="dc1", server=False, version="1", member=member, known_servers=1,
                    services=0, checks=0,
                )  # fmt: skip
        return ServiceHealth(index=1, instances=self.instances)


def client_of(catalog: Catalog) -> AsyncClient:
    return AsyncClient.over(catalog, 1.0, "test", Random(1), lambda: "id")


async def test_each_has_its_turn() -> None:
    client = client_of(Catalog(instance("b", 2), instance("a", 1), instance("c", 3)))
    ports = [(await client.resolve("web")).port for _ in range(6)]
    assert sorted(ports[:3]) == [1, 2, 3]
    assert ports[:3] == ports[3:]


async def test_the_order_of_an_answer_does_not_change_whose_turn_it_is() -> None:
    catalog = Catalog(instance("a", 1), instance("b", 2))
    client = client_of(catalog)
    first = await client.resolve("web")
    catalog.instances = catalog.instances[::-1]
    assert await client.resolve("web") != first


async def test_the_nearest_to_the_agent_is_the_first_of_what_is_read_near_it() -> None:
    catalog = Catalog(instance("b", 2), instance("a", 1))
    client = client_of(catalog)
    assert [(await client.resolve("web", pick="nearest")).port for _ in range(2)] == [2, 2]
    near = ListServiceHealth(service="web", passing=True, near="here", consistency="stale")
    assert catalog.asked == [DescribeAgent(), near, near]


async def test_weights_are_heeded() -> None:
    client = client_of(Catalog(instance("a", 1, 9), instance("b", 2, 1), instance("c", 3, 0)))
    count = Counter([(await client.resolve("web", pick="weighted")).port for _ in range(300)])
    assert count[1] > 4 * count[2] > 0
    assert count[3] == 0


async def test_what_narrows_the_choice_is_asked_of_the_catalog() -> None:
    catalog = Catalog(instance("a", 1))
    await client_of(catalog).resolve("web", tags=["v1"], filter="x", dc="dc2", consistency="consistent")
    assert catalog.asked == [
        ListServiceHealth(service="web", passing=True, tags=("v1",), filter="x", dc="dc2", consistency="consistent")
    ]


async def test_the_address_is_the_services_own_if_it_has_one() -> None:
    assert (await client_of(Catalog(instance("a", 1))).resolve("web")).address == "10.0.0.1"
    assert (await client_of(Catalog(instance("a", 1, address="::1"))).resolve("web")).address == "::1"


@pytest.mark.parametrize("pick", ["round_robin", "nearest", "weighted"])
async def test_without_an_instance_that_passes_there_is_an_error_that_may_pass(pick: Any) -> None:
    with pytest.raises(lictor.NoInstances, match="no instance of web passes") as error:
        await client_of(Catalog()).resolve("web", pick=pick)
    assert error.value.passing


async def test_an_unknown_way_to_pick_is_named() -> None:
    pick: Any = "random"
    with pytest.raises(lictor.InvalidArgument, match="pick is 'random': it takes round_robin, nearest, weighted"):
        await client_of(Catalog()).resolve("web", pick=pick)
