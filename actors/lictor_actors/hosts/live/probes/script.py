"""A script check: a program in a session of its own, killed with all that it has started when its time is up.

It has ended when the program has, and when nothing holds its output open: as in Consul, one that leaves a child behind
which still writes is late. No Python runs between fork and exec, and no thread waits for the program: the loop watches
its output and, by a descriptor of the process, its end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from lictor_actors.hosts.live.probes.words import system_words
from lictor_messages.jobs import RunScript, ScriptEnded

NS = 1_000_000_000
AT_A_TIME = 65_536
REAPED_WITHIN_S = 1.0
"""A killed program is gone at once, unless the system cannot end it: then it is reaped later."""


class OutputEnd:
    """The end of an output, and how long the whole was."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """More has been written."""
        self.total += len(data)
        self._kept += data
        del self._kept[: max(0, len(self._kept) - self._most)]

    def text(self) -> str:
        """For people; says what is missing."""
        text = self._kept.decode(errors="replace")
        if self.total <= self._most:
            return text
        return f"Captured {len(self._kept)} of {self.total} bytes\n...\n{text}"


class Scripts:
    """Runs programs, of which it starts one in a turn of the loop."""

    def __init__(self) -> None:
        self._starting = asyncio.Lock()

    async def run(self, job: RunScript) -> ScriptEnded:
        """How it ended, with the end of what it has written to its output and its errors."""
        try:
            process = await self._start(job.args)
        except (OSError, ValueError) as error:
            return ScriptEnded(ticket=job.ticket, error=_not_started(job.args[0], error))
        return await _watched(process, job)

    async def _start(self, args: Sequence[str]) -> subprocess.Popen[bytes]:
        """The loop stands still until the system has made room for the program: on a machine that is busy for
        milliseconds. Of many that are due together one a turn is started, and others' work goes between."""
        async with self._starting:
            await asyncio.sleep(0)
            return _started(args)


async def _watched(process: subprocess.Popen[bytes], job: RunScript) -> ScriptEnded:
    tail, ended = OutputEnd(job.output_max_size), False
    try:
        async with asyncio.timeout(job.timeout_ns / NS):
            await _output(process, tail)
            await _end(process)
        ended = True
    except TimeoutError:
        return ScriptEnded(ticket=job.ticket, timed_out=True, output=tail.text())
    finally:
        await _bury(process, ended)
    return ScriptEnded(ticket=job.ticket, exit_code=process.wait(), output=tail.text())


def _started(args: Sequence[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        args,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return process


def _not_started(program: str, error: OSError | ValueError) -> str:
    """Go looks for a name without a slash in PATH and calls the others by fork and exec."""
    if "/" in program:
        return f"fork/exec {program}: {system_words(error) if isinstance(error, OSError) else error}"
    if isinstance(error, FileNotFoundError):
        return f'exec: "{program}": executable file not found in $PATH'
    return f'exec: "{program}": {system_words(error) if isinstance(error, OSError) else error}'


async def _output(process: subprocess.Popen[bytes], tail: OutputEnd) -> None:
    """Read until nothing holds the output open."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    while True:
        await _readable(pipe)
        with suppress(BlockingIOError):
            data = os.read(pipe, AT_A_TIME)
            if not data:
                return
            tail.add(data)


async def _end(process: subprocess.Popen[bytes]) -> None:
    """Until the program has ended. It stays unreaped, so that its number is no other program's."""
    if not hasattr(os, "pidfd_open"):
        await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return
    watched = os.pidfd_open(process.pid)
    try:
        await _readable(watched)
    finally:
        os.close(watched)


async def _bury(process: subprocess.Popen[bytes], ended: bool) -> None:
    """Reap a program; where it has not ended by itself, with all that it has started, kill that first."""
    assert process.stdout is not None
    process.stdout.close()
    if not ended:
        os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(REAPED_WITHIN_S):
                await _end(process)
    process.poll()


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _come, ready)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


def _come(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
