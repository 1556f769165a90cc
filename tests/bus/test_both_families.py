"""Lanes on IPv6, on both families at once, and by names that have several addresses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from lictor_actors.bus.inlet import Took
from lictor_actors.bus.listening import bound
from lictor_actors.bus.pynng_inlet import PynngInlet
from lictor_actors.bus.speakers import FrameSource
from lictor_actors.bus.stream_inlet import StreamInlet
from lictor_actors.bus.stream_pipe import StreamPipe
from lictor_actors.hosts.doors.http.door import HttpDoor
from lictor_messages.addresses import lane_url

MOST = 1_000_000


def _has_ipv6() -> bool:
    try:
        bound("::1", 0).close()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6: it cannot bind to ::1")


def pynng_inlet(took: Took) -> PynngInlet:
    return PynngInlet(asyncio.get_running_loop(), took, MOST, FrameSource())


def stream_inlet(took: Took) -> StreamInlet:
    return StreamInlet(asyncio.get_running_loop(), took, lambda _: None, MOST)


INLETS = pytest.mark.parametrize("inlet", [pynng_inlet, stream_inlet], ids=["gossip", "rest"])


def free_port() -> int:
    with bound("::", 0) as probe:
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def heard(inlet: Callable[[Took], Any], url: str) -> AsyncIterator[asyncio.Queue[bytes]]:
    """What comes in there."""
    frames: asyncio.Queue[bytes] = asyncio.Queue()
    listening = inlet(lambda frame, _: frames.put_nowait(frame))
    listening.listen(url)
    try:
        yield frames
    finally:
        listening.close()


async def sent(url: str, frame: bytes) -> StreamPipe:
    """A pipe that has taken this frame."""
    ready = asyncio.Event()
    pipe = StreamPipe(url, asyncio.get_running_loop(), ready.set, lambda: None)
    async with asyncio.timeout(10):
        while not pipe.send(frame):
            await ready.wait()
            ready.clear()
    return pipe


@INLETS
@pytest.mark.parametrize(
    ("listens", "dialled"),
    [("::1", "::1"), ("::", "::1"), ("::", "127.0.0.1"), ("::1", "[0:0::1]"), ("127.0.0.1", "::ffff:127.0.0.1")],
)
async def test_a_frame_arrives(inlet: Callable[[Took], Any], listens: str, dialled: str) -> None:
    port = free_port()
    async with heard(inlet, lane_url(listens, port)) as frames, asyncio.timeout(10):
        pipe = await sent(lane_url(dialled.strip("[]"), port), b"a frame")
        assert await frames.get() == b"a frame"
        pipe.close()


async def test_of_a_name_with_several_addresses_each_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    port, loop, asked = free_port(), asyncio.get_running_loop(), []
    resolve = loop.getaddrinfo

    async def found(host: str, port: int, **how: Any) -> list[Any]:
        if host != "both.example":  # uvloop asks for IPs, too
            return await resolve(host, port, **how)
        asked.append(host)
        places = [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port, 0, 0))]
        return [(family, socket.SOCK_STREAM, 6, "", address) for family, address in places]

    monkeypatch.setattr(loop, "getaddrinfo", found)
    async with heard(stream_inlet, lane_url("::1", port)) as frames, asyncio.timeout(10):
        pipe = await sent(lane_url("both.example", port), b"a frame")
        assert await frames.get() == b"a frame"
        pipe.close()
    assert asked == ["both.example"] * 2


@INLETS
@pytest.mark.parametrize("host", ["::1", "127.0.0.1"])
async def test_a_taken_address_is_named(inlet: Callable[[Took], Any], host: str) -> None:
    with bound(host, 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        shown = lane_url(host, port).removeprefix("tcp://").replace("[", r"\[").replace("]", r"\]")
        with pytest.raises(OSError, match=rf"cannot listen at .*{shown}: Address.* in use"):
            async with heard(inlet, lane_url(host, port)):
                pass
        with pytest.raises(OSError, match=rf"cannot listen at {shown}: Address already in use"):
            await HttpDoor(lambda *_: lambda: None).listen(host, port)


async def test_http_listens_for_both_on_one_wildcard() -> None:
    door = HttpDoor(lambda *_: lambda: None)
    port = await door.listen("::", 0)
    for host in ("::1", "127.0.0.1"):
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        await writer.wait_closed()
    door.close()
    await door.wait_closed()
