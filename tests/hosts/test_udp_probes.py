"""A UDP check: an answer passes, silence passes, a port that is closed does not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator

import pytest
from http_site import LOOPS
from raw_peer import result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_messages.base import Message
from lictor_messages.jobs import ProbeUdp, UdpProbed

SECOND = 1_000_000_000


@pytest.fixture
def port() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


def address(bound: socket.socket) -> str:
    return f"127.0.0.1:{bound.getsockname()[1]}"


def probed(loop: Callable[[], asyncio.AbstractEventLoop], at: str, timeout_ns: int = 20 * SECOND) -> Message:
    async def run() -> Message:
        jobs = Jobs()
        try:
            return await result_of(jobs, ProbeUdp(ticket="t", address=at, timeout_ns=timeout_ns))
        finally:
            await jobs.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(run())


@pytest.mark.parametrize("loop", LOOPS)
def test_a_closed_port_refuses(loop: Callable[[], asyncio.AbstractEventLoop], port: socket.socket) -> None:
    closed = address(port)
    port.close()
    assert probed(loop, closed) == UdpProbed(ticket="t", error=f"read udp {closed}: read: connection refused")


@pytest.mark.parametrize("loop", LOOPS)
def test_silence_passes_when_the_time_is_up(loop: Callable[[], asyncio.AbstractEventLoop], port: socket.socket) -> None:
    assert probed(loop, address(port), SECOND // 20) == UdpProbed(ticket="t")
    assert port.recv(9) == b""


async def test_an_answer_passes_at_once(port: socket.socket) -> None:
    async def answer() -> None:
        port.setblocking(False)
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_reader(port, ready.set_result, None)
        await ready
        loop.remove_reader(port)
        port.sendto(b"here", port.recvfrom(9)[1])

    jobs = Jobs()
    job = ProbeUdp(ticket="t", address=address(port), timeout_ns=1000 * SECOND)
    result, _ = await asyncio.gather(result_of(jobs, job), answer())
    await jobs.close()
    assert result == UdpProbed(ticket="t")


@pytest.mark.parametrize(
    ("at", "error"),
    [
        ("no-port", "dial udp: address no-port: missing port in address"),
        ("127.0.0.1:nothing-known", "dial udp: lookup udp/nothing-known: unknown port"),
        ("a..b:80", "dial udp: lookup a..b: no such host"),
    ],
)
def test_an_address_that_leads_nowhere_says_why(at: str, error: str) -> None:
    assert probed(asyncio.new_event_loop, at) == UdpProbed(ticket="t", error=error)
