"""An inbox hears its sources in turns: what one sends very much of does not hold up what another sends little of."""

from __future__ import annotations

import asyncio

import pytest

from lictor_actors.bus.frames import PlainFrames
from lictor_actors.bus.inbox import SLICE, Inbox
from lictor_actors.bus.speakers import FrameSource
from lictor_messages.codec import LENGTH, cluster_id, frame

CLUSTER = cluster_id("test")


class Told:
    """An inlet that hands on what a test gives it, and the inbox behind it."""

    def __init__(self) -> None:
        self.paused: list[str] = []
        self._sources: dict[str, FrameSource] = {}
        self.taken: list[str] = []
        self.full = False
        loop = asyncio.get_running_loop()
        self.inbox = Inbox(
            PlainFrames(CLUSTER).opened, loop, self._take, lambda: self.full, lambda _: None, self._inlet
        )

    def send(self, source: str, parts: list[str]) -> None:
        packed = [LENGTH.pack(len(part)) + part.encode() for part in parts]
        self._took(frame(CLUSTER, packed), self._sources.setdefault(source, FrameSource()))

    async def until_taken(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self.taken) < number:
                await turn()

    def listen(self, url: str) -> None:
        """See ``Inlet``."""

    def pause(self, source: FrameSource) -> None:
        self.paused.append(self._name(source))

    def resume(self, source: FrameSource) -> None:
        self.paused.remove(self._name(source))

    def close(self) -> None:
        """See ``Inlet``."""

    def _inlet(self, took):
        self._took = took
        return self

    def _name(self, source: FrameSource) -> str:
        return next(name for name, known in self._sources.items() if known is source)

    def _take(self, packed: bytes, _: object) -> None:
        self.taken.append(packed.decode())


@pytest.fixture
async def told():
    return Told()


async def turn() -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_soon(over.set_result, None)
    await over


def many(name: str, slices: int) -> list[str]:
    return [f"{name}{n}" for n in range(slices * SLICE)]


async def test_an_answer_does_not_wait_for_the_very_many_of_a_stranger(told):
    told.send("stranger", many("s", 100))
    told.send("follower", ["answer"])
    assert told.taken == [*many("s", 1), "answer"]
    await told.until_taken(100 * SLICE + 1)
    assert [part for part in told.taken if part != "answer"] == many("s", 100)


async def test_sources_that_send_very_many_are_heard_in_turns_each_in_its_own_order(told):
    told.send("a", many("a", 5))
    told.send("b", many("b", 5))
    told.send("a", ["a-last"])
    await told.until_taken(10 * SLICE + 1)
    assert "".join(part[0] for part in told.taken[::SLICE]).startswith("ababab")
    assert [part for part in told.taken if part[0] == "a"] == [*many("a", 5), "a-last"]
    assert [part for part in told.taken if part[0] == "b"] == many("b", 5)


async def test_only_who_has_something_left_is_not_read_and_until_it_is_heard(told):
    told.send("stranger", many("s", 3))
    told.send("follower", ["answer"])
    assert told.paused == ["stranger"]
    await told.until_taken(3 * SLICE + 1)
    await turn()
    assert told.paused == []


async def test_while_the_actors_are_full_each_source_waits_with_what_it_has_sent(told):
    told.full = True
    told.send("a", ["a1"])
    told.send("b", ["b1"])
    await turn()
    assert (told.taken, told.paused) == ([], ["a", "b"])
    told.full = False
    await told.until_taken(2)
    assert (told.taken, told.paused) == (["a1", "b1"], [])
