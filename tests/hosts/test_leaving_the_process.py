"""A node that leaves its process: the others go on, and another process may have its directory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lictor_actors.hosts.disks.file import DirectoryInUse, FileDisk
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.spec import SiteSpec
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Vocabulary
from lictor_messages.base import WIRE, Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import ActorSpec


class Knock(Message, kind="test_leaving_the_process.knock", on=WIRE):
    """Asks who is there."""


class Tenant(Actor):
    hears = Vocabulary().on(Knock)
    journalled = synced = True

    def __init__(self, heard: list[str]) -> None:
        self.heard = heard

    def handle(self, message: Message, turn: Turn) -> None:
        if isinstance(message, Knock):
            self.heard.append(turn.me)


@pytest.fixture
async def host(tmp_path: Path):
    made = await begun(tmp_path)
    yield made
    await made.close()


async def begun(directory: Path) -> LiveHost:
    """A host with two nodes that keep their journals there."""
    lanes = f"ipc://{directory}/g", f"ipc://{directory}/r"
    made = LiveHost("leaving", lanes=lanes)
    await made.start()
    made.heard = heard = []
    for name in ("one", "two"):
        spec = SiteSpec(name=name, gossip=lanes[0], rest=lanes[1], data_dir=str(directory / name))
        await made.add(spec, [ActorSpec(role="tenant")], lambda _: Tenant(heard))
    return made


async def test_its_directory_is_free_again(host: LiveHost, tmp_path: Path) -> None:
    with pytest.raises(DirectoryInUse):
        FileDisk(tmp_path / "one")
    await host.remove("one.dc1", "moves")
    FileDisk(tmp_path / "one").close()


async def test_a_process_whose_host_is_closed_may_host_the_same_nodes_again(tmp_path: Path) -> None:
    for _ in range(2):
        host = await begun(tmp_path)
        assert set(host.readiness()) == {"one.dc1", "two.dc1"}
        await host.close()


async def test_mail_for_it_comes_back_and_the_others_get_theirs(host: LiveHost) -> None:
    await host.remove("one.dc1", "moves")
    for name in ("one.dc1", "two.dc1"):
        host.post(Envelope(at("tenant", name), at("tenant", name), Knock()))
    async with asyncio.timeout(5):
        while not host.heard:  # noqa: ASYNC110  (a turn of the loop is all that it takes)
            await asyncio.sleep(0)
    assert host.heard == ["tenant@two.dc1"]
    assert "one.dc1" not in host.readiness()


async def test_it_can_come_back(host: LiveHost, tmp_path: Path) -> None:
    await host.remove("one.dc1", "moves")
    spec = SiteSpec(
        name="one", gossip=f"ipc://{tmp_path}/g", rest=f"ipc://{tmp_path}/r", data_dir=str(tmp_path / "one")
    )
    await host.add(spec, [ActorSpec(role="tenant")], lambda _: Tenant(host.heard))
    assert set(host.readiness()) == {"one.dc1", "two.dc1"}
    await host.remove("stranger.dc1", "was never here")
