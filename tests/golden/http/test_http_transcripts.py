"""Transcripts of one HTTP connection: what happened to it, then exactly what followed.

LICTOR_REWRITE=1 writes them anew; review the difference. A line ``$ > …`` is bytes of the client, ``<`` bytes to it, a
line of theirs each. The clock stands still: Date is that of RFC 9110.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from http_site import LIMITS

from lictor_actors.hosts.doors.http.connection import HttpConnection
from lictor_actors.hosts.doors.http.door import HttpDoor
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered, HttpAsked

HERE = Path(__file__).parent
BODIES = {"/v1/kv/": 50, "/v1/snapshot": 1000}
SMALL = replace(LIMITS, head=200, target=100, body=100, bodies=BODIES, connections_per_client=1, slow_sender_bytes=100)
NOVEMBER_1994 = 784111777


class Wire(asyncio.Transport):
    """The server's side of a socket: says what is done to it."""

    def __init__(self, say: Callable[[str], None], lost: Callable[[], None]) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = b""
        self.full = False
        """The client takes nothing: what is written stays here, and ``close`` waits for it."""
        self._closing = False
        self._say = say
        self._lost = lost

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self._say("closes")
        self._end()

    def abort(self) -> None:
        self._say("aborts")
        self.full = False
        self._end()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self._say("half-closes")

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._say("reads no more")

    def resume_reading(self) -> None:
        self._say("reads on")

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return

    def _end(self) -> None:
        self._closing = True
        if not self.full:
            asyncio.get_running_loop().call_soon(self._lost)


class Stage:
    """A door with one client that is heard, and what came of it."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._door = HttpDoor(self._ask, SMALL)
        self._sites = Sites(["x"], local=True)
        self._open: list[Callable[[HttpAnswered], None]] = []
        self._dial()

    async def perform(self, line: str) -> list[str]:
        """One command; returns what followed."""
        name, _, said = line.strip().partition(" ")
        if name == ">":
            self._hears(said.encode().decode("unicode_escape").encode("latin-1"))
        else:
            getattr(self, f"do_{name}")(*said.split())
        for _ in range(10):
            await asyncio.sleep(0)
        self._flush()
        out, self._out = self._out, []
        return out

    # -- commands ----------------------------------------------------------------

    def do_fill(self, size: str) -> None:
        self._hears(b"a" * int(size))

    def do_answer(self, status: str = "200", body: str = "ok", *more: str) -> None:
        pieces = tuple(piece.encode() for piece in more)
        headers = (("X-Consul-Index", "7"),)
        self._open.pop(0)(HttpAnswered(status=int(status), headers=headers, body=body.encode(), more=pieces))

    def do_wait(self, seconds: str) -> None:
        for _ in range(int(seconds)):
            self._door._sweep()

    def do_blocks(self) -> None:
        self._wire.full = True
        self._connection.pause_writing()

    def do_unblocks(self) -> None:
        self._wire.full = False
        self._connection.resume_writing()

    def do_eof(self) -> None:
        if not self._connection.eof_received():
            self._wire.close()

    def do_lost(self) -> None:
        """The client is gone, if its connection is not closed already."""
        if not self._is_lost:
            self._is_lost = True
            self._connection.connection_lost(None)

    def do_dial(self) -> None:
        """Another client comes, and nothing more is said to the one before."""
        self.do_lost()
        self._open.clear()
        self._dial()

    def do_crowd(self) -> None:
        """Another client comes as well."""
        self._dial()

    # -- what follows ------------------------------------------------------------

    def _dial(self) -> None:
        self._is_lost = False
        self._wire = Wire(self._say, self.do_lost)
        self._connection = HttpConnection(self._door, self._sites)
        self._connection.connection_made(self._wire)

    def _hears(self, data: bytes) -> None:
        self._connection.data_received(data)

    def _ask(self, asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        headers = " ".join(f"{name}={value}" for name, value in asked.headers)
        body = repr(asked.body)[2:-1] if len(asked.body) <= 60 else f"{len(asked.body)} bytes"
        self._say(f"asks {asked.method} {asked.target} ({headers}) {body}".rstrip())
        self._open.append(answer)
        return lambda: self._say(f"gone: {asked.target}")

    def _say(self, line: str) -> None:
        self._flush()
        self._out.append(line)

    def _flush(self) -> None:
        written, self._wire.written = self._wire.written, b""
        self._out += [f"< {repr(line)[2:-1]}" for line in written.splitlines(keepends=True)]


async def perform(text: str) -> str:
    stage, lines = Stage(), []
    for line in text.splitlines():
        if line.startswith("#"):
            lines += ["", line]
        elif line.startswith("$"):
            lines += ["", line, *await stage.perform(line[1:])]
    stage.do_lost()
    return "\n".join(lines).lstrip("\n") + "\n"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
async def test_the_transcript_is_exact(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOVEMBER_1994))
    before = path.read_text()
    after = await perform(before)
    if os.environ.get("LICTOR_REWRITE"):
        path.write_text(after)
    else:
        assert after == before
