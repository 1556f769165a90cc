"""Frames as a process of a cluster would make them, and how one is said to a lane by a stranger."""

from __future__ import annotations

import asyncio
import os
import time
from base64 import b64decode

from lictor_actors.bus.dialling import dialled, over_tls
from lictor_actors.bus.keyring import Keyring
from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.sealing import SealedPool, Sealing
from lictor_actors.bus.sp import endpoint_of
from lictor_messages.base import Message
from lictor_messages.codec import cluster_id, pack, pack_body
from lictor_messages.envelope import Envelope
from lictor_messages.members import UserEvent
from lictor_messages.raft import AppendEntries, InstallSnapshot, RequestVote
from lictor_messages.swim import Gossip

VOTE = RequestVote(term=99, last_index=99, last_term=98, pre=False)
FORGED: tuple[Message, ...] = (
    VOTE,
    AppendEntries(term=99, leader="server@s2.dc1", prev_index=1, prev_term=1, commit=99, round=1),
    InstallSnapshot(
        term=99,
        leader="server@s2.dc1",
        index=99,
        last_term=98,
        configuration_index=1,
        configuration=b"",
        size=1,
        checksum=0,
        offset=0,
        data=b"x",
    ),
)
"""What only servers say: to be elected, to lead, to replace all that is stored."""


class Attacker:
    """A process of this cluster with this gossip key, or none; as ``Surroundings`` it is alone."""

    def __init__(self, key: str = "", cluster: str = "lictor") -> None:
        self.frames = Sealing(cluster_id(cluster), self, lambda what: None)
        if key:
            self.frames.begin(SealedPool("gossip", "dc1", Keyring([b64decode(key)]), True, True), os.urandom)

    def lane_of(self, role: str) -> str:
        return "gossip"

    def hosts(self, node: str) -> bool:
        return True

    def is_elsewhere(self, url: str) -> bool:
        return False

    def clocks(self) -> tuple[int, int]:
        return time.time_ns(), time.monotonic_ns()

    def frame(self, message: Message, source: str, target: str) -> bytes:
        """One envelope, sealed if there is a key."""
        envelope = Envelope(source, target, message)
        return self.frames.framer(envelope)([pack(envelope)])

    def event(self, name: str, source: str = "prober@c1.dc1") -> bytes:
        """Gossip in a member's name, that this event was fired."""
        claim = pack_body(UserEvent(name=name, id=name, ltime=5000))
        return self.frame(Gossip(updates=(claim,)), source, "prober@s1.dc1")


def say(url: str, data: bytes, lane: LaneTls | None = None) -> None:
    """One frame on a connection of its own. Raises OSError if it is hung up on before."""

    async def said() -> None:
        dial = dialled if lane is None else over_tls(lane, lambda _: None)
        link = await dial(endpoint_of(url), 0)
        framed = endpoint_of(url).marker + len(data).to_bytes(8) + data
        link.socket.setblocking(True)
        link.socket.sendall(framed if link.tls is None else link.tls.sealed(framed))
        link.socket.close()

    async def in_time() -> None:
        async with asyncio.timeout(10):
            await said()

    asyncio.run(in_time())
