"""An HTTP door over real sockets whose requests the test answers, and what one says to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lictor_actors.hosts.doors.http.door import HttpDoor
from lictor_actors.hosts.doors.http.limits import HttpLimits
from lictor_messages.web import HttpAnswered, HttpAsked

try:
    import uvloop
except ImportError:
    uvloop = None

LOOPS = [asyncio.new_event_loop] + ([uvloop.new_event_loop] if uvloop else [])
LIMITS = HttpLimits(
    head=4096,
    target=512,
    body=10_000,
    connections_per_client=5,
    write_buffer=64 * 1024,
    slow_reader_s=2,
    slow_sender_s=2,
    idle_s=3,
)


class Site:
    """A door whose requests are answered by the test: at once by ``echo``, or when it says so."""

    def __init__(self, allowed_hosts: tuple[str, ...] = ("x",), host: str = "127.0.0.1", **limits: Any) -> None:
        self.host = host
        self.asked: list[HttpAsked] = []
        self.open: list[Callable[[HttpAnswered], None]] = []
        self.gone: list[int] = []
        self.reply: Callable[[HttpAsked], HttpAnswered] | None = echo
        self.door = HttpDoor(self.ask, replace(LIMITS, **limits), allowed_hosts)
        self.port = 0

    def ask(self, asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        number = len(self.asked)
        self.asked.append(asked)
        if self.reply is None:
            self.open.append(answer)
        else:
            answer(self.reply(asked))
        return lambda: self.gone.append(number)

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def talk(self, *pieces: bytes) -> bytes:
        """Send these pieces one by one and read until the server closes."""
        reader, writer = await self.dial()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        data = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return data

    def tick(self, times: int = 1) -> None:
        """The door's second, without waiting for it."""
        for _ in range(times):
            self.door._sweep()

    async def settle(self) -> None:
        """Another connection has come and gone: what others had sent before has been read."""
        before = self.door.connections
        _, writer = await self.dial()
        await self.until(lambda: self.door.connections == before + 1)
        writer.close()
        await self.until(lambda: self.door.connections <= before)

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110  (what is waited for has no event)
                await asyncio.sleep(0)


def echo(asked: HttpAsked) -> HttpAnswered:
    body = f"{asked.method} {asked.target} ".encode() + asked.body
    return HttpAnswered(status=200, headers=(("X-Consul-Index", "1"),), body=body)


def running(loop_factory: Callable[[], asyncio.AbstractEventLoop], **options: Any) -> Callable[[Any], None]:
    """Runs a coroutine function with a site on a fresh loop, and checks that nothing is left over."""

    def run(test: Any) -> None:
        async def whole() -> None:
            here = Site(**options)
            here.port = await here.door.listen(here.host, 0)
            errors: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
            try:
                await test(here)
            finally:
                here.door.close()
                await asyncio.wait_for(here.door.wait_closed(), 10)
            await asyncio.sleep(0)
            assert not errors
            assert here.door.connections == 0
            with pytest.raises(ConnectionRefusedError):
                await here.dial()

        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(whole())

    return run


def head_and_body(data: bytes) -> tuple[bytes, bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


async def one_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
    return head, await asyncio.wait_for(reader.readexactly(length), 10)
